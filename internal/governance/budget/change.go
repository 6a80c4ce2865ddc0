package budget

import "math"

// Change is what a run's plan does to what its stack costs a month.
type Change struct {
	Stack

	Run           string
	Currency      string
	Before, After float64
	// Unpriced are addresses without a price: they are in no figure.
	Unpriced []string
	// Unknown says that for them nobody knows what the plan adds, and AtLeast that it adds
	// that or more.
	Unknown, AtLeast bool
	// Largest are the addresses that add most.
	Largest []Share
	// Destroys says that the run removes the stack, Dry that it changes nothing, and
	// Adopts that it takes note of what runs already.
	Destroys, Dry, Adopts bool
	// Overridden says that somebody has overridden what budgets say of it.
	Overridden bool
}

// Share is what one address adds a month.
type Share struct {
	Address string  `json:"address"`
	Delta   float64 `json:"delta"`
}

// told is the change with figures that can be counted.
func (c Change) told() Change {
	if math.IsNaN(c.Before) || math.IsNaN(c.After) {
		c.Before, c.After = 0, readable
	}
	return c
}

func (c Change) reservation() Reservation {
	return Reservation{
		Stack: c.Stack, Run: c.Run, Currency: c.Currency, Before: amountOf(c.Before), After: amountOf(c.After), Unpriced: len(c.Unpriced),
	}
}
