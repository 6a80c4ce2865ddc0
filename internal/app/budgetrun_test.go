package app

import (
	"context"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// costly is the gate with a plan that adds something: nothing of the bench costs.
type costly struct{ budgetGate }

func (g costly) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	in.Plan = resized().Plan
	return g.budgetGate.Evaluate(ctx, in)
}

// following tells budgets of facts, as the journal of the platform does.
type following struct {
	run.Journal

	budgets *budget.Service
}

func (j following) Record(ctx context.Context, f kernel.Fact) error {
	if err := follow(ctx, j.budgets, f); err != nil {
		return err
	}
	return j.Journal.Record(ctx, f)
}

// waiting is a budget.Runs over the project of a bench.
type waiting struct{ *runtest.Bench }

func (w waiting) Reconsider(ctx context.Context, _, name, why string) error {
	return w.Service.Reconsider(ctx, runtest.Project, "", heldByBudget(name), why)
}

// TestABudgetThatIsRaisedLetsGoOfWhatItHeld: nobody has to override it then.
func TestABudgetThatIsRaisedLetsGoOfWhatItHeld(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, append(runtest.Migrations(), budgetsql.Migrations())...)
	gate := budgetingOn(t, d, "20", budget.Override, budget.Warn)
	b := runtest.New(t, d, func(deps *run.Deps) {
		deps.Gates, deps.Journal = []run.Gate{costly{gate}}, following{deps.Journal, gate.budgets}
	}).Start(t)
	gate.budgets.Runs = waiting{b}
	set := func(name, dollars string) {
		amount, _, err := focus.ParseAmount(dollars)
		runtest.Must(t, err)
		_, err = gate.budgets.Set(t.Context(), kernel.Scope{Tenant: "acme"}, budget.Budget{Name: name, Amount: amount, Level: budget.Override}, "it grew")
		runtest.Must(t, err)
	}
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	set("other", "500")
	if now := b.Now(t, r.ID); now.Dossier != r.Dossier {
		t.Errorf("another budget has it planned again: %s", now.StatusReason)
	}
	set("all", "500")
	if done := b.Await(t, r.ID, run.Succeeded); len(done.Overrides) != 0 {
		t.Errorf("it was overridden: %+v", done.Overrides)
	}
}

// TestABudgetHoldsARunUntilItIsOverridden follows a run from its gate to the ledger.
func TestABudgetHoldsARunUntilItIsOverridden(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, append(runtest.Migrations(), budgetsql.Migrations())...)
	gate := budgetingOn(t, d, "20", budget.Override, budget.Warn)
	b := runtest.New(t, d, func(deps *run.Deps) {
		deps.Gates, deps.Journal = []run.Gate{costly{gate}}, following{deps.Journal, gate.budgets}
	}).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	x, err := b.Explain(runtest.As(runtest.Grace), runtest.Project, r.ID)
	runtest.Must(t, err)
	if said := strings.Join(append(x.Details, x.Next...), "\n"); !strings.Contains(said, "rule budget-exceeded (soft-mandatory)") || !strings.Contains(said, "azurerm_managed_disk.a (+74.40)") || !strings.Contains(said, "--gate budget") {
		t.Errorf("explained as\n%s", said)
	}
	if all, err := gate.budgets.Monthly(t.Context(), runtest.Project); err != nil || len(all) != 0 {
		t.Errorf("what was not applied costs: %+v %v", all, err)
	}
	_, err = b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "budget", r.Dossier, "the launch")
	runtest.Must(t, err)
	b.Await(t, r.ID, run.Succeeded)
	all, err := gate.budgets.Monthly(t.Context(), runtest.Project)
	if err != nil || len(all) != 1 || all[0].Monthly.String() != "76.80" || all[0].Workload != r.Workload {
		t.Errorf("the ledger has %+v %v", all, err)
	}
}
