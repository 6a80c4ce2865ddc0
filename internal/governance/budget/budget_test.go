package budget_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func day(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }

func TestABudgetIsSetChangedAndDeletedAndItsHistoryStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		first := b.budget(t, budget.Budget{Name: "shop", Project: "shop"}, "500")
		if first.Revision != 1 || first.Currency != "USD" || first.Zone != "UTC" || first.Level != budget.Warn || !slices.Equal(first.Thresholds, []int{50, 80, 100}) {
			t.Errorf("%+v", first)
		}
		if second := b.budget(t, budget.Budget{Name: "shop", Project: "shop", Level: budget.Block}, "80.25"); second.Revision != 2 {
			t.Errorf("%+v", second)
		}
		if err := b.Delete(ada(), acme, "shop", "over"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get(ada(), acme, "shop"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("deleted, and there: %v", err)
		}
		if again := b.budget(t, budget.Budget{Name: "shop"}, "1"); again.Revision != 4 {
			t.Errorf("%+v", again)
		}
		page, err := b.History(ada(), acme, "shop", kernel.PageRequest{})
		if all := page.Items; err != nil || page.Next != "" || len(all) != 4 || !all[1].Deleted || all[1].Reason != "over" || all[2].Amount.String() != "80.25" {
			t.Errorf("%+v %v", page, err)
		}
		page, err = b.History(ada(), acme, "shop", kernel.PageRequest{Limit: 2, Cursor: "4"})
		if err != nil || len(page.Items) != 2 || page.Items[0].Revision != 3 || page.Next != "2" {
			t.Errorf("the page after the newest: %+v %v", page, err)
		}
		if _, err := b.History(ada(), acme, "shop", kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("no cursor: %v", err)
		}
		if told := b.told(); told["budget.set"] != 3 || told["budget.deleted"] != 1 {
			t.Errorf("told %v", told)
		}
	})
}

func TestWhatIsNoBudgetIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for path, in := range map[string]budget.Budget{
			"name": {Name: "No Name"}, "currency": {Currency: "XXY"}, "zone": {Zone: "Mars/Base"}, "level": {Level: "maybe"},
			"unpriced": {Unpriced: "off"}, "thresholds": {Thresholds: []int{0}}, "stage": {Stage: "../dev"},
		} {
			in.Amount = amount(t, "1")
			if in.Name == "" {
				in.Name = "all"
			}
			_, err := b.Set(ada(), acme, in, "")
			known, _ := errors.AsType[*kernel.Error](err)
			if known == nil || known.Kind != kernel.Invalid || len(known.Problems) != 1 || known.Problems[0].Path != path || known.Problems[0].Fix == "" {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, err := b.Set(ada(), acme, budget.Budget{Name: "all", Stage: "nope", Amount: amount(t, "1")}, ""); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a stage that there is not: %v", err)
		}
		if _, err := b.Set(ada(), acme, budget.Budget{Name: "all"}, ""); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("no amount: %v", err)
		}
		b.budget(t, budget.Budget{}, "1")
		b.denied = "budget.set"
		if _, err := b.Set(ada(), acme, budget.Budget{Name: "x", Amount: amount(t, "1")}, ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
		if err := b.Delete(ada(), acme, "all", ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
		if err := b.AcceptClock(ada(), acme, ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
		b.denied = "budget.read"
		if all, err := b.List(ada(), acme, kernel.PageRequest{}); err != nil || len(all.Items) != 0 {
			t.Errorf("%v %v", all, err)
		}
	})
}

// A list of budgets has pages, in which who reads it finds what they may read.
func TestListsOfBudgetsHavePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, name := range []string{"a-b", "ab", "a-c", "secret", "secret-1", "secret-2", "secret-3", "z"} {
			in := budget.Budget{Name: name}
			if strings.HasPrefix(name, "secret") {
				in.Project = "secret"
			}
			b.budget(t, in, "1")
		}
		b.unseen = "secret"
		var names []string
		for cursor, pages := "", 1; ; pages++ {
			page, err := b.List(ada(), acme, kernel.PageRequest{Limit: 2, Cursor: cursor})
			if err != nil || len(page.Items) > 2 || pages > 2 {
				t.Fatalf("page %d: %+v %v", pages, page, err)
			}
			for _, st := range page.Items {
				names = append(names, st.Name)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if got := strings.Join(names, " "); got != "a-b a-c ab z" {
			t.Errorf("got %s", got)
		}
	})
}

