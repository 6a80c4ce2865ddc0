package run_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// inProd promotes what is due and returns the runs of prod, the newest first.
func inProd(t *testing.T, b *runtest.Bench) []run.Run {
	t.Helper()
	runtest.Must(t, b.PromoteDue(t.Context()))
	page, err := b.List(runtest.As(runtest.Ada), runtest.Project, run.Filter{Stage: "prod"}, kernel.PageRequest{})
	runtest.Must(t, err)
	return page.Items
}

func TestAStageTakesByItselfWhatBecomesAvailable(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, prod *stage.Stage) {
		dev.Soak, prod.AutoPromote, prod.Windows = time.Hour, true, []stage.Window{office()}
		prod.Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover, OtherThanRequester: true}
	}))
	deployed(t, b, "1")
	if runs := inProd(t, b); len(runs) != 0 {
		t.Fatalf("before it has soaked: %+v", runs)
	}
	h.pass(30 * time.Minute)
	second := deployed(t, b, "2")
	h.pass(30 * time.Minute)
	runs := inProd(t, b)
	if len(runs) != 1 || runs[0].Release.Version != "1" || runs[0].RequestedBy.Kind != kernel.ActorSystem || !strings.Contains(runs[0].Reason, "takes by itself") {
		t.Fatalf("the first has soaked: %+v", runs)
	}
	h.pass(30 * time.Minute)
	if runs = inProd(t, b); len(runs) != 2 || runs[0].Release != second.Release || runs[1].Status != run.Superseded {
		t.Fatalf("the second has: %+v", runs)
	}
	p := carry(t, b, runs[0])
	if _, err := b.Approve(runtest.As(runtest.Ada), runtest.Project, p.ID, p.Dossier, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("who brought the release to dev is the one who asks: %v", err)
	}
	_, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.Succeeded {
		t.Fatalf("%s: %+v", p.Status, p.Failure)
	}
	h.pass(24 * time.Hour)
	if runs = inProd(t, b); len(runs) != 2 {
		t.Errorf("nothing is newer: %+v", runs)
	}
}

func TestAnAutoPromotionWaitsForItsStageToOpen(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) { prod.AutoPromote, prod.Windows = true, []stage.Window{office()} }))
	h.pass(6 * time.Hour)
	deployed(t, b, "1")
	if runs := inProd(t, b); len(runs) != 0 {
		t.Fatalf("it is closed: %+v", runs)
	}
	h.pass(15 * time.Hour)
	if runs := inProd(t, b); len(runs) != 1 {
		t.Errorf("it is open: %+v", runs)
	}
}

func TestWhatFailedIsNotTriedAgainByItself(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, prod *stage.Stage) { prod.AutoPromote = true }))
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		return run.CheckResult{Check: in.Check.Name, Passed: !strings.Contains(in.URL, ".prod."), Message: "it is what it is"}
	}
	deployed(t, b, "1")
	runs := inProd(t, b)
	if len(runs) != 1 {
		t.Fatalf("%+v", runs)
	}
	if p := carry(t, b, runs[0]); p.Status != run.Failed {
		t.Fatalf("%s", p.Status)
	}
	deployed(t, b, "1") // verified once more
	if runs = inProd(t, b); len(runs) != 1 {
		t.Fatalf("it failed there: %+v", runs)
	}
	b.Verifies = nil
	if p, err := promote(b, run.ChangeRequest{}); err != nil || carry(t, b, p).Status != run.Succeeded {
		t.Fatalf("a person tries it again: %v", err)
	}
	deployed(t, b, "2")
	if runs = inProd(t, b); len(runs) != 3 || runs[0].Release.Version != "2" {
		t.Errorf("a newer one comes: %+v", runs)
	}
}

func TestWhatWasRolledBackDoesNotComeBackByItself(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, prod *stage.Stage) { prod.AutoPromote = true }))
	for i, version := range []string{"1", "2"} {
		deployed(t, b, version)
		if runs := inProd(t, b); len(runs) != i+1 || carry(t, b, runs[0]).Status != run.Succeeded {
			t.Fatalf("%+v", runs)
		}
	}
	back, err := b.Rollback(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "prod"})
	if err != nil || carry(t, b, back).Status != run.Succeeded {
		t.Fatalf("%v", err)
	}
	deployed(t, b, "2") // verified once more
	if runs := inProd(t, b); len(runs) != 3 {
		t.Errorf("the second was rolled back: %+v", runs)
	}
}

func TestWhatTheStageBeforeWentBackFromIsNotTakenByItself(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, prod *stage.Stage) { dev.Soak, prod.AutoPromote = time.Hour, true }))
	first := deployed(t, b, "1")
	deployed(t, b, "2")
	back, err := b.Rollback(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	if err != nil || carry(t, b, back).Status != run.Succeeded {
		t.Fatalf("%v", err)
	}
	h.pass(2 * time.Hour)
	runs := inProd(t, b)
	if len(runs) != 1 || runs[0].Release != first.Release {
		t.Fatalf("dev went back to the first: %+v", runs)
	}
	if p, err := promote(b, run.ChangeRequest{}); err != nil || p.Release != first.Release {
		t.Errorf("a person still decides: %+v, %v", p.Release, err)
	}
}

func TestAnApprovedReleaseIsTakenByItself(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(dev, prod *stage.Stage) { dev.Soak, prod.AutoPromote = time.Hour, true }))
	r := deployed(t, b, "1")
	if runs := inProd(t, b); len(runs) != 0 {
		t.Fatalf("%+v", runs)
	}
	_, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "now"})
	runtest.Must(t, err)
	if runs := inProd(t, b); len(runs) != 1 || runs[0].Initiator == nil || runs[0].Initiator.Name != "grace" {
		t.Errorf("%+v", runs)
	}
}

func TestAStageThatBeginsToPromoteFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(*stage.Stage, *stage.Stage) {}))
	deployed(t, b, "1")
	next := b.Restart(t, staged(t, noon(), func(_, prod *stage.Stage) { prod.AutoPromote = true })).Start(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- next.Promotions(ctx) }()
	for runs := inProd(t, next); len(runs) == 0; {
		runs = inProd(t, next)
	}
	stop()
	runtest.Must(t, <-done)
}
