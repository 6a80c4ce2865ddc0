package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// execution is this process carrying one run on, under its stack's lease.
type execution struct {
	s     *Service
	id    string
	scope kernel.Scope
	stack string
	// head is the run's turn, as it was when it was chosen.
	head  Head
	lease Lease
	// run is the run as it was saved last.
	run    Run
	cancel context.CancelCauseFunc
	// asked is the plan that this process asked the gates about last, until it is applied.
	asked *attempt
	// warm is the plan that was made last, where it was made; nil for none.
	warm *warmPlan
	// secrets are the versions that the last phase was given.
	secrets []SecretInput
	// pauses counts how often this process waited for the target.
	pauses int
	// remote says that a remote runner does the work.
	remote bool
	// taken says that the lease was acquired, planning that the run was queued until then.
	taken, planning bool
	// goesOn says that a remote runner has been at it since before this process.
	goesOn bool

	// died is the node whose process ended while it executed the run, "" where none did.
	died string

	// told are runs of other stacks that a step queued.
	told []Run

	kill     chan struct{}
	killOnce sync.Once
}

// errStopped is the cause of an execution that somebody canceled.
var errStopped = errors.New("somebody canceled the run")

// stop asks the execution to end; force ends terraform at once.
func (e *execution) stop(force bool) {
	if force {
		e.killOnce.Do(func() { close(e.kill) })
	}
	e.cancel(errStopped)
}

// execution returns what carries the run on, before it holds anything.
func (s *Service) execution(h Head, cancel context.CancelCauseFunc) *execution {
	return &execution{
		s: s, id: h.Run, scope: h.Scope, stack: h.Stack, head: h, remote: s.stageOf(h).Remote(), cancel: cancel, kill: make(chan struct{}),
	}
}

// carry executes the run under the lease that it has taken.
func (e *execution) carry(ctx context.Context) error {
	ctx = kernel.WithActor(ctx, kernel.System("run", e.scope.Tenant))
	defer e.gone(ctx)
	defer e.drop(ctx)
	var keeper sync.WaitGroup
	keeping, end := context.WithCancel(ctx)
	keeper.Go(func() { e.keep(keeping) })
	defer keeper.Wait()
	defer end()
	return e.loop(ctx)
}

// gone ends the execution. Who approved while it was on its way out had a job
// queued that found the run executed, and did nothing: it is queued again.
func (e *execution) gone(ctx context.Context) {
	if !e.s.active.remove(e.id) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	err := e.s.Tx.InTx(ctx, func(ctx context.Context) error { return e.s.Jobs.Enqueue(ctx, e.scope, e.id) })
	if err != nil {
		e.s.Log.WarnContext(ctx, "a run waits for the next sweep", "run", e.id, "error", err)
	}
}

// take acquires the lease, counts the attempt and notes that the tenant was served.
func (e *execution) take(ctx context.Context, turn int64) error {
	r, err := e.s.Store.Get(ctx, e.scope, e.id)
	if err != nil {
		return err
	}
	lease, ok, err := e.acquire(ctx)
	if err != nil || !ok {
		return err
	}
	e.s.active.hold(e.id, lease.Fence)
	r.Fence, e.lease = lease.Fence, lease
	if r.Status != Approved && !e.goesOn { // neither waiting for approval nor looking on is an attempt
		r.Attempt++
	}
	if e.died != "" && !e.goesOn && (r.Status == Planning || r.Status == Applying) {
		r.died(e.died, e.s.Clock.Now())
	}
	if err := e.s.Store.Served(ctx, e.scope, turn); err != nil {
		return err
	}
	if err := e.begin(ctx, &r); err != nil {
		return err
	}
	e.run, e.taken = r, true
	return nil
}

// begin saves the run as it was taken. One that was queued is planned from now on,
// in the same transaction.
func (e *execution) begin(ctx context.Context, r *Run) error {
	if r.Status != Queued || r.Cancel != nil || r.Attempt > MaxAttempts {
		return e.s.save(ctx, r)
	}
	e.planning = true
	ctx = kernel.WithCause(kernel.WithActor(ctx, kernel.System("run", e.scope.Tenant)), r.origin().Cause)
	_, err := e.s.steps(ctx, r, &e.lease, change{to: Planning})
	return err
}

