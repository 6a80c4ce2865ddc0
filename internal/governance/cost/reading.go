package cost

import (
	"cmp"
	"math"
	"sort"
	"strings"
)

// Reading is a resource while its costs are read off it.
type Reading struct {
	View

	resource   *Resource
	set        *Set
	usage      View
	all        *Usage
	prices     Prices
	catalog    Catalog
	region     string
	group      string
	components []Component
	unpriced   []Unpriced
	open       int
	assumed    map[string]bool
	// assumptions are about prices.
	assumptions []Assumption
}

// most is what a component costs at most, so that sums stay numbers: no budget has
// room for it.
const most = math.MaxFloat64 / 1e6

// Part is a component before it has a price. Service and meter name the price
// in the book; they are the type without its provider and the name unless told.
type Part struct {
	Name, Unit              string
	Quantity                *float64
	Service, Meter, Variant string
	Region                  string
	// Factor is how many of the book's units one unit is; zero means one.
	Factor float64
	Usage  bool
}

// Type is the resource's type.
func (r *Reading) Type() string { return r.resource.Type }

// Region is where the resource is, as Azure writes it: westeurope.
func (r *Reading) Region() string { return r.region }

// In is everything beside the resource.
func (r *Reading) In() *Set { return r.set }

// Resource is what is read.
func (r *Reading) Resource() *Resource { return r.resource }

// Usage is what the usage file says of the resource.
func (r *Reading) Usage() View { return r.usage }

// UsageOf is what the usage file says of another resource.
func (r *Reading) UsageOf(o *Resource) View { return r.all.Of(o) }

// RegionOf is where another resource is.
func (r *Reading) RegionOf(o *Resource) string { return r.catalog.Region(o, r.set) }

// SetRegion says where the resource is, for types that tell it otherwise.
func (r *Reading) SetRegion(region string) { r.region = region }

// Within reads a part of the resource.
func (r *Reading) Within(group string, read func()) {
	outer := r.group
	if outer != "" {
		group = outer + "/" + group
	}
	r.group = group
	read()
	r.group = outer
}

// Str notes an attribute that is known after apply only.
func (r *Reading) Str(path, otherwise string) string {
	r.note(path)
	return r.View.Str(path, otherwise)
}

// Low is Str in lower case.
func (r *Reading) Low(path, otherwise string) string {
	return strings.ToLower(r.Str(path, otherwise))
}

// Num notes an attribute that is known after apply only.
func (r *Reading) Num(path string, otherwise float64) float64 {
	r.note(path)
	return r.View.Num(path, otherwise)
}

// Positive notes an attribute that is known after apply only.
func (r *Reading) Positive(path string, otherwise float64) float64 {
	r.note(path)
	return r.View.Positive(path, otherwise)
}

func (r *Reading) note(path string) {
	if len(r.resource.Unknown) == 0 {
		return
	}
	if name, _, _ := strings.Cut(path, "."); r.resource.Unknown[name] {
		r.assumed[name] = true
	}
}

// Told returns a quantity of the usage file divided into units, or nil.
func (r *Reading) Told(key string, per float64) *float64 {
	r.usage.reads.note(key, asNumber)
	if !r.usage.Has(key) {
		return nil
	}
	n := r.usage.Num(key, 0) / per
	return &n
}

// Add prices a part and takes it in.
func (r *Reading) Add(p Part) {
	c := Component{Group: r.group, Name: p.Name, Unit: p.Unit, Quantity: p.Quantity, UsageBased: p.Usage}
	if price, ok := r.find(p); ok {
		c.Price = &price
	} else {
		r.Miss(p.Name, "the price book has no price in "+r.where(p))
		key := r.key(p)
		last := &r.unpriced[len(r.unpriced)-1]
		last.Price, last.quantity = &key, p.Quantity
	}
	switch {
	case c.Quantity == nil:
		r.open++
	case c.Price != nil:
		monthly := dollars(min(*c.Price**c.Quantity, most))
		hourly := dollars(monthly / HoursPerMonth)
		c.Monthly, c.Hourly = &monthly, &hourly
	}
	r.components = append(r.components, c)
}

// Stand says that another meter's price stands for one that the book has not.
func (r *Reading) Stand(component, meter string) {
	r.assumptions = append(r.assumptions, Assumption{
		Address: r.resource.Address, Attribute: component, Assumed: "the price of " + meter, Reason: "the price book has no other in " + r.where(Part{}),
	})
}

// Miss lists something that has no price.
func (r *Reading) Miss(component, reason string) {
	if r.group != "" {
		component = r.group + "/" + component
	}
	r.unpriced = append(r.unpriced, Unpriced{Address: r.resource.Address, Type: r.resource.Type, Component: component, Reason: reason, kept: r.resource.Kept})
}

// Priced tells whether the book knows the part's price.
func (r *Reading) Priced(p Part) bool {
	_, ok := r.find(p)
	return ok
}

func (r *Reading) find(p Part) (float64, bool) {
	k := r.key(p)
	price, ok := r.prices.Price(k.Service, k.Meter, k.Variant, k.Region)
	if p.Factor != 0 {
		price = dollars(price * p.Factor)
	}
	return price, ok
}

// key is how the book names the part's price.
func (r *Reading) key(p Part) PriceKey {
	k := PriceKey{Service: p.Service, Meter: cmp.Or(p.Meter, p.Name), Variant: p.Variant, Region: cmp.Or(p.Region, r.region), Unit: p.Unit}
	if k.Service == "" {
		_, k.Service, _ = strings.Cut(r.resource.Type, "_")
	}
	return k
}

func (r *Reading) where(p Part) string {
	switch {
	case p.Region != "":
		return p.Region
	case r.region != "":
		return r.region
	}
	return "a region that is not known"
}

func (r *Reading) item() Item {
	out := Item{Address: r.resource.Address, Type: r.resource.Type, Region: r.region, Components: r.components}
	for _, c := range r.components {
		if c.Monthly != nil {
			out.Monthly += *c.Monthly
		}
	}
	out.Monthly = dollars(out.Monthly)
	out.Hourly = dollars(out.Monthly / HoursPerMonth)
	for name := range r.assumed {
		out.Assumed = append(out.Assumed, name)
	}
	sort.Strings(out.Assumed)
	return out
}
