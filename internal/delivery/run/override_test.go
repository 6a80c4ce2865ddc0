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
	less := -1.0
	return run.GateResult{
		Level: g.level, Outcome: run.Missed, Message: "one finding",
		Findings: []run.Finding{{
			Rule: "azure-x", Outcome: "violation", Level: "soft-mandatory", Severity: "high", Address: "a.b", Attribute: "c",
			Message: "is wrong", Fix: "mend it", Controls: []string{"mcsb:DP-3"},
		}},
		Cost: &run.Cost{Currency: "USD", Changes: []run.CostChange{{Address: "a.b", Before: 2, After: 1, Delta: &less}, {Address: "a.c", Before: 3, Unpriced: 1}}},
	}, nil
}

func ruled(t *testing.T, level run.Level, approvals stage.Approvals) func(*run.Deps) {
	return func(d *run.Deps) {
		set, err := stage.NewSet([]stage.Stage{{Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess, Approvals: approvals}})
		runtest.Must(t, err)
		d.Stages, d.Gates = set, []run.Gate{rule{level}}
	}
}

// other is a second gate.
type other struct{ rule }

func (other) Name() string { return "budget" }

// Of several gates that hold a run each is told with what overrides it.
func TestEveryGateThatHoldsIsTold(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{}), func(d *run.Deps) { d.Gates = append(d.Gates, other{rule{run.SoftMandatory}}) }).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	x, err := b.Explain(runtest.As(runtest.Grace), runtest.Project, r.ID)
	runtest.Must(t, err)
	for _, gate := range []string{"policy", "budget"} {
		if said := strings.Join(x.Next, "\n"); !strings.Contains(said, "terrace policy override "+r.ID+" --gate "+gate+" ") {
			t.Errorf("of %s nothing is told:\n%s", gate, said)
		}
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
	if said := strings.Join(append(x.Details, x.Next...), "\n"); !strings.Contains(said, "azure-x") || !strings.Contains(said, "mcsb:DP-3") || !strings.Contains(said, "a.b costs $1.00 a month, $2.00 now (-$1.00)") || !strings.Contains(said, "a.c costs $0.00 and 1 part without a price a month, $3.00 now (the difference is not known)") || !strings.Contains(said, "terrace policy override "+r.ID) {
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

// TestGatesJudgeAPlanThatChangesNothing: one rule for both levels. What is held needs the
// override alone, and nothing is changed by its apply.
func TestGatesJudgeAPlanThatChangesNothing(t *testing.T) {
	t.Parallel()
	g := &turning{}
	b := bench(t, ruled(t, run.Advisory, stage.Approvals{Count: 1, Role: stage.RoleApprover, OtherThanRequester: true}), func(d *run.Deps) { d.Gates = []run.Gate{g} })
	g.turn(run.Advisory)
	first := carry(t, b, b.Deploy(t, "dev", "1"))
	_, err := approve(b, first, runtest.Grace)
	runtest.Must(t, err)
	if first = carry(t, b, first); first.Status != run.Succeeded {
		t.Fatalf("it is %s: %+v", first.Status, first.Failure)
	}
	if same := carry(t, b, b.Deploy(t, "dev", "1")); same.Status != run.Succeeded || !same.Plan.Empty() {
		t.Fatalf("nothing holds it: %s, %+v", same.Status, same.Plan)
	}
	g.turn(run.HardMandatory, found("strict", run.HardMandatory))
	if ended := carry(t, b, b.Deploy(t, "dev", "1")); ended.Status != run.Failed || ended.Failure.Phase != "gates" {
		t.Errorf("hard-mandatory: %s", ended.Status)
	}
	g.turn(run.SoftMandatory, found("strict", run.SoftMandatory))
	held := carry(t, b, b.Deploy(t, "dev", "1"))
	if held.Status != run.AwaitingApproval || !held.Plan.Empty() || held.Required.Count != 0 || !strings.Contains(held.StatusReason, "the plan changes nothing, and what it leaves") {
		t.Fatalf("soft-mandatory: %s because %q, %+v", held.Status, held.StatusReason, held.Required)
	}
	_, err = b.Override(runtest.As(runtest.Ada), runtest.Project, held.ID, "policy", held.Dossier, "it is known")
	if !kernel.Is(err, kernel.Refused) {
		t.Errorf("who asked for it overrides it: %v", err)
	}
	_, err = b.Override(runtest.As(runtest.Grace), runtest.Project, held.ID, "policy", held.Dossier, "it is known")
	runtest.Must(t, err)
	if done := carry(t, b, held); done.Status != run.Succeeded || len(b.World.Applied) != 3 {
		t.Errorf("overridden: %s, applied %v", done.Status, b.World.Applied)
	}
}

// TestWhatWasAppliedUnderAnOverrideIsNotHeldAfterACrash: all of it is there already.
func TestWhatWasAppliedUnderAnOverrideIsNotHeldAfterACrash(t *testing.T) {
	t.Parallel()
	b := bench(t, ruled(t, run.SoftMandatory, stage.Approvals{}))
	r := carry(t, b, b.Deploy(t, "dev", "1"))
	_, err := b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "it is known")
	runtest.Must(t, err)
	crash(t, b, r.ID, "module.workload", func() { b.World.Drift(r.Stack, "module.workload", r.Release.ID) })
	next := b.Restart(t).Start(t)
	runtest.Must(t, next.Sweep(t.Context()))
	next.Await(t, r.ID, run.Succeeded)
}