func TestARunThatWouldExceedABudgetIsHeldAsItIsSet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.runs(t, "orders", day(1), 60)
		for level, want := range map[budget.Level]int{budget.Warn: 1, budget.Override: 1, budget.Block: 1} {
			b.budget(t, budget.Budget{Level: level}, "100")
			v := b.hold(t, adds("run_x", "parcels", 0, 80))
			if len(v.Findings) != want || v.Level() != level || v.Findings[0].Rule != budget.RuleExceeded {
				t.Fatalf("%s: %+v", level, v)
			}
			f := v.Findings[0]
			// Half of the month is over: 30 were used, 30 and 40 are to come; a whole month is 140.
			if f.Used.String() != "30.00" || f.Forecast.String() != "100.00" || f.Next.String() != "140.00" || f.Delta.String() != "80.00" || f.Confidence != budget.EstimateOnly {
				t.Errorf("%s: %+v", level, f)
			}
			if !strings.Contains(f.Message, "azurerm_managed_disk.a (+80.00)") || f.Fix == "" {
				t.Errorf("%q, fix %q", f.Message, f.Fix)
			}
		}
		if v := b.hold(t, adds("run_y", "parcels", 0, 40)); len(v.Findings) != 0 || v.Budgets != 1 {
			t.Errorf("it fits: %+v", v)
		}
	})
}

func TestAllBudgetsUpTheScopesCountAndNoOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for name, in := range map[string]budget.Budget{
			"tenant": {}, "project": {Project: "shop"}, "stage": {Stage: "dev"}, "workload": {Project: "shop", Stage: "dev", Workload: "orders"},
			"other-project": {Project: "blog"}, "other-stage": {Stage: "prod"}, "other-workload": {Workload: "parcels"},
		} {
			in.Name = name
			b.budget(t, in, "10")
		}
		v := b.hold(t, adds("run_1", "orders", 0, 11))
		var names []string
		for _, f := range v.Findings {
			names = append(names, f.Budget.Name)
		}
		if slices.Sort(names); v.Budgets != 4 || !slices.Equal(names, []string{"project", "stage", "tenant", "workload"}) {
			t.Errorf("%d: %v", v.Budgets, names)
		}
	})
}

func TestWhatAddsNothingPassesABudgetThatIsExceeded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.runs(t, "orders", day(1), 60)
		b.budget(t, budget.Budget{Level: budget.Block}, "10")
		smaller := adds("run_1", "orders", 60, 50)
		gone := adds("run_2", "orders", 60, 0)
		gone.Destroys, gone.Unpriced = true, []string{"a.b"}
		for _, c := range []budget.Change{smaller, gone, adds("run_3", "orders", 60, 60)} {
			if v := b.hold(t, c); len(v.Findings) != 0 {
				t.Errorf("%s: %+v", c.Run, v)
			}
		}
	})
}

func TestTwoRunsThatFitAloneDoNotFitTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Block}, "100")
		verdicts := make([]budget.Verdict, 8)
		var all sync.WaitGroup
		for i := range verdicts {
			all.Go(func() {
				v, err := b.Hold(ada(), adds("run_"+string(rune('a'+i)), "w"+string(rune('a'+i)), 0, 60))
				if err != nil {
					t.Error(err)
				}
				verdicts[i] = v
			})
		}
		all.Wait()
		passed := 0
		for _, v := range verdicts {
			if len(v.Findings) == 0 {
				passed++
			}
		}
		if passed != 1 {
			t.Errorf("%d runs passed", passed)
		}
	})
}

// What a budget holds, blocked or waiting for an override, keeps no room from a run that
// fits; once it was overridden, or its apply has begun, it does.
func TestARunThatIsHeldKeepsNoRoomFromOthers(t *testing.T) {
	t.Parallel()
	for _, level := range []budget.Level{budget.Override, budget.Block} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, b *bench) {
				b.budget(t, budget.Budget{Level: level}, "100")
				large, fits := adds("run_1", "orders", 0, 120), adds("run_2", "parcels", 0, 60)
				if v := b.hold(t, large); v.Level() != level || len(v.Findings) != 1 {
					t.Fatalf("%+v", v)
				}
				fits.Dry = true
				if v := b.hold(t, fits); len(v.Findings) != 0 {
					t.Errorf("what fits is held for one that is: %+v", v)
				}
				st, err := b.Get(ada(), acme, "all")
				if err != nil || st.Forecast.Reserved.Sign() != 0 {
					t.Errorf("reserved is %+v %v", st, err)
				}
			})
		})
	}
}

