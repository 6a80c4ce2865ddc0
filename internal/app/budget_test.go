package app

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// anybody lets everybody do all, keeps no record, and knows of nothing deployed.
type anybody struct{}

func (anybody) Authorize(context.Context, string, kernel.Scope) error { return nil }
func (anybody) Record(context.Context, kernel.Fact) error             { return nil }
func (anybody) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

func (anybody) Underway(_ context.Context, runs []string) ([]string, error) {
	return runs, nil
}

func (anybody) Deployed(context.Context, string) ([]budget.Stack, error) {
	return nil, nil
}

// budgeting is a gate with one budget for the tenant acme.
func budgeting(t *testing.T, dollars string, level, unpriced budget.Level) budgetGate {
	t.Helper()
	return budgetingOn(t, dbtest.SQLite(t, budgetsql.Migrations()), dollars, level, unpriced)
}

func budgetingOn(t *testing.T, d *db.DB, dollars string, level, unpriced budget.Level) budgetGate {
	t.Helper()
	s := budget.New(budget.Config{Store: budgetsql.NewStore(d), Estate: anybody{}, Authorizer: anybody{}, Journal: anybody{}, Tx: d, Log: slog.New(slog.DiscardHandler)})
	amount, _, err := focus.ParseAmount(dollars)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Set(t.Context(), kernel.Scope{Tenant: "acme"}, budget.Budget{Name: "all", Amount: amount, Level: level, Unpriced: unpriced}, ""); err != nil {
		t.Fatal(err)
	}
	return budgetGate{s, costing(t, config.Config{}).costs}
}

func TestThePlanIsHeldAgainstBudgets(t *testing.T) {
	t.Parallel()
	for level, want := range map[budget.Level]run.Level{budget.Warn: run.Advisory, budget.Override: run.SoftMandatory, budget.Block: run.HardMandatory} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			r, err := budgeting(t, "20", level, budget.Warn).Evaluate(t.Context(), resized())
			if err != nil || r.Outcome != run.Missed || r.Level != want || len(r.Findings) != 1 {
				t.Fatalf("%+v %v", r, err)
			}
			f := r.Findings[0]
			if f.Rule != budget.RuleExceeded || f.Fix == "" || f.Budget == nil || f.Budget.Amount != 20 || f.Budget.Next != 76.8 || f.Budget.Delta == nil || *f.Budget.Delta != 74.4 || f.Budget.Scope != "tenant acme" {
				t.Fatalf("%+v, %+v", f, f.Budget)
			}
			if len(f.Budget.Largest) != 1 || f.Budget.Largest[0].Address != "azurerm_managed_disk.a" || (len(r.Problems) > 0) != (level != budget.Warn) {
				t.Errorf("%+v, %+v", f.Budget, r.Problems)
			}
		})
	}
}

func TestWhatHasNoPriceIsHeldAsTheBudgetSays(t *testing.T) {
	t.Parallel()
	g := budgeting(t, "2000", budget.Warn, budget.Block)
	r, err := g.Evaluate(t.Context(), resized(created("azurerm_orbital_spacecraft")))
	if err != nil || !r.Blocks() || !strings.Contains(r.Findings[0].Message, "azurerm_orbital_spacecraft.a has no price") {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := g.Evaluate(t.Context(), resized()); err != nil || r.Outcome != run.Passed || !strings.Contains(r.Message, "it fits in 1 budget") {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAPlanWithoutAnEstimatePassesNoBudget(t *testing.T) {
	t.Parallel()
	g := budgeting(t, "2000", budget.Warn, budget.Warn)
	g.costs.folders = []string{"/there/is/no/such/folder"}
	if r, err := g.Evaluate(t.Context(), resized()); err == nil {
		t.Errorf("%+v", r)
	}
}

// The gates that judge one plan share its estimate.
func TestAPlanIsEstimatedOnce(t *testing.T) {
	t.Parallel()
	c := costing(t, config.Config{}).costs
	in := resized()
	first, err := c.estimate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.estimate(t.Context(), in)
	if err != nil || first != second {
		t.Errorf("it was estimated again: %v", err)
	}
	if other, err := c.estimate(t.Context(), resized()); err != nil || other == first {
		t.Errorf("another plan has the same estimate: %v", err)
	}
}

// The fix of a run that a budget blocks is of that budget, whatever another one warns of.
func TestTheFixIsOfTheBudgetThatDecides(t *testing.T) {
	t.Parallel()
	g := budgeting(t, "30", budget.Warn, budget.Warn)
	amount, _, err := focus.ParseAmount("20")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.budgets.Set(t.Context(), kernel.Scope{Tenant: "acme"}, budget.Budget{Name: "the-hard-one", Amount: amount, Level: budget.Block}, ""); err != nil {
		t.Fatal(err)
	}
	if r, err := g.Evaluate(t.Context(), resized()); err != nil || !r.Blocks() || len(r.Findings) != 2 || !strings.Contains(r.Fix, "terrace budget show the-hard-one") {
		t.Errorf("%+v %v", r, err)
	}
}
