package cost

import (
	"maps"
	"slices"
)

// Difference is what a plan changes of a cost. The figures are null where that is not
// known: what has no price on one side alone is in no figure, and would read as saved.
type Difference struct {
	Monthly *float64 `json:"monthlyCost"`
	Hourly  *float64 `json:"hourlyCost"`
	// AtLeast says that it is this or more.
	AtLeast bool `json:"atLeast,omitempty"`
}

// NoDifference is that of a plan that changes nothing of the cost.
func NoDifference() *Difference { return differ(0, 0, 0, 0) }

// differ is the difference of two figures, each of which lacks so many parts. What is
// lacking before could have cost anything; what is lacking after can only add.
func differ(after, before float64, lacks, lackedBefore int) *Difference {
	delta := dollars(after - before)
	if lackedBefore > 0 || lacks > 0 && delta <= 0 {
		return &Difference{}
	}
	hourly := dollars(delta / HoursPerMonth)
	return &Difference{Monthly: &delta, Hourly: &hourly, AtLeast: lacks > 0}
}

// Say is a difference in words: as write has it, the least that it is, or that it is
// not known.
func Say(monthly *float64, atLeast bool, write func(float64) string) string {
	switch {
	case monthly == nil:
		return "not known"
	case atLeast:
		return "at least " + write(*monthly)
	}
	return write(*monthly)
}

// Against adds what runs and the difference.
func (e *Estimate) Against(before *Estimate) {
	total := before.Total
	e.Before, e.UnpricedBefore = &total, before.Unpriced
	lacks, lacked := lacking(e.Unpriced, before.Unpriced), lacking(before.Unpriced, e.Unpriced)
	e.Delta = differ(e.Total.Monthly, total.Monthly, len(lacks), len(lacked))
	changes := map[string]*Change{}
	of := func(address string) *Change {
		if changes[address] == nil {
			changes[address] = &Change{Address: address}
		}
		return changes[address]
	}
	for _, i := range before.Items {
		of(i.Address).Before = i.Monthly
	}
	for _, i := range e.Items {
		of(i.Address).After = i.Monthly
	}
	for _, u := range lacks {
		of(u.Address).Unpriced++
	}
	for _, u := range lacked {
		of(u.Address).UnpricedBefore++
	}
	for _, address := range slices.Sorted(maps.Keys(changes)) {
		c := changes[address]
		d := differ(c.After, c.Before, c.Unpriced, c.UnpricedBefore)
		if c.Delta, c.AtLeast = d.Monthly, d.AtLeast; c.Delta == nil || *c.Delta != 0 {
			e.Changes = append(e.Changes, *c)
		}
	}
}

// lacking are the parts without a price that are not the same on the other side: of
// those that are, the difference lacks nothing.
func lacking(here, there []Unpriced) []Unpriced {
	known := map[string][]Unpriced{}
	for _, u := range there {
		known[u.Address] = append(known[u.Address], u)
	}
	return slices.DeleteFunc(slices.Clone(here), func(u Unpriced) bool { return slices.ContainsFunc(known[u.Address], u.same) })
}

// same reports whether two parts without a price cost the same, whatever that is.
func (u Unpriced) same(other Unpriced) bool {
	if u.Component != other.Component || u.Reason != other.Reason {
		return false
	}
	if u.kept && other.kept {
		return true
	}
	return u.Price != nil && other.Price != nil && *u.Price == *other.Price && equal(u.quantity, other.quantity)
}

func equal(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
