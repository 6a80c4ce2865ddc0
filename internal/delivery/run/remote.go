package run

import (
	"context"
	"errors"
)

// InterruptedError says that whoever executed a run for this process is gone, or
// never came: nobody knows what was done. The run goes on under another lease.
type InterruptedError struct {
	Message string
	// Begun is false where nothing was begun; then it is no attempt.
	Begun bool
}

// Error returns the message.
func (e *InterruptedError) Error() string { return e.Message }

func isInterrupted(err error) bool {
	_, ok := errors.AsType[*InterruptedError](err)
	return ok
}

// Stopped reports whether ctx, that of a Planner's call, ended because somebody
// canceled the run, rather than because this process ends or lost its lease.
func Stopped(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errStopped) }

// interrupted gives the lease back, so that the fence of whoever is gone ends, and
// says in the run what happened. The run is taken up again like one that a crash
// of the daemon left.
func (e *execution) interrupted(ctx context.Context, cause error) error {
	gone, _ := errors.AsType[*InterruptedError](cause)
	var r Run
	err := e.s.retry(ctx, func(ctx context.Context) (err error) {
		if r, err = e.s.Store.Get(ctx, e.scope, e.id); err != nil {
			return err
		}
		if err := e.s.holds(ctx, e.stack, e.lease); err != nil {
			return err
		}
		if !gone.Begun {
			r.Attempt = max(0, r.Attempt-1)
		}
		r.StatusReason = gone.Message
		if gone.Begun {
			r.interruptedBy(gone.Message, e.s.Clock.Now())
		}
		if err := e.s.save(ctx, &r); err != nil {
			return err
		}
		if err := e.s.release(ctx, e.stack, e.lease); err != nil {
			return err
		}
		if err := e.s.Jobs.Enqueue(ctx, e.scope, e.id); err != nil {
			return err
		}
		return e.s.record(ctx, r, change{to: r.Status, fact: "interrupted", reason: gone.Message})
	})
	if err != nil {
		return err
	}
	e.s.append(ctx, e.scope, e.id, Event{
		Time: e.s.Clock.Now(), Run: e.id, Phase: phaseOf(r), Level: "warn", Type: "run.interrupted", Message: gone.Message,
	})
	return nil
}

// runnerGoesOn reports whether a remote runner executes the run under the lease,
// whatever becomes of this process.
func (e *execution) runnerGoesOn(ctx context.Context) (bool, error) {
	if !e.remote || e.s.Fleet == nil {
		return false, nil
	}
	return e.s.Fleet.Working(ctx, e.id, e.lease.Fence)
}

// lookOn waits for an apply that a remote runner has been at since before this
// process; done is false where there is none, and the run is to be resumed.
func (e *execution) lookOn(ctx context.Context) (done bool, err error) {
	if !e.goesOn {
		return false, nil
	}
	e.goesOn = false
	st, err := e.s.Stages.Get(e.scope.Stage)
	if err != nil {
		return false, err
	}
	job := Job{Run: e.id, Stack: e.stack, Scope: e.scope, Stage: st, Attempt: e.run.Attempt, Fence: e.lease.Fence, Kill: e.kill}
	applied, ok, err := e.s.Fleet.Applied(ctx, job)
	if !ok && err == nil {
		return false, nil
	}
	return true, e.afterApply(ctx, applied, err)
}
