package run_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// crash advances the run until its apply comes to address, and returns there as
// if the process had died: what still runs of it hangs until the test ends.
func crash(t *testing.T, b *runtest.Bench, id, address string, before func()) {
	t.Helper()
	dead, reached, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var hit atomic.Bool
	b.World.Before = func(_ context.Context, _ run.Job, at string) error {
		if at != address || !hit.CompareAndSwap(false, true) {
			return nil
		}
		if before != nil {
			before()
		}
		close(reached)
		<-dead
		return kernel.Errorf(kernel.Unavailable, "the process died")
	}
	go func() {
		defer close(ended)
		_ = b.Advance(context.Background(), runtest.Project, id) // what it says no longer counts
	}()
	select {
	case <-reached:
	case <-ended:
		t.Fatalf("the apply did not come to %s: %s", address, b.Now(t, id).Status)
	}
	t.Cleanup(func() {
		close(dead)
		<-ended
	})
}

func TestARunIsContinuedAfterACrash(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		at string
		// before changes the world just before the crash.
		before func(b *runtest.Bench, r run.Run)
	}{
		"with the rest of the plan":               {at: "module.route_web"},
		"before anything":                         {at: "module.redis_cache"},
		"with everything applied":                 {at: "module.workload", before: func(b *runtest.Bench, r run.Run) { b.World.Drift(r.Stack, "module.workload", r.Release.ID) }},
		"with something else than the plan":       {at: "module.route_web", before: func(b *runtest.Bench, r run.Run) { b.World.Drift(r.Stack, "module.foreign", "1") }},
		"with a resource the state does not know": {at: "module.workload"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t)
			r := b.Deploy(t, "dev", "1")
			crash(t, b, r.ID, tc.at, func() {
				if tc.before != nil {
					tc.before(b, r)
				}
			})
			next := b.Restart(t)
			if err := b.CheckFence(t.Context(), r.Stack, 1); err != nil {
				t.Errorf("the first holder before it is replaced: %v", err)
			}
			next.Start(t)
			runtest.Must(t, next.Sweep(t.Context()))
			done := next.Await(t, r.ID, run.Succeeded)
			if done.Attempt != 2 || done.Fence != 2 {
				t.Errorf("attempt %d, fence %d", done.Attempt, done.Fence)
			}
			says := "the process on laptop that executed it was gone in mid-apply"
			if len(done.Interruptions) != 1 || done.Interruptions[0].Message != says {
				t.Errorf("interrupted: %+v, want one: %s", done.Interruptions, says)
			}
			x, err := next.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
			if err != nil || !strings.Contains(strings.Join(x.Details, "\n"), "it was interrupted: "+says) {
				t.Errorf("explained with %q, %v", x.Details, err)
			}
			for change, times := range b.World.Applied {
				if times != 1 {
					t.Errorf("%s was applied %d times", change, times)
				}
			}
			if len(b.World.Resources(r.Stack)) != 3 {
				t.Errorf("there: %v", b.World.Resources(r.Stack))
			}
			if err := b.CheckFence(t.Context(), r.Stack, 1); !kernel.Is(err, kernel.Stale) {
				t.Errorf("the fence of the dead: %v, want stale", err)
			}
		})
	}
}

func TestSomethingElseNeedsANewApproval(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t))
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	r = b.Await(t, r.ID, run.AwaitingApproval)
	alan := kernel.Actor{ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}
	for _, a := range []kernel.Actor{runtest.Grace, alan} {
		_, err := b.Approve(runtest.As(a), runtest.Project, r.ID, r.Dossier, "")
		runtest.Must(t, err)
	}
	crash(t, b, r.ID, "module.route_web", func() { b.World.Drift(r.Stack, "module.redis_cache", "0.1.0") })
	next := b.Restart(t).Start(t)
	runtest.Must(t, next.Sweep(t.Context()))
	again := next.Await(t, r.ID, run.AwaitingApproval)
	if again.Dossier == r.Dossier || again.Plan.Update != 1 {
		t.Errorf("dossier %s, was %s; plan %+v", again.Dossier.Short(), r.Dossier.Short(), again.Plan)
	}
	for _, a := range []kernel.Actor{runtest.Grace, alan} {
		_, err := next.Approve(runtest.As(a), runtest.Project, r.ID, again.Dossier, "")
		runtest.Must(t, err)
	}
	next.Await(t, r.ID, run.Succeeded)
}

