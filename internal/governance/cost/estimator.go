package cost

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
)

// defaultRegion is where a resource is taken to be when nothing tells, neither of it
// nor of those beside it; an estimate says so.
const defaultRegion = "eastus"

// Prices is a book of unit prices.
type Prices interface {
	// Price returns US dollars per unit of a meter.
	Price(service, meter, variant, region string) (float64, bool)
	// Date is the newest snapshot's.
	Date() string
}

// Model describes what a type of resource consists of.
type Model func(*Reading)

// Catalog knows the types of a provider.
type Catalog interface {
	// Model returns a type's description.
	Model(typ string) (Model, bool)
	// Free tells whether resources of the type cost nothing.
	Free(typ string) bool
	// Region returns where a resource is.
	Region(r *Resource, in *Set) string
	// Named returns a location as prices have it.
	Named(location string) string
}

// Platform is a catalog with what runs on the platform's own machine beside it.
type Platform struct{ Catalog }

// Free also has Terrace's own provider, whose resources nobody bills.
func (p Platform) Free(typ string) bool {
	return strings.HasPrefix(typ, "terrace_") || p.Catalog.Free(typ)
}

// Estimator prices sets of resources.
type Estimator struct {
	prices  Prices
	catalog Catalog
}

// NewEstimator prices what the catalog describes with the prices of the book.
func NewEstimator(prices Prices, catalog Catalog) *Estimator {
	return &Estimator{prices: prices, catalog: catalog}
}

// Estimate prices a set of resources with the usage that is told of them. Usage that
// is no number where one is needed is an error; see Usage.Warnings for what of it
// changes nothing.
func (e *Estimator) Estimate(ctx context.Context, set *Set, usage *Usage) (*Estimate, error) {
	out := &Estimate{Currency: "USD", Prices: e.prices.Date(), Unpriced: append([]Unpriced{}, set.Unread...), Items: []Item{}, Assumptions: slices.Clone(set.Assumed), Warnings: slices.Clone(set.Warnings)}
	for _, r := range set.Resources {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e.price(out, set, r, usage)
	}
	if err := usage.Err(); err != nil {
		return nil, err
	}
	sort.Slice(out.Items, func(i, j int) bool { return out.Items[i].Address < out.Items[j].Address })
	for _, i := range out.Items {
		out.Total.Monthly += i.Monthly
	}
	out.Total.Monthly = dollars(out.Total.Monthly)
	out.Total.Hourly = dollars(out.Total.Monthly / HoursPerMonth)
	return out, nil
}

func (e *Estimator) price(out *Estimate, set *Set, r *Resource, usage *Usage) {
	model, ok := e.catalog.Model(r.Type)
	seen := usage.see(r)
	if !ok {
		if e.catalog.Free(r.Type) {
			out.Free++
			return
		}
		out.Unpriced = append(out.Unpriced, Unpriced{Address: r.Address, Type: r.Type, Reason: "this type has no description of its costs", kept: r.Kept})
		return
	}
	reading := &Reading{
		View: View{values: r.Values, odd: &odd{}}, resource: r, set: set, usage: usage.Of(r), prices: e.prices,
		region: e.catalog.Region(r, set), catalog: e.catalog, all: usage,
	}
	reading.assumed = map[string]bool{}
	if reading.region == "" {
		reading.region, reading.assumed["location"] = cmp.Or(e.catalog.Named(set.Common()), defaultRegion), true
	}
	if seen != nil {
		seen.described = true
	}
	model(reading)
	usage.check(r)
	if said := reading.odd.said; len(said) > 0 {
		for _, why := range said {
			out.Unpriced = append(out.Unpriced, Unpriced{Address: r.Address, Type: r.Type, Reason: why, kept: r.Kept})
		}
		return
	}
	out.Assumptions = append(out.Assumptions, reading.assumptions...)
	out.Unpriced = append(out.Unpriced, reading.unpriced...)
	out.DependsOnUsage += reading.open
	if len(reading.components) == 0 {
		if len(reading.unpriced) == 0 {
			out.Free++
		}
		return
	}
	out.Items = append(out.Items, reading.item())
}
