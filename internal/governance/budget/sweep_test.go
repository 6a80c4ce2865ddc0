package budget_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWhatIsReservedForARunThatHasEndedIsLetGo: it ended while its gate was asked, so that
// nothing was reserved yet when its end was told.
func TestWhatIsReservedForARunThatHasEndedIsLetGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Block}, "100")
		if err := b.Follow(ada(), "run_1", budget.Ended, false); err != nil {
			t.Fatal(err)
		}
		b.hold(t, adds("run_1", "orders", 0, 60))
		b.hold(t, adds("run_2", "bills", 0, 30))
		if v := b.hold(t, adds("run_3", "other", 0, 50)); v.Level() != budget.Block {
			t.Fatalf("it fits beside both: %+v", v)
		}
		b.ended = []string{"run_1"}
		if err := b.Sweep(ada()); err != nil {
			t.Fatal(err)
		}
		if v := b.hold(t, adds("run_3", "other", 0, 50)); len(v.Findings) != 0 {
			t.Errorf("what has ended is in the way: %+v", v.Findings)
		}
		if v := b.hold(t, adds("run_4", "more", 0, 50)); v.Level() != budget.Block {
			t.Errorf("what goes on is not counted: %+v", v)
		}
	})
}

func TestTheHistoryOfABudgetHasWhatItsReaderMaySee(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Name: "x", Project: "secret"}, "500")
		b.budget(t, budget.Budget{Name: "x", Project: "shop"}, "80")
		b.unseen = "secret"
		all, err := b.History(ada(), acme, "x", kernel.PageRequest{})
		if err != nil || len(all.Items) != 1 || all.Items[0].Project != "shop" {
			t.Errorf("%+v %v", all, err)
		}
		if all, err = b.History(ada(), acme, "x", kernel.PageRequest{Cursor: "2"}); err != nil || len(all.Items) != 0 {
			t.Errorf("the page after it: %+v %v", all, err)
		}
		b.unseen = "shop"
		if all, err = b.History(ada(), acme, "x", kernel.PageRequest{}); err != nil || len(all.Items) != 1 || all.Items[0].Project != "secret" {
			t.Errorf("%+v %v", all, err)
		}
		b.denied = "budget.read"
		if all, err = b.History(ada(), acme, "x", kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%+v %v", all, err)
		}
	})
}
