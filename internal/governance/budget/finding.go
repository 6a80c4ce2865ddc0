package budget

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
)

// The rules that findings are of.
const (
	RuleExceeded = "budget-exceeded"
	RuleUnpriced = "budget-unpriced"
	RuleClock    = "budget-clock"
)

// Finding is what one budget says of a run.
type Finding struct {
	Rule   string
	Level  Level
	Budget Budget
	// Used, Forecast and Next are as the run would have them, Delta what it adds a month.
	Used, Forecast, Next, Delta focus.Amount
	// Unknown says that Delta is not known, AtLeast that it is that or more: what has no
	// price is in no figure.
	Unknown, AtLeast bool
	Confidence       string
	// Rates are by which other currencies are in the figures.
	Rates        []string
	Largest      []Share
	Message, Fix string
}

// Verdict is what all budgets up the scopes say of a run.
type Verdict struct {
	// Budgets counts those that cover the stack.
	Budgets  int
	Findings []Finding
}

// Level is the strictest of the findings.
func (v Verdict) Level() Level {
	level := Warn
	for _, f := range v.Findings {
		level = Stricter(level, f.Level)
	}
	return level
}

// findings are what one budget says of a run. Who removes, or spends no more than
// before and has a price for all, is held by none.
func (b *books) findings(ctx context.Context, budget Budget, c Change, now time.Time) ([]Finding, error) {
	adds := c.After > c.Before
	if c.Destroys || !adds && len(c.Unpriced) == 0 {
		return nil, nil
	}
	f, gaps, err := b.with(ctx, budget, c)
	if err != nil {
		return nil, err
	}
	var all []Finding
	add := func(rule string, level Level, fix, format string, args ...any) {
		one := f
		one.Rule, one.Level, one.Fix, one.Message = rule, level, fix, fmt.Sprintf(format, args...)
		all = append(all, one)
	}
	if b.formerly(budget, now) {
		add(RuleClock, budget.Level, "correct the clock; where it was wrong before and is right now, an admin says so with terrace budget accept-clock", "%s", clockWentBack(budget, now, b.at))
	}
	if adds && (f.Forecast.Cmp(budget.Amount) > 0 || f.Next.Cmp(budget.Amount) > 0) {
		add(RuleExceeded, budget.Level, "make the change smaller, free what runs and is not needed (terrace cost idle), or have the budget raised: terrace budget show "+budget.Name,
			"the budget %s of %s has %s %s a month; with the run's %s a month, %s is going to cost %s, and a whole month %s; %s %s is used (%s)%s%s",
			budget.Name, budget.Scope(), budget.Amount.Cents(), budget.Currency, f.adds(), budget.period(b.at).Month, f.Forecast.Cents(), f.Next.Cents(),
			f.Used.Cents(), budget.Currency, f.Confidence, largest(f.Largest), at(f.Rates))
	}
	for _, gap := range gaps {
		fix := gap.fix
		if budget.Unpriced != Warn {
			fix += "; or set what unknown costs do: terrace budget set " + budget.Name + " --unpriced warn"
		}
		add(RuleUnpriced, budget.Unpriced, fix, "what the budget %s is held against is not whole: %s", budget.Name, gap.said)
	}
	return all, nil
}

// with is the month of a budget as a run would have it, and what cannot be told.
func (b *books) with(ctx context.Context, budget Budget, c Change) (Finding, []gap, error) {
	f, err := b.forecast(ctx, budget)
	if err != nil {
		return Finding{}, nil, err
	}
	var gaps []gap
	for _, address := range c.Unpriced {
		gaps = append(gaps, gap{address + " has no price", havePriced})
	}
	x := b.exchange(budget)
	before, ok := x.of(c.Before, c.Currency)
	after, also := x.of(c.After, c.Currency)
	if !(ok && also) {
		if c.After > c.Before {
			gaps = append(gaps, x.noRate(budget, c.Currency, "the run adds %s %s a month", amountOf(c.After-c.Before).Cents(), c.Currency))
		}
		before, after = 0, 0
	}
	_, others, lacks := b.running(budget, c.ID(), x)
	_, bills, err := b.pay(ctx, budget, &Forecast{Period: f.Period}, x)
	if err != nil {
		return Finding{}, nil, err
	}
	left := f.share(b.at, f.To)
	return Finding{
		Budget: budget, Used: f.Used, Forecast: f.Used.Add(amountOf((others + after) * left)), Next: amountOf(others + after),
		Delta: amountOf(after - before), Unknown: c.Unknown, AtLeast: c.AtLeast, Confidence: f.Confidence, Largest: x.shares(c), Rates: x.used,
	}, append(append(gaps, bills...), lacks...), nil
}

// formerly reports whether the clock says that it is a month before one that was
// decided in.
func (b *books) formerly(budget Budget, now time.Time) bool {
	return b.back && budget.period(now).Month < budget.period(b.at).Month
}

func clockWentBack(b Budget, now, seen time.Time) string {
	return fmt.Sprintf("the clock says %s, and the budget %s was decided on in %s before: %s counts, not a month that is over",
		b.period(now).Month, b.Name, b.period(seen).Month, b.period(seen).Month)
}

// shares are the addresses that add most, in the budget's currency.
func (x *exchange) shares(c Change) (all []Share) {
	for _, s := range c.Largest {
		if delta, ok := x.of(s.Delta, c.Currency); ok {
			all = append(all, Share{Address: s.Address, Delta: delta})
		}
	}
	return all
}

// at says by which rates figures are what they are.
func at(rates []string) string {
	if len(rates) == 0 {
		return ""
	}
	return "; at " + strings.Join(rates, ", ")
}

func largest(all []Share) string {
	text := ""
	for i, one := range all {
		text += ", "
		if i == 0 {
			text = "; most is of "
		}
		text += fmt.Sprintf("%s (%+.2f)", one.Address, one.Delta)
	}
	return text
}

// adds is what a run adds, in words.
func (f Finding) adds() string {
	if f.Unknown || f.AtLeast {
		return signed(f.Delta) + " and what has no price"
	}
	return signed(f.Delta)
}

func signed(a focus.Amount) string {
	if a.Sign() < 0 {
		return a.Cents()
	}
	return "+" + a.Cents()
}