func TestThreeAttemptsAreEnough(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	for range run.MaxAttempts {
		crash(t, b, r.ID, "module.route_web", nil)
		b = b.Restart(t)
	}
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	r = b.Await(t, r.ID, run.Failed)
	if f := r.Failure; f.Phase != "apply" || !strings.Contains(f.Message, "at last while it was applying; applied were 1 of 3 changes: module.redis_cache") {
		t.Errorf("%+v", f)
	}
	if d, err := b.Store.Deployment(t.Context(), r.Scope, "orders"); err != nil || d.Status != run.DeploymentBroken {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := b.Plans.Load(t.Context(), r.ID, r.Plan.Digest); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("the plan of a run that has ended: %v, want not found", err)
	}
	b.World.Before = nil
	fixed := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, fixed.ID))
	b.Await(t, fixed.ID, run.Succeeded)
}

func TestInterruptionsBeforeAnApprovalDoNotCount(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t))
	r := b.Deploy(t, "dev", "1")
	alan := kernel.Actor{ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}
	approve := func() {
		runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
		r = b.Await(t, r.ID, run.AwaitingApproval)
		for _, a := range []kernel.Actor{runtest.Grace, alan} {
			_, err := b.Approve(runtest.As(a), runtest.Project, r.ID, r.Dossier, "")
			runtest.Must(t, err)
		}
	}
	for i := range run.MaxAttempts {
		approve()
		crash(t, b, r.ID, "module.route_web", func() { b.World.Drift(r.Stack, fmt.Sprint("module.foreign", i), "1") })
		b = b.Restart(t)
	}
	approve()
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	b.Await(t, r.ID, run.Succeeded)
}

