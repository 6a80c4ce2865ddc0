package run_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
)

// TestTheFixIsWhatCanBeDone: what a refused promotion and a failed run advise.
func TestTheFixIsWhatCanBeDone(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	first := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	refused := func(what, to, release, want string) {
		t.Helper()
		a, err := b.Assess(runtest.As(runtest.Ada), runtest.Project, run.Promote, run.ChangeRequest{Workload: "orders", Stage: to, Release: release})
		runtest.Must(t, err)
		if len(a.Obstacles) != 1 || !strings.HasPrefix(a.Obstacles[0].Fix, want) {
			t.Errorf("%s: %+v, want the fix %q", what, a.Obstacles, want)
		}
	}
	refused("verified in the stage before the one before", "int", "1", "terrace promote orders --to test, then terrace promote orders --to int; or ")
	b.Await(t, b.Deploy(t, "dev", "2").ID, run.Succeeded)
	refused("where another is by now", "int", "1", "terrace promote orders --to test --release "+first.Release.ID+", then terrace promote orders --to int; or ")

	b.Verifies = func(in run.CheckInput) run.CheckResult {
		return run.CheckResult{Check: in.Check.Name, URL: in.URL, Message: "status 500, want 2xx"}
	}
	failed := b.Await(t, b.Promote(t, "test").ID, run.Failed)
	if fix := failed.Failure.Fix; !strings.Contains(fix, "terrace verify orders --stage test") || strings.Contains(fix, "rollback") {
		t.Errorf("nothing was there before: %s", fix)
	}
	cause := "correct the cause (see terrace explain " + failed.ID + ") and terrace verify orders --stage test"
	refused("what is there does not hold", "int", "", cause)
	refused("named", "int", "2", cause+", then terrace promote orders --to int; or ")
	refused("two stages on", "qs", "2", cause+", then terrace promote orders --to int, then terrace promote orders --to qs; or ")

	failed = b.Await(t, b.Deploy(t, "dev", "3").ID, run.Failed)
	if fix := failed.Failure.Fix; !strings.HasSuffix(fix, "terrace rollback orders --stage dev returns to release 2 (2)") {
		t.Errorf("a release was verified there before: %s", fix)
	}
}
