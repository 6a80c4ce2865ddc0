package runjobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// cooldown is the least time between two looks of River.
const cooldown = 10 * time.Millisecond

// worker hands the jobs of a client to the Turner.
type worker struct {
	river.WorkerDefaults[advanceArgs]
	turner Turner
	room   *room
	bell   *bell
}

// Work gives the turn that the job is for. The next one is looked for at its end: the
// client does that by itself only where it is not the room that kept it from more.
func (w *worker) Work(ctx context.Context, job *river.Job[advanceArgs]) error {
	defer w.bell.ring()
	defer w.room.take(-1)
	return w.turner.Turn(ctx, kernel.Scope{Tenant: job.Args.Tenant, Project: job.Args.Project}, job.Args.Run)
}

// crew works jobs off. A client of River that works wakes more than twenty times
// a second, which would be most of what an idle daemon computes: so one works only
// while there are jobs.
type crew struct {
	turner Turner
	// end ends the loop that starts and stops clients.
	end  context.CancelFunc
	loop sync.WaitGroup

	mu sync.Mutex
	// working is the client that looks for jobs; nil while there are none.
	working *river.Client[*sql.Tx]
	// bell is what it listens to.
	bell *bell
	// leaving are those that look for none any more and still have some.
	leaving map[*river.Client[*sql.Tx]]struct{}
}

// Start works jobs off until Stop.
func (q *Queue) Start(ctx context.Context, t Turner) error {
	q.crew.turner, q.crew.leaving = t, map[*river.Client[*sql.Tx]]struct{}{}
	if err := q.begin(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	ctx, q.crew.end = context.WithCancel(context.WithoutCancel(ctx))
	q.crew.loop.Go(func() { q.attend(ctx) })
	return nil
}

// attend has a client work while there are jobs, until ctx ends.
func (q *Queue) attend(ctx context.Context) {
	last := time.Now() // when there was a job
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(supervise.Beat(2 * q.config.Poll))
		queued := false
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-q.queued:
			queued = true
		}
		if queued || q.unfinished(ctx) {
			last = time.Now()
			q.summon(ctx, queued)
		} else if time.Since(last) >= q.config.Rest {
			q.dismiss(ctx)
		}
	}
}

// unfinished reports whether there are jobs, of whichever process. It supposes
// that there are where the database does not say.
func (q *Queue) unfinished(ctx context.Context) (there bool) {
	const query = `SELECT EXISTS (SELECT 1 FROM river_job WHERE state IN ('available', 'pending', 'running', 'retryable', 'scheduled'))`
	if err := q.db.Reader(ctx).QueryRowContext(ctx, query).Scan(&there); err != nil {
		q.config.Log.DebugContext(ctx, "the job queue could not be looked at", "error", err)
		return true
	}
	return there
}

// summon sees to it that a client works, and has it look for the jobs that this
// process has queued.
func (q *Queue) summon(ctx context.Context, queued bool) {
	if bell := q.crew.rung(); bell != nil {
		if queued {
			bell.ring()
		}
		return
	}
	if err := q.begin(context.WithoutCancel(ctx)); err != nil {
		q.config.Log.WarnContext(ctx, "no jobs are worked off until the next look", "error", err)
		return
	}
	q.config.Log.DebugContext(ctx, "the job queue works")
}

// rung returns the bell of the client that works, nil for none.
func (c *crew) rung() *bell {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bell
}

// begin has a client work. The first thing that it does is to look for jobs.
func (q *Queue) begin(ctx context.Context) error {
	bell, room, workers := newBell(), &room{atOnce: q.atOnce}, river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{turner: q.crew.turner, room: room, bell: bell}); err != nil {
		return err
	}
	work, err := river.NewClient[*sql.Tx](listening{q.driver, bell, room}, &river.Config{
		Logger:            discreet(q.config.Log),
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: most}},
		FetchPollInterval: q.config.Poll,
		FetchCooldown:     min(q.config.Poll, cooldown),
		JobTimeout:        -1, // a run bounds its phases itself
	})
	if err != nil {
		return err
	}
	if err := work.Start(ctx); err != nil {
		return err
	}
	q.crew.mu.Lock()
	defer q.crew.mu.Unlock()
	q.crew.working, q.crew.bell = work, bell
	return nil
}

// dismiss has the client that works stop once it has no job. Nobody waits for it:
// a job that it found at the last moment may take long.
func (q *Queue) dismiss(ctx context.Context) {
	q.crew.mu.Lock()
	defer q.crew.mu.Unlock()
	work := q.crew.working
	if work == nil {
		return
	}
	q.crew.working, q.crew.bell = nil, nil
	q.crew.leaving[work] = struct{}{}
	q.crew.loop.Go(func() {
		if err := work.Stop(ctx); err != nil {
			return // Stop stops it
		}
		q.crew.mu.Lock()
		defer q.crew.mu.Unlock()
		delete(q.crew.leaving, work)
		q.config.Log.DebugContext(ctx, "the job queue rests")
	})
}

// Stop asks the runs that are being executed to stop where they are, which
// leaves them to the next start, and waits for them until ctx ends.
func (q *Queue) Stop(ctx context.Context) error {
	if q.crew.end == nil {
		return nil
	}
	q.crew.end()
	q.crew.loop.Wait()
	q.crew.mu.Lock()
	defer q.crew.mu.Unlock()
	if q.crew.working != nil {
		q.crew.leaving[q.crew.working] = struct{}{}
	}
	var errs []error
	for work := range q.crew.leaving {
		errs = append(errs, work.StopAndCancel(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop the job queue: %w", err)
	}
	return nil
}
