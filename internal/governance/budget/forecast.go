package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
)

// The confidence of a forecast.
const (
	// EstimateOnly says that nothing of it was paid yet, as far as is known.
	EstimateOnly = "estimate only"
	// PaidAndEstimated says that it begins with what was paid.
	PaidAndEstimated = "paid and estimated"
)

// Method says how a forecast is made.
const Method = "what was paid, up to the last day that the imports of every account have, " +
	"and from there on the estimates of what ran and runs, a month's figure spread evenly over the month; " +
	"with what runs that passed their gate are going to add; other currencies at the rates that are set, of the day that it is made"

// Forecast is what a budget's month is going to cost.
type Forecast struct {
	Period

	// At is the moment that it is of.
	At time.Time `json:"at"`
	// Paid is what was really paid, up to PaidUntil, 2026-01-31, the last day.
	Paid      focus.Amount `json:"paid"`
	PaidUntil string       `json:"paidUntil,omitempty"`
	// Used is that, and what was estimated from there until now.
	Used focus.Amount `json:"used"`
	// Rest is what runs now, until the end of the month, and Reserved what runs on
	// their way add to it.
	Rest     focus.Amount `json:"rest"`
	Reserved focus.Amount `json:"reserved"`
	// Forecast is all of it together.
	Forecast focus.Amount `json:"forecast"`
	// Next is what the whole month after it costs if nothing changes.
	Next focus.Amount `json:"next"`
	// UsedPercent, ForecastPercent and NextPercent are of the budget's amount. The gate
	// goes by both of the latter.
	UsedPercent     float64 `json:"usedPercent"`
	ForecastPercent float64 `json:"forecastPercent"`
	NextPercent     float64 `json:"nextPercent"`
	Confidence      string  `json:"confidence"`
	Method          string  `json:"method"`
	// Rates are by which other currencies are in the figures.
	Rates []string `json:"rates"`
	// Gaps are what is in no figure.
	Gaps []string `json:"gaps"`
}

// forecast reckons the month of a budget.
func (b *books) forecast(ctx context.Context, budget Budget) (Forecast, error) {
	p := budget.period(b.at)
	f := Forecast{Period: p, At: b.at, Confidence: EstimateOnly, Method: Method, Gaps: []string{}}
	x := b.exchange(budget)
	covered, gaps, err := b.pay(ctx, budget, &f, x)
	if err != nil {
		return f, err
	}
	now, then, lacks := b.running(budget, "", x)
	f.Gaps = texts(append(gaps, lacks...))
	left := p.share(b.at, p.To)
	f.Used = f.Paid.Add(amountOf(b.ran(budget, p, covered, b.at, x)))
	f.Rest, f.Reserved, f.Next = amountOf(now*left), amountOf((then-now)*left), amountOf(then)
	f.Forecast = f.Used.Add(f.Rest).Add(f.Reserved)
	f.Rates = x.used
	f.UsedPercent, f.ForecastPercent, f.NextPercent = percent(f.Used, budget), percent(f.Forecast, budget), percent(f.Next, budget)
	return f, nil
}

func percent(a focus.Amount, b Budget) float64 {
	return float64(int64(1000*a.Float()/b.Amount.Float())) / 10
}

// pay tells what was paid of a budget's month, and from when on it is estimated.
// Where nothing that was paid is the scope's, and something ran in it, its
// resources do not say whose they are: all is estimated then.
func (b *books) pay(ctx context.Context, budget Budget, f *Forecast, x *exchange) (covered time.Time, gaps []gap, err error) {
	bill, err := b.bill(ctx, f.Month)
	if err != nil || bill.Until == "" {
		return f.From, nil, err
	}
	day, err := time.Parse(time.DateOnly, bill.Until)
	if err != nil {
		return f.From, nil, fmt.Errorf("read until when costs were imported: %w", err)
	}
	covered = day.AddDate(0, 0, 1)
	if covered.After(b.at) {
		covered = b.at
	}
	found := false
	for _, l := range bill.Lines {
		if !budget.ofLabels(l.Labels) {
			continue
		}
		total, ok := x.money(l.Total, l.Currency)
		if !ok {
			gaps = append(gaps, x.noRate(budget, l.Currency, "%s %s were paid", l.Total.Cents(), l.Currency))
			continue
		}
		f.Paid, found = f.Paid.Add(total), found || total.Sign() != 0 || l.Currency == budget.Currency
	}
	if !found && b.ran(budget, f.Period, f.From, covered, x) > 0 {
		return f.From, append(gaps, gap{"nothing that was paid is tagged as this scope's: estimates count for the whole month", "have its resources tagged, or say whose they are with rules: terrace cost rules apply"}), nil
	}
	if !found && (budget.Project != "" || budget.Stage != "" || budget.Workload != "") {
		return f.From, gaps, nil
	}
	f.PaidUntil, f.Confidence = bill.Until, PaidAndEstimated
	return covered, gaps, nil
}
