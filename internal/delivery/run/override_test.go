package run_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// rule is a gate that finds something, at its level.
type rule struct{ level run.Level }

func (rule) Name() string { return "policy" }

func (g rule) Evaluate(context.Context, run.GateInput) (run.GateResult, error) {
	return run.GateResult{
		Level: g.level, Outcome: run.Missed, Message: "one finding",
		Findings: []run.Finding{{
			Rule: "azure-x", Outcome: "violation", Level: "soft-mandatory", Severity: "high", Address: "a.b", Attribute: "c",
			Message: "is wrong", Fix: "mend it", Controls: []string{"mcsb:DP-3"},
		}},
		Cost: &run.Cost{Currency: "USD", Changes: []run.CostChange{{Address: "a.b", Before: 2, After: 1, Delta: -1}}},
	}, nil
}

func ruled(t *testing.T, level run.Level, approvals stage.Approvals) func(*run.Deps) {
	return func(d *run.Deps) {
		set, err := stage.NewSet([]stage.Stage{{Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess, Approvals: approvals}})
		runtest.Must(t, err)
		d.Stages, d.Gates = set, []run.Gate{rule{level}}
	}
}

func TestASoftMandatoryGateHoldsARunUntilItIsOverridden(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	if len(b.World.Resources(r.Stack)) != 0 {
		t.Fatal("it was applied")
	}
	page, err := b.DossierPage(runtest.As(runtest.Grace), runtest.Project, r.ID, kernel.PageRequest{})
	runtest.Must(t, err)
	if f := page.Dossier.Gates[0].Findings; len(f) != 1 || f[0].Rule != "azure-x" || f[0].Attribute != "c" || f[0].Fix == "" || len(f[0].Controls) != 1 {
		t.Errorf("the dossier has %+v", f)
	}
	x, err := b.Explain(runtest.As(runtest.Grace), runtest.Project, r.ID)
	runtest.Must(t, err)
	if said := strings.Join(append(x.Details, x.Next...), "\n"); !strings.Contains(said, "azure-x") || !strings.Contains(said, "mcsb:DP-3") || !strings.Contains(said, "a.b costs $1.00 a month, $2.00 now (-$1.00)") || !strings.Contains(said, "terrace policy override "+r.ID) {
		t.Errorf("explained as\n%s", said)
	}
	robot := kernel.Actor{ID: "run_1", Name: "robot", Kind: kernel.ActorRun, Tenant: "acme"}
	for _, step := range []struct {
		name   string
		actor  kernel.Actor
		gate   string
		digest kernel.Digest
		reason string
		kind   kernel.Kind
	}{
		{"a program has no word", robot, "policy", r.Dossier, "x", kernel.Denied},
		{"no reason", runtest.Grace, "policy", r.Dossier, " ", kernel.Invalid},
		{"another dossier", runtest.Grace, "policy", "sha256:0000000000000000", "x", kernel.Stale},
		{"another gate", runtest.Grace, "tags", r.Dossier, "x", kernel.Conflict},
		{"an override", runtest.Grace, "policy", r.Dossier, "the data was moved", ""},
	} {
		_, err := b.Override(runtest.As(step.actor), runtest.Project, r.ID, step.gate, step.digest, step.reason)
		if kernel.KindOf(err) != step.kind {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	done := b.Await(t, r.ID, run.Succeeded)
	if len(done.Overrides) != 1 || done.Overrides[0].Reason != "the data was moved" || len(b.World.Resources(r.Stack)) == 0 {
		t.Errorf("%+v", done.Overrides)
	}
}

func TestAnOverrideNeedsTheRole(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	b.Denied["policy.override"] = true
	if _, err := b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "x"); !kernel.Is(err, kernel.Denied) {
		t.Errorf("got %v", err)
	}
}

func TestWhoAskedForARunDoesNotOverrideItWhereAnotherHasTo(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{Count: 1, Role: "approver", OtherThanRequester: true})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	if _, err := b.Override(runtest.As(runtest.Ada), runtest.Project, r.ID, "policy", r.Dossier, "x"); !kernel.Is(err, kernel.Refused) {
		t.Errorf("who asked overrides it: %v", err)
	}
	if _, err := b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "x"); err != nil {
		t.Errorf("another overrides it: %v", err)
	}
}

func TestApprovalsAndAnOverrideAreBothNeeded(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{Count: 1, Role: "approver"})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	after, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	if err != nil || after.Status != run.AwaitingApproval {
		t.Fatalf("after the approval it is %s, %v", after.Status, err)
	}
	after, err = b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "x")
	if err != nil || after.Status != run.Approved {
		t.Fatalf("after the override it is %s, %v", after.Status, err)
	}
	b.Await(t, r.ID, run.Succeeded)
}

func TestAHardMandatoryGateCannotBeOverridden(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.HardMandatory, stage.Approvals{})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Failed)
	if _, err := b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "x"); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestAnAdvisoryGateLetsItPass(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.Advisory, stage.Approvals{})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	if len(r.Gates[0].Findings) != 1 {
		t.Errorf("%+v", r.Gates)
	}
}