// Of two runs that a budget holds and that are let go at once, by more money or by an
// override of each, the second is held for what both of them cost.
func TestTwoHeldRunsThatAreLetGoAtOnceDoNotBothPass(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		amount     string
		overridden bool
		// want is what a whole month is told to cost to the one and to the other, "" for nothing.
		want []string
	}{
		"by more money":     {"150", false, []string{"", "240.00"}},
		"by their override": {"100", true, []string{"120.00", "240.00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, b *bench) {
				b.budget(t, budget.Budget{Level: budget.Override}, "100")
				runs := []budget.Change{adds("run_1", "orders", 0, 120), adds("run_2", "parcels", 0, 120)}
				for _, c := range runs {
					b.hold(t, c)
				}
				b.budget(t, budget.Budget{Level: budget.Override}, tt.amount)
				got := make([]string, len(runs))
				var both sync.WaitGroup
				for i, c := range runs {
					c.Overridden = tt.overridden
					both.Go(func() {
						v, err := b.Hold(ada(), c)
						if err != nil {
							t.Error(err)
						}
						for _, f := range v.Findings {
							got[i] = f.Next.String()
						}
					})
				}
				both.Wait()
				if slices.Sort(got); !slices.Equal(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestARunThatWasOverriddenOrIsAppliedKeepsItsRoom(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Override}, "100")
		large, fits := adds("run_1", "orders", 0, 120), adds("run_2", "parcels", 0, 60)
		fits.Dry, large.Overridden = true, true
		b.hold(t, large)
		if v := b.hold(t, fits); len(v.Findings) != 1 {
			t.Errorf("what was overridden is not counted: %+v", v)
		}
		large.Overridden = false
		b.hold(t, large)
		b.follow(t, "run_1", budget.Applying)
		if v := b.hold(t, fits); len(v.Findings) != 1 {
			t.Errorf("what is being applied is not counted: %+v", v)
		}
		b.follow(t, "run_1", budget.Applied)
		if all, err := b.Monthly(ada(), acme); err != nil || len(all) != 1 || all[0].Monthly.String() != "120.00" {
			t.Errorf("the ledger has %+v %v", all, err)
		}
	})
}

// What was estimated in a month is what ran in it, each figure by its days, whatever runs
// today; what runs now goes on.
func TestEstimatesOfAMonthAreOfWhatRanInIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.runs(t, "orders", time.Date(2026, 9, 11, 0, 0, 0, 0, time.UTC), 30)
		b.runs(t, "orders", time.Date(2026, 10, 11, 0, 0, 0, 0, time.UTC), 62)
		b.runs(t, "parcels", day(16), 300)
		for name, c := range map[string]struct {
			from, to time.Time
			want     string
		}{
			"August":               {time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), ""},
			"September, 20 of 30":  {time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), "orders 20.00"},
			"October, 10 and 21":   {time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), day(1), "orders 9.68 orders 42.00"},
			"November, as it runs": {day(1), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), "orders 62.00 parcels 150.00"},
			"its first days":       {day(1), day(16), "orders 31.00"},
			"its last days":        {day(16), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), "orders 31.00 parcels 150.00"},
		} {
			all, err := b.Estimated(ada(), acme, c.from, c.to)
			var got []string
			for _, e := range all {
				got = append(got, e.Workload, e.Cost.Cents())
			}
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v %v, want %s", name, got, err, c.want)
			}
		}
	})
}

func TestAFigureLargerThanAnyAmountIsHeldAndCanBeReadAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Override}, "100")
		for run, after := range map[string]float64{"run_1": 1e300, "run_2": math.Inf(1), "run_3": math.NaN(), "run_4": 1e15} {
			c := adds(run, run, 0, after)
			c.Overridden = true
			if v := b.hold(t, c); len(v.Findings) != 1 {
				t.Errorf("%v: %+v", after, v)
			}
		}
		if v := b.hold(t, adds("run_5", "parcels", 0, 1)); len(v.Findings) != 1 {
			t.Errorf("what is reserved is read as it was written: %+v", v)
		}
		if _, err := b.Get(ada(), acme, "all"); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatEndedIsReservedNoLonger(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Block}, "100")
		b.hold(t, adds("run_1", "orders", 0, 60))
		second := adds("run_2", "parcels", 0, 60)
		if v := b.hold(t, second); len(v.Findings) != 1 {
			t.Fatalf("%+v", v)
		}
		if err := b.Follow(ada(), "run_1", budget.Ended, false); err != nil {
			t.Fatal(err)
		}
		dry := second
		dry.Dry = true
		if v := b.hold(t, dry); len(v.Findings) != 0 {
			t.Errorf("%+v", v)
		}
		if v := b.hold(t, adds("run_3", "orders", 0, 60)); len(v.Findings) != 0 {
			t.Errorf("a dry run reserved something: %+v", v)
		}
	})
}

