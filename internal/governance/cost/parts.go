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

// Tiered spreads a quantity over tiers; an unknown quantity shows the first. The
// part's own name is that of the price without tiers.
func (r *Reading) Tiered(p Part, tiers ...Tier) {
	plain := p.Name
	if p.Quantity == nil {
		r.Add(r.tier(p, plain, tiers, 0))
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
		p.Quantity = Quantity(take)
		r.Add(r.tier(p, plain, tiers, i))
		rest -= take
	}
}

// tier is the part as the step of a price. Where the book has no price of the step,
// the step before it, and before the first the price without tiers, stands for it.
func (r *Reading) tier(p Part, plain string, tiers []Tier, i int) Part {
	p.Name = tiers[i].Name
	if r.Priced(p) {
		return p
	}
	other := p
	for _, meter := range standing(plain, tiers, i) {
		if other.Meter = meter; r.Priced(other) {
			if i > 0 {
				r.Stand(p.Name, meter)
			}
			return other
		}
	}
	return p
}

func standing(plain string, tiers []Tier, i int) []string {
	var out []string
	for i--; i >= 0; i-- {
		out = append(out, tiers[i].Name)
	}
	if plain != "" {
		out = append(out, plain)
	}
	return out
}
