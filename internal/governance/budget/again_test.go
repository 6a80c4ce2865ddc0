package budget_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestWhatIsAskedWhileARunIsAppliedLosesNothing: two approve a run at once, or its apply
// is resumed, and the gate is asked once more after the apply has begun.
func TestWhatIsAskedWhileARunIsAppliedLosesNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit   string
		dry     bool
		verdict int
		ends    budget.Step
	}{
		"it passes, and the apply ends half done":     {"100", false, 0, budget.Ended},
		"it is blocked, and the apply ends half done": {"50", false, 1, budget.Ended},
		"it is blocked, and the apply goes well":      {"50", false, 1, budget.Applied},
		"it is asked as a dry run":                    {"100", true, 0, budget.Ended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, b *bench) {
				c := adds("run_1", "orders", 10, 60)
				b.hold(t, c)
				b.follow(t, "run_1", budget.Applying)
				b.budget(t, budget.Budget{Level: budget.Block}, tt.limit)
				c.Dry = tt.dry
				if v := b.hold(t, c); len(v.Findings) != tt.verdict {
					t.Fatalf("%+v", v)
				}
				b.follow(t, "run_1", tt.ends)
				all, err := b.Monthly(ada(), acme)
				if err != nil || len(all) != 1 || all[0].Monthly.String() != "60.00" {
					t.Errorf("the ledger has %+v %v", all, err)
				}
			})
		})
	}
}

func (b *bench) follow(t *testing.T, run string, step budget.Step) {
	t.Helper()
	if err := b.Follow(ada(), run, step, false); err != nil {
		t.Fatal(err)
	}
}

// TestAReservationWhoseApplyHasBegunStaysSo holds what the store keeps of it.
func TestAReservationWhoseApplyHasBegunStaysSo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{budgetsql.Migrations()}, func(t *testing.T, d *db.DB) {
		store, ctx := budgetsql.NewStore(d), ada()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		r := budget.Reservation{Stack: budget.Stack{Scope: dev, Workload: "orders"}, Run: "run_1", Currency: "USD", After: amount(t, "10")}
		must(store.Reserve(ctx, r))
		if got, err := store.Reservation(ctx, "run_1"); err != nil || got.Applying {
			t.Fatalf("%+v %v", got, err)
		}
		must(store.Refuse(ctx, "run_1"))
		if _, err := store.Reservation(ctx, "run_1"); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("refused, and reserved: %v", err)
		}
		r.Applying = true
		must(store.Reserve(ctx, r))
		r.Applying, r.After = false, amount(t, "20")
		must(store.Reserve(ctx, r))
		must(store.Refuse(ctx, "run_1"))
		if got, err := store.Reservation(ctx, "run_1"); err != nil || !got.Applying || got.After.String() != "20.00" {
			t.Fatalf("%+v %v", got, err)
		}
		must(store.Release(ctx, "run_1"))
		if _, err := store.Reservation(ctx, "run_1"); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("released, and reserved: %v", err)
		}
	})
}
