package fleetagent

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// assignment is one job under way.
type assignment struct {
	*Agent
	Work

	// stop asks terraform to stop, kill ends it.
	stop context.CancelFunc
	kill func()
	// gone is closed when the assignment is no longer this runner's.
	gone   context.Context //nolint:containedctx // it is the life of the assignment
	leave  context.CancelFunc
	events events
	// cut says that the server could not be reached for a while: state, modules and
	// planes are there, so terraform may have failed for it.
	cut atomic.Bool
	// telling says that the outcome is on its way: once the server has it, the
	// assignment is no longer the runner's, and that is no loss.
	telling atomic.Bool
}

// do executes an assignment and tells its outcome.
func (a *Agent) do(ctx context.Context, w Work) {
	killed := make(chan struct{})
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	gone, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	as := &assignment{Agent: a, Work: w, stop: stop, kill: sync.OnceFunc(func() { close(killed) }), gone: gone, leave: leave}
	var loops sync.WaitGroup
	loops.Go(as.beat)
	loops.Go(func() { as.events.deliver(gone, as.tell) })
	defer loops.Wait()
	defer leave()
	defer context.AfterFunc(ctx, func() { as.interrupted(ctx) })()
	a.Log.InfoContext(ctx, "takes up", "run", w.Job.Run, "phase", w.Job.Phase, "stack", w.Job.Stack)
	result := as.execute(running, killed)
	switch {
	case ctx.Err() != nil:
		result.Interrupted = "was stopped"
	case result.Error != nil && as.cut.Load():
		result.Interrupted = "was cut off from the server"
	}
	as.finish(result)
	a.Log.InfoContext(ctx, "has done", "run", w.Job.Run, "phase", w.Job.Phase, "failed", result.Error != nil)
}

// interrupted stops terraform because this process is to end.
func (a *assignment) interrupted(ctx context.Context) {
	if errors.Is(context.Cause(ctx), errUnwanted) {
		a.lose("the server does not know the runner any more")
		return
	}
	a.stop()
}

// lose ends terraform at once: what it does no longer counts.
func (a *assignment) lose(why string) {
	a.Log.Warn("the assignment is lost, terraform is ended", "run", a.Job.Run, "because", why)
	a.kill()
	a.leave()
}

// ErrorOf puts an error on its way; what only a defect explains stays in the log.
func ErrorOf(err error) *fleet.Error {
	known, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return &fleet.Error{Kind: kernel.Internal, Message: err.Error()}
	}
	return &fleet.Error{Kind: known.Kind, Message: known.Message, Fix: known.Fix, Problems: known.Problems}
}

// beat tells that the runner is there, and does what the server wants. It ends
// terraform when the server could not be reached for as long as it has patience.
func (a *assignment) beat() {
	known, heard := fleet.Go, time.Now()
	for a.gone.Err() == nil {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(a.gone, a.patience/2)
		command, err := a.Server.Beat(ctx, a.ID, known)
		cancel()
		switch {
		case a.gone.Err() != nil:
			return
		case err == nil:
			heard = begun
			known = command
			a.obey(command)
		case final(err) && a.telling.Load():
			return
		case final(err):
			a.lose(err.Error())
		case time.Since(heard) > a.patience:
			a.lose("the server was not reached for " + a.patience.String())
		default:
			a.cut.Store(true)
			sleep(a.gone, min(shortly, a.patience/10))
		}
	}
}

func (a *assignment) obey(command fleet.Command) {
	switch command {
	case fleet.Go:
	case fleet.Stop:
		a.stop()
	case fleet.Kill:
		a.kill()
	case fleet.Gone:
		a.lose("the server says so")
	}
}

// finish tells what is left to tell, while the assignment is this runner's.
func (a *assignment) finish(result Done) {
	a.events.end(a.gone)
	var err error
	if a.Job.Phase == "plan" && result.Error == nil {
		err = a.upload(fleet.PartPlanJSON, text(result.PlanJSON))
	}
	if err != nil && a.gone.Err() == nil {
		result.Outcome = fleet.Outcome{Error: ErrorOf(err)}
	}
	_ = a.insist(a.gone, "a kept state", func(ctx context.Context) error { return a.Kept.HandIn(ctx, a.Server) }) // it stays kept, and is tried again
	if a.Job.Phase == "apply" {
		a.Kept.End(a.Job.Stack)
	}
	a.telling.Store(true)
	err = a.insist(a.gone, "the outcome", func(ctx context.Context) error { return a.Server.Finish(ctx, a.ID, result.Outcome) })
	if err != nil {
		a.Log.Warn("the outcome could not be told", "run", a.Job.Run, "error", err)
	}
}

func (a *assignment) tell(from int64, events []fleet.Event) error {
	d := fleet.Delivery{From: from, Events: events}
	return a.insist(a.gone, "events", func(ctx context.Context) error {
		err := a.Server.Tell(ctx, a.ID, d)
		d.Again = true // whatever became of it
		return err
	})
}
