package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Inspection is a look at what is there of a deployment, which changes nothing.
type Inspection struct {
	// ID names the look in work directories and tokens.
	ID string
	// Scope is that of the stage.
	Scope    kernel.Scope
	Workload string
}

// Inspected is what a look saw.
type Inspected struct {
	Deployment Deployment
	// Outside is the plan that has what was changed outside as its drift.
	Outside *tfjson.Plan
	// Next is what the next run of the release would do, which is the same plan;
	// nil where NextError says why it could not be planned.
	Next      *tfjson.Plan
	NextError error
	Graph     *graph.Graph
}

const (
	// inspectionLife bounds the token of a look, which may only read.
	inspectionLife = 2 * time.Hour
	// overtakenEvery is how often a look asks whether a run began meanwhile.
	overtakenEvery = 2 * time.Second
)

// errOvertaken is the cause of a look that a run of its stack ended.
var errOvertaken = errors.New("a run of the stack began")

// Inspect looks at a deployment through terraform: with a token that may only
// read, without the lock of the state and without the lease of the stack, so no
// run ever waits for it. Runs go first: it is Locked while one is on its way,
// and Stale when one began meanwhile. It asks for no permission; who was
// allowed to have a look calls it for that.
func (s *Service) Inspect(ctx context.Context, in Inspection, say func(string)) (out Inspected, err error) {
	if out.Deployment, err = s.Store.Deployment(ctx, in.Scope, in.Workload); err != nil {
		return out, err
	}
	stack := out.Deployment.Stack
	lease, err := s.quiet(ctx, in.Scope, stack)
	if err != nil {
		return out, err
	}
	m, err := s.material(ctx, Run{Stack: stack, Scope: in.Scope, Workload: in.Workload, Release: out.Deployment.Release, Operation: Deploy, Inputs: out.Deployment.Inputs})
	if err != nil {
		return out, err
	}
	out.Graph = m.graph
	looking, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var watcher sync.WaitGroup
	watcher.Go(func() { s.untilOvertaken(looking, stack, lease, cancel) })
	defer watcher.Wait()
	defer cancel(nil)
	if err := s.plans(looking, in, m, lease, say, &out); err != nil {
		if context.Cause(looking) == errOvertaken { //nolint:errorlint // it is this one or none
			return out, overtaken(stack)
		}
		return out, err
	}
	if now, err := s.Store.Lease(ctx, stack); err != nil || now.Fence != lease.Fence {
		return out, errors.Join(err, overtaken(stack))
	}
	return out, nil
}

func overtaken(stack string) error {
	return kernel.Errorf(kernel.Stale, "a run of %s began meanwhile, and goes first", stack)
}

// quiet refuses to look at a stack that a run works on or is about to.
func (s *Service) quiet(ctx context.Context, scope kernel.Scope, stack string) (Lease, error) {
	lease, err := s.Store.Lease(ctx, stack)
	if err != nil {
		return lease, err
	}
	open, err := s.Store.Open(ctx, scope, stack)
	if err != nil {
		return lease, err
	}
	for _, r := range open {
		if !r.Status.waiting() {
			return lease, kernel.Errorf(kernel.Locked, "%s of %s is %s, and goes first", r.ID, stack, words(r.Status)).WithFix("see terrace run show %s", r.ID)
		}
	}
	return lease, nil
}

// untilOvertaken ends the look when a run takes the stack.
func (s *Service) untilOvertaken(ctx context.Context, stack string, lease Lease, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(overtakenEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if now, err := s.Store.Lease(ctx, stack); err == nil && now.Fence != lease.Fence {
				cancel(errOvertaken)
				return
			}
		}
	}
}

// plans makes the plan of the next run, whose drift is what is outside. Where
// that cannot be planned, it has terraform look at what is there alone. It does
// not begin with that: a refresh alone fails where a resource is gone to whose
// name in for_each an output leads, and the next run would make it again.
func (s *Service) plans(ctx context.Context, in Inspection, m material, lease Lease, say func(string), out *Inspected) error {
	token, err := s.Tokens.Issue(ctx, TokenRequest{
		Run: in.ID, Stack: out.Deployment.Stack, Workload: in.Workload, Scope: in.Scope,
		Fence: lease.Fence, Phase: "plan", Cause: kernel.CauseFrom(ctx), Expires: s.Clock.Now().Add(inspectionLife),
	})
	if err != nil {
		return err
	}
	job := Job{
		Run: in.ID, Stack: out.Deployment.Stack, Scope: in.Scope, Stage: m.stage, Attempt: 1, Fence: lease.Fence, Files: m.root.all(),
		Token: token, Unlocked: true,
	}
	planned, err := s.look(ctx, job, say)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		out.Outside, out.Next = planned.JSON, planned.JSON
		return nil
	}
	if !kernel.Is(err, kernel.Invalid) {
		return err
	}
	say("the next run cannot be planned; looking at what is there alone")
	out.NextError, job.RefreshOnly = err, true
	planned, err = s.look(ctx, job, say)
	out.Outside = planned.JSON
	return err
}

// sayEvery is how often progress is told at most.
const sayEvery = time.Second

// look has a plan made, and tells how far it is.
func (s *Service) look(ctx context.Context, job Job, say func(string)) (Planned, error) {
	l := &looking{clock: s.Clock, say: say, at: s.Clock.Now()}
	defer l.end()
	return s.Planner.Plan(ctx, job, l.event)
}

// looking counts what terraform has looked at.
type looking struct {
	clock        kernel.Clock
	say          func(string)
	looked, told int
	at           time.Time
}

// event tells how far terraform is, at most every second.
func (l *looking) event(e Event) {
	if e.Type != "refresh_complete" {
		return
	}
	l.looked++
	if now := l.clock.Now(); now.Sub(l.at) >= sayEvery {
		l.tell(now)
	}
}

// end tells of all that it has looked at.
func (l *looking) end() {
	if l.told != l.looked {
		l.tell(l.clock.Now())
	}
}

func (l *looking) tell(now time.Time) {
	l.at, l.told = now, l.looked
	if l.looked == 1 {
		l.say("looked at one resource")
		return
	}
	l.say(fmt.Sprintf("looked at %d resources", l.looked))
}

// Busy is how many runs this process executes now.
func (s *Service) Busy() int {
	s.active.Lock()
	defer s.active.Unlock()
	return len(s.active.runs)
}
