package runjobs

import (
	"context"
	"sync"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// most is how many jobs a client of River may work off at once. It cannot be told another
// number while it works, so that it is told the largest, and its room is what bounds it.
const most = river.QueueNumWorkersMax

// room is how many more jobs a client may take.
type room struct {
	// atOnce is asked each time that it looks for jobs.
	atOnce func() int

	mu    sync.Mutex
	taken int
}

// left is for how many there is room. working is how many the client knows of: it never
// knows of fewer than were taken and have not ended, except for those that could not
// even begin, such as one that cannot be read.
func (r *room) left(working int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = min(r.taken, working)
	return r.atOnce() - r.taken
}

func (r *room) take(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken += n
}

// bounded takes no more jobs than there is room for.
type bounded struct {
	riverdriver.Executor

	room *room
}

// JobGetAvailable takes jobs.
func (b bounded) JobGetAvailable(ctx context.Context, params *riverdriver.JobGetAvailableParams) ([]*rivertype.JobRow, error) {
	fewer := *params
	fewer.MaxToLock = min(params.MaxToLock, b.room.left(most-params.MaxToLock))
	if fewer.MaxToLock <= 0 {
		return nil, nil
	}
	jobs, err := b.Executor.JobGetAvailable(ctx, &fewer)
	b.room.take(len(jobs))
	return jobs, err
}
