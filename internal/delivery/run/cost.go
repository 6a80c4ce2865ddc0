package run

import (
	"cmp"
	"fmt"
	"math"
)

// MaxCostChanges bounds the resources that a dossier has figures of.
const MaxCostChanges = 200

// Cost is what a plan costs a month, in the gate that estimated it.
type Cost struct {
	Currency string `json:"currency"`
	// Prices is the date of the newest prices, "" where nothing had to be paid for.
	Prices  string  `json:"prices,omitempty"`
	Monthly float64 `json:"monthlyCost"`
	Hourly  float64 `json:"hourlyCost"`
	// Before is what runs now, Delta what the plan changes of it, a month: absent where
	// that is not known, since something has no price on one side alone.
	Before float64  `json:"before"`
	Delta  *float64 `json:"delta"`
	// AtLeast says that Delta is that or more.
	AtLeast bool `json:"atLeast,omitempty"`
	// Complete is false where something has no price: it is in no figure.
	Complete bool `json:"complete"`
	Unpriced int  `json:"unpriced,omitempty"`
	// DependsOnUsage counts the parts whose quantity nobody told.
	DependsOnUsage int `json:"dependsOnUsage,omitempty"`
	// Assumptions are what the figures rest on: use that the workload expects, and
	// prices that stand for others.
	Assumptions []CostAssumption `json:"assumptions,omitempty"`
	// Warnings are what the workload tells of use, and changes nothing.
	Warnings []string `json:"warnings,omitempty"`
	// Changes are the resources whose cost changes, the largest change first.
	Changes []CostChange `json:"changes"`
	Omitted int          `json:"omitted,omitempty"`
}

// CostAssumption is something that an estimate takes for granted.
type CostAssumption struct {
	Address   string `json:"address"`
	Attribute string `json:"attribute"`
	Assumed   string `json:"assumed"`
	Reason    string `json:"reason"`
}

// String is the assumption as one line for people.
func (a CostAssumption) String() string {
	return fmt.Sprintf("%s: %s is taken as %s: %s", a.Address, a.Attribute, a.Assumed, a.Reason)
}

// CostChange is what a resource costs a month before and after.
type CostChange struct {
	Address string  `json:"address"`
	Before  float64 `json:"before"`
	After   float64 `json:"after"`
	// Delta is absent where it is not known, and AtLeast says that it is this or more.
	Delta   *float64 `json:"delta"`
	AtLeast bool     `json:"atLeast,omitempty"`
	// Unpriced and UnpricedBefore count the parts without a price, that are in no figure.
	Unpriced       int `json:"unpriced,omitempty"`
	UnpricedBefore int `json:"unpricedBefore,omitempty"`
}

// BudgetFigures are a budget's as a run would have them.
type BudgetFigures struct {
	Budget   string `json:"budget"`
	Scope    string `json:"scope"`
	Currency string `json:"currency"`
	// Amount is what may be spent in a month.
	Amount float64 `json:"amount"`
	// Used is what was until now, Forecast what the month is going to cost, Next the
	// whole month after it, and Delta what the run adds a month.
	Used     float64 `json:"used"`
	Forecast float64 `json:"forecast"`
	Next     float64 `json:"next"`
	// Delta is absent where it is not known: what has no price is in no figure. AtLeast
	// says that all of them are this or more.
	Delta   *float64 `json:"delta"`
	AtLeast bool     `json:"atLeast,omitempty"`
	// Confidence is estimate only, or paid and estimated.
	Confidence string `json:"confidence"`
	// Rates are by which other currencies are in the figures.
	Rates []string `json:"rates,omitempty"`
	// Largest are the resources that add most.
	Largest []CostShare `json:"largest,omitempty"`
}

// CostShare is what one resource adds a month.
type CostShare struct {
	Address string  `json:"address"`
	Delta   float64 `json:"delta"`
}

// Compare puts the larger change first, and one that is not known before all.
func (c CostChange) Compare(other CostChange) int {
	return cmp.Or(cmp.Compare(other.size(), c.size()), cmp.Compare(c.Address, other.Address))
}

func (c CostChange) size() float64 {
	if c.Delta == nil {
		return math.Inf(1)
	}
	return math.Abs(*c.Delta)
}

// String is the change as one line for people.
func (c CostChange) String() string {
	delta := "the difference is not known"
	if c.Delta != nil {
		delta = Signed(*c.Delta)
	}
	if c.AtLeast {
		delta = "at least " + delta
	}
	return fmt.Sprintf("%s costs %s a month, %s now (%s)", c.Address, figure(c.After, c.Unpriced), figure(c.Before, c.UnpricedBefore), delta)
}

// figure is an amount with how much of it has no price.
func figure(amount float64, unpriced int) string {
	switch unpriced {
	case 0:
		return fmt.Sprintf("$%.2f", amount)
	case 1:
		return fmt.Sprintf("$%.2f and 1 part without a price", amount)
	}
	return fmt.Sprintf("$%.2f and %d parts without a price", amount, unpriced)
}

// Signed is an amount with its sign: +$3.50.
func Signed(amount float64) string {
	if amount < 0 {
		return fmt.Sprintf("-$%.2f", -amount)
	}
	return fmt.Sprintf("+$%.2f", amount)
}

// explainCost tells what changes the cost most.
func explainCost(x *Explanation, c *Cost) {
	const most = 10
	if c == nil {
		return
	}
	explainAssumptions(x, c, most)
	for i, change := range c.Changes {
		if i == most {
			x.detail("and the cost of %d more resources changes: terrace run show %s", len(c.Changes)-most+c.Omitted, x.Run)
			return
		}
		x.detail("%s", change)
	}
}

func explainAssumptions(x *Explanation, c *Cost, most int) {
	for i, a := range c.Assumptions {
		if i == most {
			x.detail("and %d more assumptions: terrace run show %s -o json", len(c.Assumptions)-most, x.Run)
			break
		}
		x.detail("%s", a)
	}
	for _, w := range c.Warnings[:min(len(c.Warnings), most)] {
		x.detail("%s", w)
	}
}