func TestAStopOfTheDaemonIsNoAttempt(t *testing.T) {
	t.Parallel()
	b := bench(t)
	reached := make(chan struct{})
	b.World.Before = func(ctx context.Context, _ run.Job, at string) error {
		if at == "module.route_web" {
			close(reached)
			<-ctx.Done()
		}
		return nil
	}
	b.Start(t)
	r := b.Deploy(t, "dev", "1")
	<-reached
	b.Stop(t)
	r = b.Now(t, r.ID)
	if r.Status != run.Applying || r.Attempt != 0 {
		t.Errorf("left at %s, attempt %d", r.Status, r.Attempt)
	}
	b.World.Before = nil
	next := b.Restart(t).Start(t)
	runtest.Must(t, next.Sweep(t.Context()))
	if r = next.Await(t, r.ID, run.Succeeded); r.Attempt != 1 {
		t.Errorf("attempt %d", r.Attempt)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, force := range []bool{false, true} {
		t.Run(fmt.Sprintf("force %v", force), func(t *testing.T) {
			t.Parallel()
			b := bench(t)
			reached := make(chan struct{})
			b.World.Before = func(ctx context.Context, job run.Job, at string) error {
				if at != "module.route_web" {
					return nil
				}
				close(reached)
				<-ctx.Done()
				select {
				case <-job.Kill:
					return kernel.Errorf(kernel.Unavailable, "killed")
				default:
					return nil
				}
			}
			b.Start(t)
			r := b.Deploy(t, "dev", "1")
			<-reached
			_, err := b.Cancel(runtest.As(runtest.Grace), runtest.Project, r.ID, "wrong version", force)
			runtest.Must(t, err)
			r = b.Await(t, r.ID, run.Canceled)
			if f := r.Failure; f == nil || f.Phase != "apply" || !strings.Contains(f.Message, "grace canceled") || !strings.Contains(f.Message, "wrong version") ||
				!strings.Contains(f.Message, "of 3 changes: module.redis_cache") || strings.Contains(f.Message, "may be missing") != force || !strings.Contains(f.Fix, "terrace run retry "+r.ID) {
				t.Errorf("%+v", f)
			}
			if d, err := b.Store.Deployment(t.Context(), r.Scope, "orders"); err != nil || d.Status != run.DeploymentBroken {
				t.Errorf("%+v, %v", d, err)
			}
			if _, err := b.Cancel(runtest.As(runtest.Grace), runtest.Project, r.ID, "", force); !kernel.Is(err, kernel.Conflict) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

func TestTheQueueOfAStack(t *testing.T) {
	t.Parallel()
	b := bench(t)
	reached, goOn := make(chan struct{}), make(chan struct{})
	b.World.Before = func(_ context.Context, job run.Job, at string) error {
		if at == "module.redis_cache" {
			close(reached)
			<-goOn
		}
		return nil
	}
	b.Start(t)
	first := b.Deploy(t, "dev", "1")
	<-reached
	second, third := b.Deploy(t, "dev", "2"), b.Deploy(t, "dev", "3")
	if seen, err := b.See(runtest.As(runtest.Ada), runtest.Project, third.ID); err != nil || seen.StatusReason != "" || seen.Waits == nil || seen.Waits.Run != first.ID || seen.Waits.Ahead != 1 {
		t.Errorf("why it waits: %q, %+v %v", seen.StatusReason, seen.Waits, err)
	}
	second = b.Await(t, second.ID, run.Superseded)
	if !strings.Contains(second.StatusReason, "superseded by "+third.ID) {
		t.Errorf("%q", second.StatusReason)
	}
	fourth := b.Deploy(t, "dev", "4")
	_, err := b.Cancel(runtest.As(runtest.Ada), runtest.Project, fourth.ID, "", false)
	runtest.Must(t, err)
	fifth := b.Deploy(t, "dev", "5")
	close(goOn)
	first, fifth = b.Await(t, first.ID, run.Succeeded), b.Await(t, fifth.ID, run.Succeeded)
	if !fifth.Phases[1].Started.After(*first.EndedAt) {
		t.Errorf("two runs of one stack at once: %s, %s", fifth.Phases[1].Started, first.EndedAt)
	}
	if r := b.Await(t, fourth.ID, run.Canceled); r.Failure == nil {
		t.Error("a run that was canceled says so")
	}
}

func TestALateWordOfTheDeadIsRefused(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	oldReached, oldGoOn, oldEnded := make(chan struct{}), make(chan struct{}), make(chan struct{})
	newReached, newGoOn := make(chan struct{}), make(chan struct{})
	b.World.Before = func(_ context.Context, job run.Job, at string) error {
		switch {
		case at == "module.route_web" && job.Attempt == 1:
			close(oldReached)
			<-oldGoOn
			return kernel.Errorf(kernel.Unavailable, "the connection was lost")
		case at == "module.workload":
			close(newReached)
			<-newGoOn
		}
		return nil
	}
	go func() {
		defer close(oldEnded)
		_ = b.Advance(context.Background(), runtest.Project, r.ID) // what it says no longer counts
	}()
	<-oldReached
	next := b.Restart(t).Start(t)
	runtest.Must(t, next.Sweep(t.Context()))
	<-newReached
	close(oldGoOn)
	<-oldEnded
	if r = next.Now(t, r.ID); r.Status != run.Applying || r.Failure != nil {
		t.Errorf("the dead ended the run: %s, %+v", r.Status, r.Failure)
	}
	close(newGoOn)
	next.Await(t, r.ID, run.Succeeded)
}

// planning is a planner with a step before each plan.
type planning struct {
	run.Planner
	before func(job run.Job) error
}

func (p planning) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	if err := p.before(job); err != nil {
		return run.Planned{}, err
	}
	return p.Planner.Plan(ctx, job, sink)
}

// TestALostLeaseIsNoFailure has another process take the stack while terraform
// plans, which tells of it as of a locked state.
func TestALostLeaseIsNoFailure(t *testing.T) {
	t.Parallel()
	var b *runtest.Bench
	b = bench(t, func(d *run.Deps) {
		d.Planner = planning{d.Planner, func(job run.Job) error {
			l, err := b.Store.Lease(t.Context(), job.Stack)
			runtest.Must(t, err)
			next := l
			next.Fence, next.Process = l.Fence+1, "another"
			runtest.Must(t, b.Store.SwapLease(t.Context(), job.Stack, l, next))
			return kernel.Errorf(kernel.Locked, "terraform plan failed: Error acquiring the state lock")
		}}
	})
	r := b.Deploy(t, "dev", "1")
	if err := b.Advance(t.Context(), runtest.Project, r.ID); err != nil {
		t.Errorf("the job of one that lost its lease: %v, want it to end quietly", err)
	}
	if r = b.Now(t, r.ID); r.Status != run.Planning || r.Failure != nil {
		t.Errorf("%s, %+v: the run is its successor's", r.Status, r.Failure)
	}
}

// TestACancelDuringThePlanIsNotForgotten has another node take the request: the
// executor sees it first when it would wait for an approval.
func TestACancelDuringThePlanIsNotForgotten(t *testing.T) {
	t.Parallel()
	var b, other *runtest.Bench
	b = bench(t, two(t), func(d *run.Deps) {
		d.Planner = planning{d.Planner, func(job run.Job) error {
			_, err := other.Cancel(runtest.As(runtest.Ada), runtest.Project, job.Run, "a mistake", false)
			return err
		}}
	})
	other = b.Restart(t, func(d *run.Deps) { d.Node = "other" })
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	if r = b.Now(t, r.ID); r.Status != run.Canceled {
		t.Errorf("%s, want canceled", r.Status)
	}
}

// TestALongLogIsReadToItsEnd: what was applied is told beyond the first part of the log.
func TestALongLogIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	b := bench(t, func(d *run.Deps) {
		logs := d.Logs
		d.Planner = planning{d.Planner, func(job run.Job) error {
			for range 64 {
				runtest.Must(t, logs.Append(t.Context(), runtest.Project.Tenant, job.Run, run.Event{Run: job.Run, Message: strings.Repeat("x", 8<<10)}))
			}
			return nil
		}}
	})
	b.World.Before = func(_ context.Context, _ run.Job, at string) error {
		if at == "module.route_web" {
			return kernel.Errorf(kernel.Invalid, "terraform apply failed")
		}
		return nil
	}
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	if r = b.Now(t, r.ID); r.Failure == nil || !strings.Contains(r.Failure.Message, "1 of 3 changes: module.redis_cache") {
		t.Errorf("%+v", r.Failure)
	}
}

// TestAFailureAfterAnInterruptionCountsTheWholePlan: what was applied is counted
// since the approval, and so is what there was to apply.
func TestAFailureAfterAnInterruptionCountsTheWholePlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before func(b *runtest.Bench, r run.Run)
		want   string
	}{
		"with the rest of the plan": {nil, "applied were 1 of 3 changes: module.redis_cache"},
		"with another plan": {
			func(b *runtest.Bench, r run.Run) { b.World.Drift(r.Stack, "module.a_foreign", "1") },
			"applied were 0 of 3 changes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t)
			r := b.Deploy(t, "dev", "1")
			crash(t, b, r.ID, "module.route_web", func() {
				if tc.before != nil {
					tc.before(b, r)
				}
			})
			crashing := b.World.Before
			b.World.Before = func(ctx context.Context, job run.Job, at string) error {
				if job.Attempt == 2 && at == "module.route_web" {
					return kernel.Errorf(kernel.Invalid, "terraform apply failed")
				}
				return crashing(ctx, job, at)
			}
			next := b.Restart(t)
			runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
			if r = next.Now(t, r.ID); r.Failure == nil || !strings.HasSuffix(r.Failure.Message, tc.want) {
				t.Errorf("%+v, want %s", r.Failure, tc.want)
			}
		})
	}
}

func TestAnApplyThatIsOvertakenGoesOnWithTheRest(t *testing.T) {
	t.Parallel()
	b := bench(t)
	var once atomic.Bool
	b.World.Before = func(_ context.Context, job run.Job, at string) error {
		if at == "module.redis_cache" && once.CompareAndSwap(false, true) {
			b.World.Drift(job.Stack, "module.redis_cache", "1.0.0")
			return kernel.Errorf(kernel.Stale, "saved plan is stale")
		}
		return nil
	}
	b.Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	if r.Attempt != 2 || len(b.World.Applied) != 2 {
		t.Errorf("attempt %d, applied %v", r.Attempt, b.World.Applied)
	}
}
