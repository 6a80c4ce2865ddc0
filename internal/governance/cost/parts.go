package cost

// Quantity makes a quantity of a number.
func Quantity(n float64) *float64 { return &n }

// Monthly adds a part with a known quantity per month.
func (r *Reading) Monthly(name, unit string, quantity float64) {
	r.Add(Part{Name: name, Unit: unit, Quantity: &quantity})
}

// Hourly adds a part that is there every hour of the month, so many times.
func (r *Reading) Hourly(name string, times float64) {
	r.Add(Part{Name: name, Unit: "hours", Quantity: Quantity(HoursPerMonth * times)})
}

// UsedAs adds a part whose quantity the usage file tells under the key.
func (r *Reading) UsedAs(name, unit, key string, per float64) {
	r.Add(Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Usage: true})
}

// Tier is a step of a price: its name and how much of the quantity it takes;
// zero takes the rest.
type Tier struct {
	Name string
	Size float64
}

// Tiered spreads a quantity over tiers; an unknown quantity shows the first.
func (r *Reading) Tiered(p Part, tiers ...Tier) {
	if p.Quantity == nil {
		p.Name = tiers[0].Name
		r.Add(p)
		return
	}
	rest := *p.Quantity
	for i, t := range tiers {
		take := rest
		if t.Size > 0 && take > t.Size {
			take = t.Size
		}
		if take <= 0 && i > 0 {
			return
		}
		p.Name, p.Quantity = t.Name, Quantity(take)
		r.Add(p)
		rest -= take
	}
}