func TestAnApplyThatEndsHalfDoneCostsTheLargerFigure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.hold(t, adds("run_1", "orders", 10, 60))
		for _, step := range []budget.Step{budget.Applying, budget.Ended} {
			if err := b.Follow(ada(), "run_1", step, false); err != nil {
				t.Fatal(err)
			}
		}
		all, err := b.Monthly(ada(), acme)
		if err != nil || len(all) != 1 || all[0].Monthly.String() != "60.00" {
			t.Errorf("%+v %v", all, err)
		}
		b.hold(t, adds("run_2", "orders", 60, 0))
		if err := b.Follow(ada(), "run_2", budget.Applied, true); err != nil {
			t.Fatal(err)
		}
		if all, err = b.Monthly(ada(), acme); err != nil || len(all) != 0 {
			t.Errorf("what was destroyed costs: %+v %v", all, err)
		}
	})
}

func TestWhatCannotBeToldIsFlaggedAsItIsSet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Block, Unpriced: budget.Override}, "100")
		unpriced := adds("run_1", "orders", 5, 5)
		unpriced.Unpriced = []string{"azurerm_orbital_spacecraft.a"}
		euros := adds("run_2", "parcels", 0, 5)
		euros.Currency = "EUR"
		for want, c := range map[string]budget.Change{"azurerm_orbital_spacecraft.a has no price": unpriced, "the run adds 5.00 EUR a month, the budget is in USD": euros} {
			v := b.hold(t, c)
			if len(v.Findings) != 1 || v.Level() != budget.Override || !strings.Contains(v.Findings[0].Message, want) || v.Findings[0].Fix == "" {
				t.Errorf("%s: %+v", want, v)
			}
			if err := b.Follow(ada(), c.Run, budget.Ended, false); err != nil {
				t.Fatal(err)
			}
		}
		b.deployed = []budget.Stack{{Scope: dev, Workload: "old"}}
		if v := b.hold(t, adds("run_3", "orders", 0, 5)); len(v.Findings) != 1 || !strings.Contains(v.Findings[0].Message, "acme/shop/old/dev runs and was never estimated") {
			t.Errorf("%+v", v)
		}
		b.paid["2026-11"] = focus.Paid{Until: "2026-11-10", Lines: []focus.Line{{Currency: "EUR", Total: amount(t, "7")}}}
		if v := b.hold(t, adds("run_3", "orders", 0, 5)); len(v.Findings) != 2 || !strings.Contains(v.Findings[0].Message+v.Findings[1].Message, "7.00 EUR were paid") {
			t.Errorf("%+v", v)
		}
	})
}

func TestAClockThatGoesBackOpensNoFormerMonth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Level: budget.Override}, "100")
		b.runs(t, "orders", day(1), 60)
		b.hold(t, adds("run_1", "orders", 60, 60))
		b.set(time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC))
		v := b.hold(t, adds("run_2", "parcels", 0, 10))
		if !slices.Equal(rules(v), []string{budget.RuleClock}) || v.Level() != budget.Override || v.Findings[0].Used.String() != "30.00" {
			t.Fatalf("%+v", v)
		}
		if st, err := b.Get(ada(), acme, "all"); err != nil || st.Forecast.Month != "2026-11" || len(st.Forecast.Gaps) != 1 {
			t.Errorf("%+v %v", st, err)
		}
		// Within the month, the later moment counts, and nothing is wrong.
		b.set(day(15))
		if v := b.hold(t, adds("run_2", "parcels", 0, 10)); len(v.Findings) != 0 {
			t.Errorf("%+v", v)
		}
		b.set(time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC))
		if err := b.AcceptClock(ada(), acme, "it was ahead"); err != nil {
			t.Fatal(err)
		}
		if v := b.hold(t, adds("run_2", "parcels", 0, 10)); len(v.Findings) != 0 {
			t.Errorf("accepted: %+v", v)
		}
	})
}

