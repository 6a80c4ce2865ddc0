package budget

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
)

// books are what a tenant's budgets are reckoned from, at a moment.
type books struct {
	tenant string
	at     time.Time
	// back is set where the clock was later before than it is now.
	back     bool
	entries  []Entry
	reserved []Reservation
	deployed []Stack
	bills    Bills
	rates    Rates
	paid     map[string]focus.Paid
}

// before is how far back entries are of use: no month is longer, in whatever zone.
const before = 33 * 24 * time.Hour

// open reads the books of a tenant as they are at a moment that is not before
// what was seen.
func (s *Service) open(ctx context.Context, tenant string, seen time.Time) (*books, error) {
	b := &books{tenant: tenant, at: s.Clock.Now(), bills: s.Bills, rates: s.Rates, paid: map[string]focus.Paid{}}
	if seen.After(b.at) {
		b.at, b.back = seen, true
	}
	var err error
	if b.entries, err = s.Store.Entries(ctx, tenant, b.at.Add(-before)); err != nil {
		return nil, err
	}
	if b.reserved, err = s.Store.Reserved(ctx, tenant); err != nil {
		return nil, err
	}
	b.deployed, err = s.Estate.Deployed(ctx, tenant)
	return b, err
}

// bill returns what was paid in a month, read once.
func (b *books) bill(ctx context.Context, month string) (focus.Paid, error) {
	if p, ok := b.paid[month]; ok || b.bills == nil {
		return p, nil
	}
	p, err := b.bills.Paid(ctx, b.tenant, month)
	if err == nil {
		b.paid[month] = p
	}
	return p, err
}

// running are what the stacks of a budget cost a month, with what is reserved for
// them; one stack can be left out.
func (b *books) running(budget Budget, without string, x *exchange) (now, then float64, gaps []gap) {
	costs := map[string][2]float64{}
	known := map[string]bool{without: true}
	for _, e := range b.entries {
		id := e.ID()
		if e.Until != nil || id == without || !budget.Covers(e.Scope, e.Workload) {
			continue
		}
		known[id] = true
		monthly, lacks := x.lacking(budget, id, e.Currency, e.Monthly, e.Unpriced)
		gaps = append(gaps, lacks...)
		costs[id] = [2]float64{monthly, monthly}
	}
	for _, r := range b.reserved {
		id := r.ID()
		if id == without || r.Held && !r.Applying || !budget.Covers(r.Scope, r.Workload) {
			continue
		}
		known[id] = true
		after, lacks := x.lacking(budget, id+" by "+r.Run, r.Currency, r.After, r.Unpriced)
		gaps = append(gaps, lacks...)
		costs[id] = [2]float64{costs[id][0], max(costs[id][1], after)}
	}
	for _, d := range b.deployed {
		if id := d.ID(); !known[id] && budget.Covers(d.Scope, d.Workload) {
			gaps = append(gaps, gap{id + " runs and was never estimated: its next run does it", "deploy it again: its plan is estimated, also where nothing changes"})
		}
	}
	for _, one := range costs {
		now, then = now+one[0], then+one[1]
	}
	return now, then, gaps
}

// lacking is a figure in the budget's currency, and what of it cannot be compared.
func (x *exchange) lacking(b Budget, what, currency string, monthly focus.Amount, unpriced int) (in float64, gaps []gap) {
	if unpriced > 0 {
		gaps = append(gaps, gap{fmt.Sprintf("parts without a price in %s: %d", what, unpriced), havePriced})
	}
	in, ok := x.of(monthly.Float(), currency)
	if !ok {
		gaps = append(gaps, x.noRate(b, currency, "%s is estimated in %s", what, currency))
	}
	return in, gaps
}

const havePriced = "have it priced: terrace cost prices import, and priceFolders in terraced's configuration"

// ran is what was estimated of a budget's stacks between two moments of a period.
func (b *books) ran(budget Budget, p Period, from, to time.Time, x *exchange) (sum float64) {
	for _, e := range b.entries {
		if !budget.Covers(e.Scope, e.Workload) {
			continue
		}
		start, end := later(from, e.Since), to
		if e.Until != nil && e.Until.Before(end) {
			end = *e.Until
		}
		share, _ := x.of(e.Monthly.Float()*p.share(start, end), e.Currency) // what has no rate is told as a gap
		sum += share
	}
	return sum
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// readable is the largest amount that can be read again. What is estimated higher, or
// is no number, counts as this: no budget has room for it.
const readable = 1e15 - 1

// amountOf is a figure that was estimated, with six decimal places.
func amountOf(f float64) focus.Amount {
	if math.IsNaN(f) {
		f = readable
	}
	f = max(-readable, min(f, readable))
	a, _, _ := focus.ParseAmount(strconv.FormatFloat(f, 'f', 6, 64)) // it is in range
	return a
}
