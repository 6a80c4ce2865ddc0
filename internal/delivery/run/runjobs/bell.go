package runjobs

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// bellArgs are a job that does nothing. Neither driver tells River of jobs that
// were inserted in a transaction, but it looks at once when it inserts one itself:
// so the bell makes it find the others.
type bellArgs struct{}

// Kind is the name of the job in River's tables.
func (bellArgs) Kind() string { return "bell" }

type bell struct {
	river.WorkerDefaults[bellArgs]
}

// Work does nothing: River has looked by now.
func (*bell) Work(context.Context, *river.Job[bellArgs]) error { return nil }

// ring makes the client look for jobs. One that has not been answered is enough,
// and where it fails the next look comes with the poll.
func (q *Queue) ring(ctx context.Context, work *river.Client[*sql.Tx]) {
	waiting := []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}
	_, err := work.Insert(ctx, bellArgs{}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: waiting}})
	if err != nil {
		q.config.Log.DebugContext(ctx, "the job queue was not told of a job", "error", err)
	}
}
