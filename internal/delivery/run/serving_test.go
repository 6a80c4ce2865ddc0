package run_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// target is one that says what answers.
type target struct{ now run.Standing }

func (t *target) Serves(scope kernel.Scope, workload string) (run.Standing, bool) {
	return t.now, scope.Stage == "dev" && workload == "orders"
}

// TestAStageShowsTheReleaseThatAnswers, not the one that was applied last.
func TestAStageShowsTheReleaseThatAnswers(t *testing.T) {
	t.Parallel()
	answers := &target{}
	b := bench(t, func(d *run.Deps) { d.Serving = answers }).Start(t)
	one := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	two := b.Await(t, b.Deploy(t, "dev", "2").ID, run.Succeeded)
	stage := func() run.StageStatus {
		t.Helper()
		w, err := b.Workload(runtest.As(runtest.Ada), runtest.Project, "orders")
		runtest.Must(t, err)
		return w.Stages[0]
	}
	answers.now.Release = two.Release.ID
	if st := stage(); st.Serves != nil || st.Rollout != nil || st.Deployment.Release.ID != two.Release.ID {
		t.Errorf("what was applied answers: %+v", st)
	}
	began := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	under := &run.Rollout{To: two.Release.ID, Step: 1, Steps: 4, Weight: 5, StartedAt: began, StepAt: began}
	answers.now = run.Standing{Release: one.Release.ID, Rollout: under}
	st := stage()
	if diff := cmp.Diff(&one.Release, st.Serves); diff != "" || st.Rollout != under {
		t.Errorf("the one before answers: %s, %+v", diff, st.Rollout)
	}
	answers.now = run.Standing{Release: "rel_gone"}
	if st := stage(); st.Serves != nil {
		t.Errorf("a release that there is not: %+v", st.Serves)
	}
}