// loop executes one status after the other, once all is known that was applied.
// What others record meanwhile names what the run's own facts do.
func (e *execution) loop(ctx context.Context) error {
	ctx = kernel.WithCause(ctx, e.run.origin().Cause)
	if e.planning {
		e.s.tell(ctx, e.run, "run."+string(e.run.Status), describe(e.run))
	}
	if err := e.s.State.Restore(ctx, e.id, e.stack, e.lease.Fence); err != nil {
		return e.end(ctx, err)
	}
	for {
		var err error
		switch {
		case e.run.Status.Terminal() || e.run.Status.waiting() || e.run.deferred(e.s.Clock.Now()):
			return nil
		case e.run.Attempt > MaxAttempts:
			err = e.tooOften()
		case e.run.Cancel != nil:
			e.stop(e.run.Cancel.Force)
			err = errStopped
		case ctx.Err() != nil:
			err = ctx.Err()
		default:
			err = e.once(ctx)
		}
		if err != nil {
			return e.end(ctx, err)
		}
	}
}

func (e *execution) once(ctx context.Context) error {
	switch e.run.Status {
	case Queued:
		return e.move(ctx, change{to: Planning})
	case Planning:
		return e.plan(ctx)
	case Approved:
		return e.apply(ctx)
	case Applying:
		return e.resume(ctx)
	case Verifying:
		return e.verify(ctx)
	default:
		return nil
	}
}

// move makes steps under the lease, all in one transaction. Nobody else changes
// the run while it is held, but for who wants it to stop: it is read again only
// where that is so.
func (e *execution) move(ctx context.Context, changes ...change) error {
	var made []Run
	known := true
	err := e.s.retry(ctx, func(ctx context.Context) (err error) {
		r := e.run.copied()
		if e.told = nil; !known {
			if r, err = e.look(ctx); err != nil {
				return err
			}
		}
		known = false
		made, err = e.s.steps(ctx, &r, &e.lease, changes...)
		return err
	})
	if err != nil {
		return err
	}
	e.run = made[len(made)-1]
	e.tellSteps(ctx, made, changes)
	if e.run.Status.waiting() || e.run.deferred(e.s.Clock.Now()) {
		e.s.outdate(ctx, e.run)
	}
	return nil
}

// look reads the run again, while the lease is held.
func (e *execution) look(ctx context.Context) (Run, error) {
	if err := e.s.holds(ctx, e.stack, e.lease); err != nil {
		return Run{}, err
	}
	return e.s.Store.Get(ctx, e.scope, e.id)
}

// tellSteps tells in the run's log what it has become, and in those of others what
// it has brought about.
func (e *execution) tellSteps(ctx context.Context, made []Run, changes []change) {
	var events []Event
	for i, r := range made {
		if !changes[i].quiet {
			events = append(events, e.s.event(r, "run."+string(r.Status), describe(r)))
		}
	}
	if len(events) > 0 {
		e.s.append(ctx, e.scope, e.id, events...)
	}
	for _, other := range e.told {
		e.s.tell(ctx, other, "run."+string(other.Status), describe(other))
	}
}

// end tells the run's end after an error, unless another has taken it over.
func (e *execution) end(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	e.drop(ctx)
	ended := e.conclude(ctx, cause, err)
	if errors.Is(ended, errLost) {
		e.s.Log.WarnContext(ctx, "another took the run over", "run", e.id, "fence", e.lease.Fence, "error", err)
		return nil
	}
	return ended
}

// conclude ends the run as failed or canceled, or leaves it to the next process
// when this one stops. It asks for the lease before it looks at the error:
// terraform tells of a lost one in words of its own, such as a locked state.
func (e *execution) conclude(ctx context.Context, cause, err error) error {
	if held := e.s.holds(ctx, e.stack, e.lease); held != nil {
		return held
	}
	switch {
	case errors.Is(cause, errStopped) || errors.Is(err, errStopped):
		return e.canceled(ctx)
	case cause != nil:
		return e.leave(ctx)
	case isInterrupted(err):
		return e.interrupted(ctx, err)
	default:
		return e.fail(ctx, err)
	}
}

// endTimeout bounds the transaction that ends a run whose context has ended.
const endTimeout = 10 * time.Second

// leave gives the lease back, so that the next process continues at once. A
// stop of the daemon is not the run's fault: it does not count as an attempt.
func (e *execution) leave(ctx context.Context) error {
	if on, err := e.runnerGoesOn(ctx); on || err != nil {
		return err // under the lease as it is: the next process takes it over
	}
	return e.s.retry(ctx, func(ctx context.Context) error {
		r, err := e.s.Store.Get(ctx, e.scope, e.id)
		if err != nil {
			return err
		}
		if err := e.s.holds(ctx, e.stack, e.lease); err != nil {
			return err
		}
		r.Attempt = max(0, r.Attempt-1)
		if err := e.s.save(ctx, &r); err != nil {
			return err
		}
		return e.s.release(ctx, e.stack, e.lease)
	})
}