func TestAForecastBeginsWithWhatWasPaid(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Name: "shop", Project: "shop"}, "100")
		b.runs(t, "orders", time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), 60)
		b.runs(t, "orders", day(11), 30)
		b.hold(t, adds("run_2", "parcels", 0, 60)) // is on its way
		get := func() budget.Forecast {
			st, err := b.Get(ada(), acme, "shop")
			if err != nil {
				t.Fatal(err)
			}
			return st.Forecast
		}
		// 10 days of 60, 5 of 30, 15 of 30 to come.
		f := get()
		if f.Confidence != budget.EstimateOnly || f.Used.String() != "25.00" || f.Rest.String() != "15.00" || f.Reserved.String() != "30.00" || f.Forecast.String() != "70.00" || f.Next.String() != "90.00" || f.ForecastPercent != 70 || f.NextPercent != 90 {
			t.Errorf("%+v", f)
		}
		mine, others := focus.Labels{Project: "shop", Stage: "dev"}, focus.Labels{Project: "blog"}
		b.paid["2026-11"] = focus.Paid{Until: "2026-11-10", Lines: []focus.Line{
			{Labels: mine, Currency: "USD", Total: amount(t, "33.10")}, {Labels: others, Currency: "USD", Total: amount(t, "500")},
		}}
		f = get()
		if f.Confidence != budget.PaidAndEstimated || f.PaidUntil != "2026-11-10" || f.Paid.String() != "33.10" || f.Used.String() != "38.10" || f.Forecast.String() != "83.10" {
			t.Errorf("%+v", f)
		}
		// What was paid is nobody's by its tags: estimates count, and it is said.
		b.paid["2026-11"] = focus.Paid{Until: "2026-11-10", Lines: []focus.Line{{Labels: others, Currency: "USD", Total: amount(t, "500")}}}
		if f = get(); f.Confidence != budget.EstimateOnly || f.Used.String() != "25.00" || len(f.Gaps) != 1 {
			t.Errorf("%+v", f)
		}
	})
}

func TestTheMonthIsThatOfTheBudgetsZone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{Zone: "Pacific/Auckland"}, "100")
		b.set(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)) // the 1st of December there
		st, err := b.Get(ada(), acme, "all")
		if err != nil || st.Forecast.Month != "2026-12" || !st.Forecast.From.Equal(time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v %v", st.Forecast, err)
		}
	})
}

func TestThresholdsAreToldOnceAMonth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.budget(t, budget.Budget{}, "100")
		b.runs(t, "orders", day(1), 85)
		b.told()
		for range 2 {
			if err := b.Sweep(ada()); err != nil {
				t.Fatal(err)
			}
		}
		if told := b.told(); told["budget.threshold_crossed"] != 2 || told["budget.exceeded"] != 0 {
			t.Errorf("told %v", told)
		}
		b.runs(t, "parcels", day(1), 300)
		if err := b.Sweep(ada()); err != nil {
			t.Fatal(err)
		}
		if told := b.told(); told["budget.threshold_crossed"] != 1 || told["budget.exceeded"] != 1 {
			t.Errorf("told %v", told)
		}
	})
}

// What operators of the platform set for a tenant holds its runs, is seen by it, and is
// changed by no admin of it.
func TestThePlatformsBudgetOfATenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		operator := kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_0", Name: "operator", Kind: kernel.ActorUser, Tenant: "home"})
		contract := budget.Budget{Name: "contract", Amount: amount(t, "100"), Level: budget.Block, Platform: true}
		if _, err := b.Set(operator, acme, contract, "the contract"); err != nil {
			t.Fatal(err)
		}
		if v := b.hold(t, adds("run_1", "orders", 0, 300)); v.Level() != budget.Block {
			t.Errorf("it does not hold: %+v", v)
		}
		b.denied = "budget.set-tenant"
		mine := contract
		mine.Platform = false
		for what, err := range map[string]error{
			"an admin takes it over":             second(b.Set(ada(), acme, mine, "")),
			"an admin says to be an operator":    second(b.Set(ada(), acme, contract, "")),
			"an admin deletes it":                b.Delete(ada(), acme, "contract", ""),
			"the operator of nothing deletes it": b.Delete(operator, acme, "contract", ""),
		} {
			if !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s: %v", what, err)
			}
		}
		b.denied = ""
		page, err := b.List(ada(), acme, kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 || !page.Items[0].Platform || page.Items[0].SetBy != "operator" {
			t.Errorf("the tenant sees %+v, %v", page.Items, err)
		}
		b.budget(t, budget.Budget{Name: "own"}, "5")
		own := contract
		own.Name = "own"
		if _, err := b.Set(operator, acme, own, ""); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("the tenant's own is taken over: %v", err)
		}
		if _, err := b.Set(operator, kernel.Scope{Tenant: "acme", Project: "nowhere"}, budget.Budget{Name: "x", Project: "nowhere", Amount: contract.Amount, Platform: true}, ""); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a project that there is not: %v", err)
		}
		b.denied = "budget.read-tenant"
		if _, err := b.List(operator, acme, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant's are listed: %v", err)
		}
		if _, err := b.Get(operator, acme, "contract"); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant's is shown: %v", err)
		}
		b.denied = ""
		if err := b.Delete(operator, acme, "contract", "over"); err != nil {
			t.Error(err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
