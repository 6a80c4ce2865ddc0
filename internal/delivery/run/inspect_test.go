package run_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestALookIsThePlanOfTheNextRun looks at what is deployed: one plan tells what
// was changed outside and what the next run does. Where that cannot be planned,
// what is there is looked at alone; where nothing can be reached, it is not.
func TestALookIsThePlanOfTheNextRun(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	invalid, unreachable := kernel.Errorf(kernel.Invalid, "no such attribute"), kernel.Errorf(kernel.Unavailable, "no such host")
	for name, tc := range map[string]struct {
		fails error
		plans []bool // whether each was a refresh alone
		next  bool
	}{
		"the next run can be planned": {plans: []bool{false}, next: true},
		"it cannot":                   {fails: invalid, plans: []bool{false, true}},
		"nothing can be reached":      {fails: unreachable, plans: []bool{false}},
	} {
		var plans []bool
		b.World.BeforePlan = func(job run.Job, _ map[string]string) error {
			if plans = append(plans, job.RefreshOnly); !job.Unlocked || job.RefreshOnly {
				return nil
			}
			return tc.fails
		}
		seen, err := b.Inspect(t.Context(), run.Inspection{ID: "chk_1", Scope: runtest.Project.InStage("dev"), Workload: "orders"}, func(string) {})
		if (err != nil) != errors.Is(tc.fails, unreachable) || !slices.Equal(plans, tc.plans) || (seen.Next != nil) != tc.next || (seen.NextError != nil) != errors.Is(tc.fails, invalid) {
			t.Errorf("%s: %+v, %v after the plans %v", name, seen, err, plans)
		}
	}
}

// TestWhatCannotBeRecordedSaysWhy accepts that something is gone that code still leads to.
func TestWhatCannotBeRecordedSaysWhy(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	b.World.BeforePlan = func(run.Job, map[string]string) error {
		return kernel.Errorf(kernel.Invalid, "terraform plan failed").WithProblems(kernel.Problem{Message: "Unsupported attribute"})
	}
	r, err := b.Refresh(runtest.As(runtest.Ada), runtest.Project.InStage("dev"), "orders", []string{"module.a.x"}, "")
	runtest.Must(t, err)
	failed := b.Await(t, r.ID, run.Failed).Failure
	if failed.Message != "what is there cannot be recorded, because code still refers to what is gone: terraform plan failed" || len(failed.Problems) != 1 {
		t.Errorf("%+v", failed)
	}
}

// refreshing tells of three resources that it looks at.
type refreshing struct {
	run.Planner
}

func (p refreshing) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	for range 3 {
		sink(run.Event{Type: "refresh_complete"})
	}
	return p.Planner.Plan(ctx, job, sink)
}

// TestALookSaysHowManyResourcesItLookedAt, at the end all of them, however fast it was.
func TestALookSaysHowManyResourcesItLookedAt(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, _ *stage.Stage) {}), func(d *run.Deps) { d.Planner = refreshing{d.Planner} })
	deployed(t, b, "1")
	var said []string
	_, err := b.Inspect(t.Context(), run.Inspection{ID: "chk_1", Scope: runtest.Project.InStage("dev"), Workload: "orders"}, func(text string) { said = append(said, text) })
	if runtest.Must(t, err); !slices.Contains(said, "looked at 3 resources") {
		t.Errorf("it said %q", said)
	}
}
