package cost

import (
	"fmt"
	"math"
	"sort"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// HoursPerMonth is what a month is counted as.
const HoursPerMonth = 730

// dollars cuts off what arithmetic of binary fractions adds to an amount: figures are as
// exact as a thousandth of a millionth of a dollar.
func dollars(v float64) float64 {
	const fine = 1e9
	if math.Abs(v) > 1e6 { // a float64 has no more than 15 digits
		return math.Round(v*1e6) / 1e6
	}
	return math.Round(v*fine) / fine
}

// Component is one part of a resource's cost.
type Component struct {
	// Group is the part of the resource it belongs to, such as os_disk.
	Group string `json:"group,omitempty"`
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	// Quantity is per month; absent where it depends on usage that nobody told.
	Quantity *float64 `json:"monthlyQuantity,omitempty"`
	// Price is US dollars per unit; absent where the book has none.
	Price *float64 `json:"price,omitempty"`
	// Monthly and Hourly are US dollars; absent where quantity or price are.
	Monthly *float64 `json:"monthlyCost,omitempty"`
	Hourly  *float64 `json:"hourlyCost,omitempty"`
	// UsageBased tells that the quantity comes of usage.
	UsageBased bool `json:"usageBased,omitempty"`
}

// Item is one resource with its components.
type Item struct {
	Address    string      `json:"address"`
	Type       string      `json:"type"`
	Region     string      `json:"region,omitempty"`
	Monthly    float64     `json:"monthlyCost"`
	Hourly     float64     `json:"hourlyCost"`
	Components []Component `json:"components"`
	// Assumed names attributes that are known after apply only and for which a
	// default was taken.
	Assumed []string `json:"assumed,omitempty"`
}

// Unpriced is something that costs, or may, and has no figure.
type Unpriced struct {
	Address   string `json:"address"`
	Type      string `json:"type"`
	Component string `json:"component,omitempty"`
	Reason    string `json:"reason"`
	// Price names the price that the book lacks, absent where something else is missing.
	Price *PriceKey `json:"price,omitempty"`

	// kept says that the plan does not change the resource, and quantity how much of
	// the price it would be.
	kept     bool
	quantity *float64
}

// Why is the reason, with the name of the price that the book lacks.
func (u Unpriced) Why() string {
	if u.Price == nil {
		return u.Reason
	}
	return u.Reason + ": " + u.Price.String()
}

// String is the key for people, as the columns of a snapshot are called.
func (k PriceKey) String() string {
	text := "service " + k.Service + ", meter " + k.Meter
	for _, part := range [][2]string{{"variant", k.Variant}, {"region", k.Region}, {"unit", k.Unit}} {
		if part[1] != "" {
			text += ", " + part[0] + " " + part[1]
		}
	}
	return text
}

// PriceKey is how the book names a price: a row of a snapshot without its figure.
type PriceKey struct {
	Service string `json:"service"`
	Meter   string `json:"meter"`
	Variant string `json:"variant"`
	Region  string `json:"region"`
	Unit    string `json:"unit"`
}

// Assumption is something that an estimate takes for granted.
type Assumption struct {
	// Address is what it is about: a resource or a module, without instance keys.
	Address   string `json:"address"`
	Attribute string `json:"attribute"`
	// Place is where the configuration has it: main.tf:3,11-20.
	Place   string `json:"place,omitempty"`
	Assumed string `json:"assumed"`
	Reason  string `json:"reason"`
}

// Total is what a set of resources costs.
type Total struct {
	Monthly float64 `json:"monthlyCost"`
	Hourly  float64 `json:"hourlyCost"`
}

// Change is what a resource costs before and after.
type Change struct {
	Address string  `json:"address"`
	Before  float64 `json:"before"`
	After   float64 `json:"after"`
	// Delta is absent where it is not known: one of both has parts without a price, that
	// are in no figure.
	Delta *float64 `json:"delta"`
	// AtLeast says that it is this or more.
	AtLeast bool `json:"atLeast,omitempty"`
	// Unpriced and UnpricedBefore count such parts after and before.
	Unpriced       int `json:"unpriced,omitempty"`
	UnpricedBefore int `json:"unpricedBefore,omitempty"`
}

// Estimate is what a plan costs.
type Estimate struct {
	Currency string `json:"currency"`
	// Prices is the date of the price book's newest snapshot.
	Prices string `json:"prices"`
	Total  Total  `json:"total"`
	Items  []Item `json:"resources"`
	// Unpriced is never counted, not even as zero.
	Unpriced []Unpriced `json:"unpriced"`
	// Assumptions are numbers of instances that are not known, and counted as one.
	Assumptions []Assumption `json:"assumptions,omitempty"`
	// Warnings are what of a usage file, and of files of values, changes nothing.
	Warnings []kernel.Problem `json:"warnings,omitempty"`
	// DependsOnUsage counts components without a quantity.
	DependsOnUsage int `json:"dependsOnUsage"`
	// Free counts resources that cost nothing.
	Free int `json:"free"`
	// Before is what runs, Delta the difference; absent where nothing is known of what runs.
	Before  *Total      `json:"before,omitempty"`
	Delta   *Difference `json:"delta,omitempty"`
	Changes []Change    `json:"changes,omitempty"`
	// UnpricedBefore is what runs and has no price: the difference leaves it out.
	UnpricedBefore []Unpriced `json:"unpricedBefore,omitempty"`
}

// Complete tells whether everything has a price, that of what runs included.
func (e *Estimate) Complete() bool { return len(e.Unpriced) == 0 && len(e.UnpricedBefore) == 0 }

// Without says beside a figure how many parts are not in it, "" if all are.
func Without(parts int) string {
	switch parts {
	case 0:
		return ""
	case 1:
		return " without 1 part that has no price"
	}
	return fmt.Sprintf(" without %d parts that have no price", parts)
}

// Item returns what is known of an address.
func (e *Estimate) Item(address string) (Item, bool) {
	i := sort.Search(len(e.Items), func(i int) bool { return e.Items[i].Address >= address })
	if i < len(e.Items) && e.Items[i].Address == address {
		return e.Items[i], true
	}
	return Item{}, false
}
