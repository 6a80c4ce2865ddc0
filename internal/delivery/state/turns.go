package state

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// largeState is from which size on people's questions and changes of states wait
// for each other, in bytes: one large state is looked through at a time.
const largeState = 8 << 20

// turns lets one large state be worked on at a time; small ones never wait.
type turns struct{ large *semaphore.Weighted }

func newTurns() turns { return turns{semaphore.NewWeighted(1)} }

// take waits for the turn of a state of the size, or for the end of ctx.
func (t turns) take(ctx context.Context, size int64) (free func(), err error) {
	if size < largeState {
		return func() {}, nil
	}
	if err := t.large.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { t.large.Release(1) }, nil
}
