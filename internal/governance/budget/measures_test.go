package budget_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/budget"
)

func TestHowATenantIsBudgeted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, tt := range []struct {
			set                      budget.Budget
			whole, projects, holding float64
		}{
			{budget.Budget{}, 0, 0, 0},
			{budget.Budget{Name: "dev", Project: "shop", Stage: "dev"}, 0, 0, 1},
			{budget.Budget{Name: "shop", Project: "shop"}, 0, 50, 2},
			{budget.Budget{Name: "whole", Currency: "EUR"}, 1, 50, 2},
			{budget.Budget{Name: "whole", Currency: "EUR", Unpriced: budget.Block}, 1, 50, 3},
		} {
			if tt.set.Name != "" {
				b.budget(t, tt.set, "100")
			}
			m, err := b.Measures(ada(), "acme", []string{"shop", "blog"})
			if err != nil || m[budget.MeasureWhole] != tt.whole || m[budget.MeasureProjects] != tt.projects || m[budget.MeasureHolding] != tt.holding {
				t.Errorf("%+v: %v %v", tt.set, m, err)
			}
		}
	})
}
