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

func assessed(t *testing.T, b *runtest.Bench, op run.Operation, c run.ChangeRequest) run.Assessment {
	t.Helper()
	a, err := b.Assess(runtest.As(runtest.Ada), runtest.Project, op, c)
	runtest.Must(t, err)
	return a
}

// TestAPromotionTellsWhatGoesByItself: what a stage does before anybody asks.
func TestAPromotionTellsWhatGoesByItself(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, prod *stage.Stage) {
		dev.Soak, prod.AutoPromote, prod.Windows = time.Hour, true, []stage.Window{office()}
	}))
	first := deployed(t, b, "1")
	to := func(stage, release, want string) {
		t.Helper()
		a := assessed(t, b, run.Promote, run.ChangeRequest{Workload: "orders", Stage: stage, Release: release})
		if len(a.ByItself) != 1 || !strings.HasPrefix(a.ByItself[0], "prod takes by itself what becomes available") || !strings.HasSuffix(a.ByItself[0], want) {
			t.Errorf("to %s: %v, want %s", stage, a.ByItself, want)
		}
	}
	to("dev", first.Release.ID, "this release once it is verified in dev and has soaked there for 1h0m0s")
	to("prod", "", "this release at 2026-11-26T13:00:00Z, when it has soaked")
	h.pass(time.Hour)
	to("prod", "", "this release without being asked, unless a newer one comes first")
	h.pass(5 * time.Hour)
	to("prod", "", "this release when it opens at 2026-11-27T09:00:00Z, unless a newer one comes first")
	h.pass(15 * time.Hour)
	runs := inProd(t, b)
	to("prod", "", "carries this release there already, and is queued")
	if len(runs) != 1 || carry(t, b, runs[0]).Status != run.Succeeded {
		t.Fatalf("%+v", runs)
	}
	to("prod", "", "so it goes only when somebody promotes it")
	to("dev", first.Release.ID, "but not this release: it went there or was tried there before")
}

// TestADryRunOfARemoval tells what goes, from whom it takes, and what stops it.
func TestADryRunOfARemoval(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	settled(t, b, taking(t, "orders", "{url: \"1\"}", ""))
	settled(t, b, taking(t, "billing", "", takesOrders, "${resources.orders.url}"))
	removal := func(name string, force bool) (run.Assessment, run.Run, run.Dossier) {
		t.Helper()
		c := run.ChangeRequest{Workload: name, Stage: "dev", Force: force, DryRun: true}
		r, err := b.Destroy(runtest.As(runtest.Ada), runtest.Project, c)
		runtest.Must(t, err)
		r = b.Await(t, r.ID, run.PlannedOnly)
		d, _, err := b.GetDossier(runtest.As(runtest.Ada), runtest.Project, r.ID)
		runtest.Must(t, err)
		return assessed(t, b, run.Destroy, c), r, d
	}
	consumers := func(d run.Dossier) run.GateResult {
		t.Helper()
		for _, g := range d.Gates {
			if g.Gate == "consumers" {
				return g
			}
		}
		t.Fatalf("no gate tells who takes from it: %+v", d.Gates)
		return run.GateResult{}
	}
	a, _, d := removal("orders", false)
	if len(a.Users) != 1 || a.Users[0] != "billing" || a.Allowed || len(a.Obstacles) != 1 || a.Obstacles[0].Path != "consumers" {
		t.Errorf("orders: %+v", a)
	}
	if g := consumers(d); !g.Blocks() || !strings.Contains(g.Message, "billing takes from it") || !strings.Contains(g.Fix, "--force") {
		t.Errorf("the gate: %+v", g)
	}
	if a, _, d = removal("orders", true); !a.Allowed || consumers(d).Blocks() {
		t.Errorf("insisted: %+v, %+v", a, consumers(d))
	}
	a, _, d = removal("billing", false)
	if !a.Allowed || len(a.Takes) != 1 || a.Takes[0].Workload != "orders" || len(d.Inputs) != 1 || d.Plan.Summary.Delete == 0 || len(d.Spec) == 0 {
		t.Errorf("billing: %+v, %+v", a, d)
	}
	b.Denied["workload.orphan"] = true
	if a = assessed(t, b, run.Destroy, run.ChangeRequest{Workload: "orders", Stage: "dev", Force: true}); a.Allowed {
		t.Errorf("without the right to insist: %+v", a)
	}
	if _, err := b.Destroy(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("in earnest: %v", err)
	}
}

// TestWhatWasRolledBackInTheFirstStageGoesThereAgain: the advice is what brings the
// release itself on, and it does.
func TestWhatWasRolledBackInTheFirstStageGoesThereAgain(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(dev, _ *stage.Stage) { dev.Rollback = stage.RollbackAutomatic }))
	deployed(t, b, "1")
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		return run.CheckResult{Check: in.Check.Name, URL: in.URL, Message: "status 500, want 2xx"}
	}
	bad := carry(t, b, b.Deploy(t, "dev", "2"))
	b.Verifies = nil
	if bad.Rollback == nil || bad.Rollback.Run == "" || carry(t, b, b.Now(t, bad.Rollback.Run)).Status != run.Succeeded {
		t.Fatalf("it is not rolled back: %+v", bad.Rollback)
	}
	_, err := promote(b, run.ChangeRequest{Release: bad.Release.ID})
	back := "terrace promote orders --to dev --release " + bad.Release.ID
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), bad.Rollback.Message) ||
		!strings.Contains(err.Error(), "correct the cause (see terrace explain "+bad.ID+") and "+back+", then terrace promote orders --to prod") {
		t.Fatalf("the advice: %v", err)
	}
	again, err := b.Service.Promote(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev", Release: bad.Release.ID})
	runtest.Must(t, err)
	if again = carry(t, b, again); again.Status != run.Succeeded {
		t.Fatalf("%s: %+v", again.Status, again.Failure)
	}
	if p, err := promote(b, run.ChangeRequest{}); err != nil || p.Release != bad.Release {
		t.Errorf("%+v, %v", p.Release, err)
	}
}
