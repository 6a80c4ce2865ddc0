package run_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// waived is a gate that holds a run while nobody is exempt, and a run.Exemptions of
// which the exemption ends when it is asked for it as often as lasts says.
type waived struct {
	exempt atomic.Bool
	lasts  atomic.Int64
}

func (*waived) Name() string { return "policy" }

func (g *waived) Evaluate(context.Context, run.GateInput) (run.GateResult, error) {
	f := run.Finding{Rule: "azure-x", Outcome: "violation", Level: "soft-mandatory", Address: "a.b", Message: "is wrong"}
	if !g.exempt.Load() {
		return run.GateResult{Level: run.SoftMandatory, Outcome: run.Missed, Message: "one finding", Findings: []run.Finding{f}}, nil
	}
	e := run.Exemption{ID: "exm_1", Reason: "it moves", RequestedBy: "dave", ApprovedBy: "grace", ExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	f.Outcome, f.Exemption = "exempted", &e
	return run.GateResult{Level: run.Advisory, Outcome: run.Passed, Findings: []run.Finding{f}, Exemptions: []run.Exemption{e}}, nil
}

func (g *waived) Lapsed(_ context.Context, scope kernel.Scope, ids []string) (string, error) {
	if len(ids) != 1 || ids[0] != "exm_1" || scope.Tenant == "" {
		return "", kernel.Errorf(kernel.Internal, "asked for %v of %v", ids, scope)
	}
	if g.lasts.Add(-1) >= 0 {
		return "", nil
	}
	g.exempt.Store(false)
	return "the exemption exm_1 is expired", nil
}

func exempting(t *testing.T, g *waived, approvals stage.Approvals) func(*run.Deps) {
	base := ruled(t, run.Advisory, approvals)
	return func(d *run.Deps) {
		base(d)
		d.Gates, d.Exemptions = []run.Gate{g}, g
	}
}

func TestAnExemptionThatComesLetsAHeldRunPass(t *testing.T) {
	t.Parallel()
	g := &waived{}
	g.lasts.Store(100)
	b := bench(t, exempting(t, g, stage.Approvals{})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	g.exempt.Store(true)
	reconsider := func(rule string) {
		err := b.Reconsider(runtest.As(runtest.Grace), r.Scope, "", func(f run.Finding) bool { return f.Rule == rule }, "grace approved an exemption")
		runtest.Must(t, err)
	}
	reconsider("azure-other")
	if still, err := b.Get(runtest.As(runtest.Grace), runtest.Project, r.ID); err != nil || still.Status != run.AwaitingApproval {
		t.Fatalf("an exemption that does not concern it: %s, %v", still.Status, err)
	}
	reconsider("azure-x")
	done := b.Await(t, r.ID, run.Succeeded)
	if g := done.Gates[0]; len(g.Exemptions) != 1 || g.Findings[0].Outcome != "exempted" {
		t.Errorf("%+v", g)
	}
	page, err := b.DossierPage(runtest.As(runtest.Grace), runtest.Project, r.ID, kernel.PageRequest{})
	runtest.Must(t, err)
	if e := page.Dossier.Gates[0].Findings[0].Exemption; e == nil || e.ApprovedBy != "grace" || e.Reason != "it moves" {
		t.Errorf("the dossier has %+v", e)
	}
	x, err := b.Explain(runtest.As(runtest.Grace), runtest.Project, r.ID)
	runtest.Must(t, err)
	if said := strings.Join(x.Details, "\n"); !strings.Contains(said, "exempted until 2026-12-01T00:00:00Z, as dave asked and grace approved: it moves") {
		t.Errorf("explained as\n%s", said)
	}
}

func TestAnExemptionThatEndsBeforeTheApplyHoldsTheRun(t *testing.T) {
	t.Parallel()
	g := &waived{}
	g.exempt.Store(true)
	b := bench(t, exempting(t, g, stage.Approvals{})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	if len(b.World.Resources(r.Stack)) != 0 || r.Gates[0].Outcome != run.Missed {
		t.Errorf("it was applied: %+v", r.Gates)
	}
}

func TestAnExemptionThatEndsBeforeTheApprovalHasThePlanMadeAgain(t *testing.T) {
	t.Parallel()
	g := &waived{}
	g.exempt.Store(true)
	b := bench(t, exempting(t, g, stage.Approvals{Count: 1, Role: "approver"})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	if _, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, ""); !kernel.Is(err, kernel.Stale) || !strings.Contains(err.Error(), "exm_1") {
		t.Fatalf("approved under an exemption that has ended: %v", err)
	}
	again := b.Await(t, r.ID, run.AwaitingApproval)
	if again.Dossier == r.Dossier || again.Gates[0].Outcome != run.Missed {
		t.Errorf("%+v", again.Gates)
	}
}

// An override is for the dossier that was looked at: after another plan it is void.
func TestAnOverrideIsVoidAfterAnotherPlan(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{Count: 1, Role: "approver"})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	if _, err := b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "the data was moved"); err != nil {
		t.Fatal(err)
	}
	b.World.Drift(r.Stack, "a.b", "changed")
	if _, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, ""); !kernel.Is(err, kernel.Stale) {
		t.Fatalf("the state has changed: %v", err)
	}
	again := b.Await(t, r.ID, run.AwaitingApproval)
	after, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, again.Dossier, "")
	if err != nil || after.Status != run.AwaitingApproval || len(after.Overrides) != 1 {
		t.Errorf("the override of another dossier counts: %s, %v", after.Status, err)
	}
}
