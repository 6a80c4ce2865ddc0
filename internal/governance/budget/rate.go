package budget

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Rate is what one unit of a currency is in another, from a day on until the next rate.
type Rate struct {
	From, To string
	Rate     float64
	Since    time.Time
}

// ParseRate reads USD/EUR=0.92@2026-11-01.
func ParseRate(text string) (Rate, error) {
	pair, rest, _ := strings.Cut(text, "=")
	figure, day, _ := strings.Cut(rest, "@")
	from, to, _ := strings.Cut(pair, "/")
	bad := func(why string) (Rate, error) {
		return Rate{}, kernel.Errorf(kernel.Invalid, "%q is no rate: %s", text, why).WithFix("write what one unit is from a day on, such as USD/EUR=0.92@2026-11-01")
	}
	r := Rate{}
	var ok, also bool
	r.From, ok = focus.Currency(from)
	if r.To, also = focus.Currency(to); !ok || !also || r.From == r.To {
		return bad("it needs two currencies, by their codes of ISO 4217")
	}
	var err error
	if r.Rate, err = strconv.ParseFloat(figure, 64); err != nil || !(r.Rate > 0) || r.Rate > 1e9 || 1/r.Rate > 1e9 {
		return bad(fmt.Sprintf("%q is no figure above zero", figure))
	}
	if r.Since, err = time.Parse(time.DateOnly, day); err != nil {
		return bad(fmt.Sprintf("%q is no day", day))
	}
	return r, nil
}

// String says the rate: 1 USD = 0.92 EUR since 2026-11-01.
func (r Rate) String() string {
	return fmt.Sprintf("1 %s = %s %s since %s", r.From, strconv.FormatFloat(r.Rate, 'f', -1, 64), r.To, r.Since.Format(time.DateOnly))
}

// Rates are what an operator has set.
type Rates []Rate

// Between returns the newest rate of a moment between two currencies, whichever way
// it is written.
func (all Rates) Between(from, to string, at time.Time) (newest Rate, ok bool) {
	for _, r := range all {
		fits := r.From == from && r.To == to || r.From == to && r.To == from
		if fits && !r.Since.After(at) && (!ok || !r.Since.Before(newest.Since)) {
			newest, ok = r, true
		}
	}
	return newest, ok
}

// exchange brings amounts into the currency of a budget, at a moment, and notes by
// which rates.
type exchange struct {
	rates Rates
	at    time.Time
	to    string
	used  []string
}

func (b *books) exchange(budget Budget) *exchange {
	return &exchange{rates: b.rates, at: b.at, to: budget.Currency, used: []string{}}
}

// of returns an amount in the budget's currency, false where there is no rate.
func (x *exchange) of(amount float64, currency string) (float64, bool) {
	if currency == x.to || amount == 0 {
		return amount, true
	}
	r, ok := x.rates.Between(currency, x.to, x.at)
	if !ok {
		return 0, false
	}
	if said := r.String(); !slices.Contains(x.used, said) {
		x.used = append(x.used, said)
		slices.Sort(x.used)
	}
	if r.From == currency {
		return amount * r.Rate, true
	}
	return amount / r.Rate, true
}

// money is of for an exact amount.
func (x *exchange) money(a focus.Amount, currency string) (focus.Amount, bool) {
	if currency == x.to {
		return a, true
	}
	f, ok := x.of(a.Float(), currency)
	return amountOf(f), ok && !math.IsNaN(f)
}

// Doubts are what keeps a budget from being held against: a currency that the
// prices are not in, without a rate.
func (s *Service) Doubts(b Budget) []string {
	at := s.Clock.Now()
	if _, ok := s.Rates.Between(s.Prices, b.Currency, at); ok || b.Currency == s.Prices {
		return []string{}
	}
	return []string{fmt.Sprintf("plans are estimated in %s, and on %s there is no rate from it to %s: what runs add cannot be held against the amount; each run that adds costs gets a finding, of which the level is %s "+
		"(an operator sets a rate with currencyRates: %s/%s=RATE@%s; or give the budget in %s)",
		s.Prices, at.Format(time.DateOnly), b.Currency, b.Unpriced, s.Prices, b.Currency, at.Format(time.DateOnly), s.Prices)}
}

// gap is something that is in no figure, and what would put it there.
type gap struct{ said, fix string }

// noRate is the gap of an amount without a rate.
func (x *exchange) noRate(budget Budget, currency, format string, args ...any) gap {
	return gap{
		said: fmt.Sprintf(format, args...) + ", the budget is in " + budget.Currency + ", and there is no rate between them",
		fix: fmt.Sprintf("have an operator set the rate (currencyRates in terraced's configuration: %s/%s=RATE@%s), or give the budget in %s: terrace budget set %s --currency %s --amount AMOUNT",
			currency, budget.Currency, x.at.Format(time.DateOnly), currency, budget.Name, currency),
	}
}

// texts are what gaps say, in order and once.
func texts(gaps []gap) []string {
	all := make([]string, 0, len(gaps))
	for _, g := range gaps {
		all = append(all, g.said)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
