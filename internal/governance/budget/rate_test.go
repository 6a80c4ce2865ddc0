package budget_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func rates(t *testing.T, texts ...string) (all budget.Rates) {
	t.Helper()
	for _, text := range texts {
		r, err := budget.ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func TestWhatIsNoRateIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "USD/EUR", "USD/EUR=0.92", "USD/EUR=0@2026-11-01", "USD/EUR=-1@2026-11-01", "USD/EUR=NaN@2026-11-01", "USD/EUR=Inf@2026-11-01", "USD/EUR=1e300@2026-11-01",
		"USD/EUR=1e-300@2026-11-01", "USD/XXY=1@2026-11-01", "USD/USD=1@2026-11-01", "USD=1@2026-11-01", "USD/EUR=0,92@2026-11-01", "USD/EUR=0.92@2026-02-30", "USD/EUR=0.92@now",
	} {
		if r, err := budget.ParseRate(text); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%q: %v %v", text, r, err)
		}
	}
	if r := rates(t, "usd/eur=0.92@2026-11-01")[0]; r.String() != "1 USD = 0.92 EUR since 2026-11-01" {
		t.Errorf("%s", r)
	}
}

func TestTheNewestRateThatHasBegunCounts(t *testing.T) {
	t.Parallel()
	all := rates(t, "USD/EUR=0.92@2026-11-01", "EUR/USD=1.25@2026-11-10", "USD/EUR=0.5@2026-12-01", "USD/GBP=0.8@2026-01-01")
	for at, want := range map[int]string{1: "1 USD = 0.92 EUR since 2026-11-01", 9: "1 USD = 0.92 EUR since 2026-11-01", 10: "1 EUR = 1.25 USD since 2026-11-10", 30: "1 EUR = 1.25 USD since 2026-11-10"} {
		if r, ok := all.Between("USD", "EUR", day(at)); !ok || r.String() != want {
			t.Errorf("on the %d.: %s %v", at, r, ok)
		}
	}
	if _, ok := all.Between("USD", "EUR", time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)); ok {
		t.Error("a rate counts before its day")
	}
	if _, ok := all.Between("GBP", "EUR", day(1)); ok {
		t.Error("a rate of two others")
	}
}

// A budget in another currency is held against at the rate that is set, and says it.
func TestABudgetInAnotherCurrencyIsHeldAgainstAtItsRate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.Rates = rates(t, "USD/EUR=0.5@2026-11-01")
		b.budget(t, budget.Budget{Currency: "eur", Level: budget.Block}, "100")
		b.runs(t, "orders", day(1), 120)
		if v := b.hold(t, adds("run_1", "parcels", 0, 70)); len(v.Findings) != 0 {
			t.Errorf("120 and 70 dollars are 95 euros: %+v", v)
		}
		if err := b.Follow(ada(), "run_1", budget.Ended, false); err != nil {
			t.Fatal(err)
		}
		v := b.hold(t, adds("run_2", "parcels", 0, 90))
		if v.Level() != budget.Block || len(v.Findings) != 1 || v.Findings[0].Next.String() != "105.00" || v.Findings[0].Delta.String() != "45.00" ||
			!strings.Contains(v.Findings[0].Message, "; at 1 USD = 0.5 EUR since 2026-11-01") || v.Findings[0].Largest[0].Delta != 45 {
			t.Errorf("%+v", v)
		}
		b.paid["2026-11"] = focus.Paid{Until: "2026-11-10", Lines: []focus.Line{{Currency: "USD", Total: amount(t, "30")}, {Currency: "EUR", Total: amount(t, "5")}, {Currency: "GBP", Total: amount(t, "7")}}}
		st, err := b.Get(ada(), acme, "all")
		if err != nil || st.Currency != "EUR" || st.Forecast.Paid.String() != "20.00" || st.Forecast.Used.String() != "30.00" || len(st.Forecast.Rates) != 1 {
			t.Errorf("%+v %v", st, err)
		}
		if gaps := strings.Join(st.Forecast.Gaps, "\n"); !strings.Contains(gaps, "7.00 GBP were paid") || strings.Contains(gaps, "estimated in USD") {
			t.Errorf("%s", gaps)
		}
	})
}

// Without a rate it is told when the budget is set, and each time that it is shown;
// the fix names what helps.
func TestABudgetThatCannotBeHeldAgainstSaysSo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.Rates = rates(t, "USD/EUR=0.5@2026-12-01")
		set := b.budget(t, budget.Budget{Currency: "EUR", Level: budget.Block}, "100")
		if doubts := b.Doubts(set); len(doubts) != 1 || !strings.Contains(doubts[0], "there is no rate from it to EUR") || !strings.Contains(doubts[0], "the level is warn") {
			t.Errorf("%q", doubts)
		}
		if st, err := b.Get(ada(), acme, "all"); err != nil || len(st.Forecast.Gaps) != 1 {
			t.Errorf("%+v %v", st, err)
		}
		v := b.hold(t, adds("run_1", "orders", 0, 5))
		if len(v.Findings) != 1 || !strings.Contains(v.Findings[0].Fix, "currencyRates") || !strings.Contains(v.Findings[0].Fix, "terrace budget set all --currency USD") || strings.Contains(v.Findings[0].Fix, "--unpriced warn") {
			t.Errorf("%+v", v)
		}
		b.set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		if doubts := b.Doubts(set); len(doubts) != 0 {
			t.Errorf("%q", doubts)
		}
		if doubts := b.Doubts(budget.Budget{Currency: "USD"}); len(doubts) != 0 {
			t.Errorf("%q", doubts)
		}
	})
}

// What runs the whole month at one rate costs the month's figure, whenever it is asked:
// at its ends, in short and in long months, and where clocks are put forward or back.
func TestAForecastOfAWholeMonthIsTheMonthsFigure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for name, zone := range map[string]string{"utc": "UTC", "berlin": "Europe/Berlin", "auckland": "Pacific/Auckland", "chatham": "Pacific/Chatham"} {
			b.budget(t, budget.Budget{Name: name, Zone: zone}, "100")
		}
		b.set(time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC))
		b.runs(t, "orders", time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC), 60)
		for _, at := range []time.Time{
			time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), time.Date(2027, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 11, 30, 23, 59, 59, 999999999, time.UTC),
			time.Date(2027, 12, 31, 12, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC), time.Date(2028, 3, 26, 1, 0, 0, 0, time.UTC),
			time.Date(2027, 9, 1, 0, 0, 0, 0, time.UTC), // the clock goes back, and nothing was decided meanwhile
		} {
			b.set(at)
			all, err := b.List(ada(), acme, kernel.PageRequest{})
			if err != nil || len(all.Items) != 4 {
				t.Fatalf("%d budgets, %v", len(all.Items), err)
			}
			for _, st := range all.Items {
				f := st.Forecast
				if f.Forecast.Cents() != "60.00" || f.Used.Add(f.Rest).Cents() != "60.00" || f.Next.Cents() != "60.00" || f.Rest.Sign() < 0 || at.Before(f.From) || !at.Before(f.To) {
					t.Errorf("%s at %s: %+v", st.Name, at, f)
				}
			}
		}
	})
}
