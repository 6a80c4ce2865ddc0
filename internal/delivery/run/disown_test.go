package run_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAReleaseStaysOutsideOnceWhoApprovedItIsKeptOut, until somebody who may
// approves it anew.
func TestAReleaseStaysOutsideOnceWhoApprovedItIsKeptOut(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(dev, prod *stage.Stage) {
		dev.Soak, prod.Approvals = time.Hour, stage.Approvals{Count: 1, Role: stage.RoleApprover}
	}))
	r := deployed(t, b, "1")
	word := run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "now"}
	_, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, word)
	runtest.Must(t, err)
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	p = carry(t, b, p)
	p, err = b.Approve(runtest.As(runtest.Ada), runtest.Project, p.ID, p.Dossier, "")
	runtest.Must(t, err)

	b.Gone[runtest.Grace.ID] = true
	x, err := b.ExplainRelease(runtest.As(runtest.Ada), runtest.Project, r.Release.ID, "prod")
	runtest.Must(t, err)
	if in := x.Stages[0]; len(in.Obstacles) != 1 || !strings.Contains(in.Why, "grace may not approve any more") {
		t.Errorf("the release is explained as %+v", in)
	}
	if details, next := told(t, b, p); !strings.Contains(details, "grace may not approve any more") || !strings.Contains(next, "terrace release approve") {
		t.Errorf("the run is explained as %s\n%s", details, next)
	}
	if p = carry(t, b, p); p.Status != run.Failed || !strings.Contains(p.Failure.Message, "grace may not approve any more") {
		t.Fatalf("%s: %+v", p.Status, p.Failure)
	}
	if _, err = promote(b, run.ChangeRequest{}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("it is promoted anew: %v", err)
	}

	_, err = b.ApproveRelease(runtest.As(runtest.Ada), runtest.Project, word)
	runtest.Must(t, err)
	if _, err = promote(b, run.ChangeRequest{}); err != nil {
		t.Errorf("another has approved it: %v", err)
	}
}

// TestAnOverrideByWhoIsKeptOutCarriesNothing, neither beside an approval nor to the apply.
func TestAnOverrideByWhoIsKeptOutCarriesNothing(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{Count: 1, Role: stage.RoleApprover}))
	r := carry(t, b, b.Deploy(t, "dev", "1"))
	override := func(by kernel.Actor) run.Run {
		t.Helper()
		r, err := b.Override(runtest.As(by), runtest.Project, r.ID, "policy", r.Dossier, "x")
		runtest.Must(t, err)
		return r
	}
	override(runtest.Grace)
	b.Gone[runtest.Grace.ID] = true
	r, err := b.Approve(runtest.As(runtest.Ada), runtest.Project, r.ID, r.Dossier, "")
	if runtest.Must(t, err); r.Status != run.AwaitingApproval {
		t.Fatalf("beside an approval: %s", r.Status)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
	if runtest.Must(t, err); !slices.Contains(x.Details, "the override of policy by grace counts no longer: grace may not override any more") {
		t.Errorf("explained as %v", x.Details)
	}

	delete(b.Gone, runtest.Grace.ID)
	if r = override(runtest.Grace); r.Status != run.Approved {
		t.Fatalf("overridden anew: %s", r.Status)
	}
	b.Gone[runtest.Grace.ID] = true
	r = carry(t, b, r)
	if r.Status != run.AwaitingApproval || !strings.Contains(r.StatusReason, "the override of policy by grace counts no longer, as they may not override any more") || timesTold(b, r) != 1 {
		t.Fatalf("%s because %q", r.Status, r.StatusReason)
	}
	if override(runtest.Ada); carry(t, b, r).Status != run.Succeeded {
		t.Errorf("another has overridden it: %+v", b.Now(t, r.ID))
	}
}
