package run_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// automatic has dev roll back by itself.
func automatic(t *testing.T) func(*run.Deps) {
	t.Helper()
	return changed(t, func(st *stage.Stage) {
		if st.Name == "dev" {
			st.Rollback = stage.RollbackAutomatic
		}
	})
}

// only lets the checks of dev pass for one release alone.
func only(b *runtest.Bench, release *string) {
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		return run.CheckResult{Check: in.Check.Name, URL: in.URL, Passed: *release == "" || in.Release == *release, Message: "status 503, want 2xx"}
	}
}

func runsOf(t *testing.T, b *runtest.Bench) []run.Run {
	t.Helper()
	page, err := b.List(runtest.As(runtest.Ada), runtest.Project, run.Filter{Stage: "dev"}, kernel.PageRequest{})
	runtest.Must(t, err)
	return page.Items
}

func TestAFailedVerificationRollsBackByItself(t *testing.T) {
	t.Parallel()
	b := bench(t, automatic(t)).Start(t)
	good := ""
	only(b, &good)
	first := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	good = first.Release.ID
	failed := b.Await(t, b.Deploy(t, "dev", "2.0").ID, run.Failed)
	if failed.Rollback == nil || failed.Rollback.Run == "" || *failed.Rollback.Release != first.Release || !strings.Contains(failed.Failure.Fix, failed.Rollback.Run) {
		t.Fatalf("%+v, %+v", failed.Rollback, failed.Failure)
	}
	back := b.Await(t, failed.Rollback.Run, run.Succeeded)
	if back.Operation != run.Rollback || back.Release != first.Release || back.RequestedBy.Kind != kernel.ActorSystem || back.Cause.Run != failed.ID {
		t.Errorf("%+v", back)
	}
	if !strings.Contains(back.Reason, "release 2 (2.0) did not hold in dev") || !strings.Contains(back.Reason, "status 503") {
		t.Errorf("the reason is %q", back.Reason)
	}
	if types := b.Journal.Types(back.ID); types[0] != "run.queued" || types[1] != "run.rollback_queued" {
		t.Errorf("facts %v", types)
	}
	if there := b.World.Resources(back.Stack)["module.workload"]; there != first.Release.ID {
		t.Errorf("%s is there", there)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, back.ID)
	runtest.Must(t, err)
	if story := strings.Join(x.Details, "\n"); !strings.Contains(story, "Terrace asked for it by itself, for what "+failed.ID+" had brought") {
		t.Errorf("explained as\n%s", story)
	}
	x, err = b.Explain(runtest.As(runtest.Ada), runtest.Project, failed.ID)
	runtest.Must(t, err)
	if story := strings.Join(x.Details, "\n"); !strings.Contains(story, back.ID+" returns dev to release 1 (1.0)") {
		t.Errorf("explained as\n%s", story)
	}
}

func TestARollbackNeverLoops(t *testing.T) {
	t.Parallel()
	b := bench(t, automatic(t)).Start(t)
	good := ""
	only(b, &good)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	b.Await(t, b.Deploy(t, "dev", "2.0").ID, run.Succeeded)
	good = "none"
	failed := b.Await(t, b.Deploy(t, "dev", "3.0").ID, run.Failed)
	back := b.Await(t, failed.Rollback.Run, run.Failed)
	if back.Release.Version != "2.0" || back.Rollback == nil || back.Rollback.Run != "" || !strings.Contains(back.Rollback.Message, "was a rollback already") {
		t.Errorf("%+v, %+v", back.Release, back.Rollback)
	}
	if all := runsOf(t, b); len(all) != 4 {
		t.Errorf("%d runs", len(all))
	}
}

func TestThereMayBeNothingToRollBackTo(t *testing.T) {
	t.Parallel()
	b := bench(t, automatic(t)).Start(t)
	good := "none"
	only(b, &good)
	failed := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Failed)
	if failed.Rollback == nil || failed.Rollback.Run != "" || !strings.Contains(failed.Rollback.Message, "no other release of orders is verified in dev") {
		t.Errorf("%+v", failed.Rollback)
	}
	if all := runsOf(t, b); len(all) != 1 {
		t.Errorf("%d runs", len(all))
	}
}

func TestARevocationRollsBackWhenTheStageIsOpen(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, _ *stage.Stage) {
		dev.Rollback = stage.RollbackAutomatic
		dev.Windows = []stage.Window{office()}
	}))
	good := ""
	only(b, &good)
	first := deployed(t, b, "1")
	second := deployed(t, b, "2")
	if second.Status != run.Succeeded {
		t.Fatalf("%+v", second)
	}
	h.pass(8 * time.Hour) // the office is closed
	good = first.Release.ID
	v := again(t, b, "dev")
	if v.Rollback == nil || v.Rollback.Run == "" || !strings.Contains(v.Rollback.Message, "and it is not applied before") {
		t.Fatalf("%+v: %+v", v, v.Rollback)
	}
	held := carry(t, b, b.Now(t, v.Rollback.Run))
	if held.Status != run.Approved || held.Deferral == nil || b.World.Resources(held.Stack)["module.workload"] != second.Release.ID {
		t.Fatalf("it waits for the stage to open: %+v", held)
	}
	h.pass(16 * time.Hour)
	if back := carry(t, b, held); back.Status != run.Succeeded || back.Release != first.Release {
		t.Errorf("%+v", back)
	}
}

func TestARollbackThatIsNotWantedAnyLongerEnds(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, _ *stage.Stage) {
		dev.Rollback, dev.Windows = stage.RollbackAutomatic, []stage.Window{office()}
	}))
	good := ""
	only(b, &good)
	first, second := deployed(t, b, "1"), deployed(t, b, "2")
	h.pass(8 * time.Hour)
	good = first.Release.ID
	held := carry(t, b, b.Now(t, again(t, b, "dev").Rollback.Run))
	good = second.Release.ID
	if v := again(t, b, "dev"); v.Status != run.VerificationPassed || !v.Changed {
		t.Fatalf("%+v", v)
	}
	h.pass(16 * time.Hour)
	end := carry(t, b, held)
	if end.Status != run.Discarded || !strings.Contains(end.Failure.Message, "release 2 (2) is verified in dev again") {
		t.Errorf("%s: %+v", end.Status, end.Failure)
	}
}
