package cost

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// write shows an estimate to people.
func write(w io.Writer, e *cost.Estimate) {
	switch n := len(e.Unpriced); n {
	case 0:
	case 1:
		_, _ = fmt.Fprint(w, "not whole: 1 part has no price, and is in no figure; it is told below\n\n")
	default:
		_, _ = fmt.Fprintf(w, "not whole: %d parts have no price, and are in no figure; they are listed below\n\n", n)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "RESOURCE\tQUANTITY\tUNIT\tMONTHLY\tHOURLY")
	for _, i := range e.Items {
		_, _ = fmt.Fprintf(t, "%s\t\t\t%s\t%s\n", output.Line(i.Address), whole(i, dollars(&i.Monthly)), whole(i, fine(&i.Hourly)))
		for _, c := range i.Components {
			name := c.Name
			if c.Group != "" {
				name = c.Group + ": " + name
			}
			_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", output.Line(name), quantity(c), c.Unit, monthly(c), fine(c.Hourly))
		}
	}
	_, _ = fmt.Fprintf(t, "TOTAL%s\t\t\t%s\t%s\n", cost.Without(len(e.Unpriced)), dollars(&e.Total.Monthly), fine(&e.Total.Hourly))
	_ = t.Flush() // the writer of a command
	if e.Before != nil {
		_, _ = fmt.Fprintf(w, "\nbefore %s%s, after %s%s a month: %s\n", dollars(&e.Before.Monthly), cost.Without(len(e.UnpricedBefore)),
			dollars(&e.Total.Monthly), cost.Without(len(e.Unpriced)), cost.Say(e.Delta.Monthly, e.Delta.AtLeast, signed))
		for _, c := range e.Changes {
			_, _ = fmt.Fprintf(w, "  %s  %s%s -> %s%s (%s)\n", c.Address, dollars(&c.Before), cost.Without(c.UnpricedBefore),
				dollars(&c.After), cost.Without(c.Unpriced), cost.Say(c.Delta, c.AtLeast, signed))
		}
	}
	notes(w, e)
}

// notes tells what the figures leave out, and what they rest on.
func notes(w io.Writer, e *cost.Estimate) {
	missing(w, "without a price, and in no figure above", e.Unpriced)
	missing(w, "running without a price, and not in the difference", e.UnpricedBefore)
	assumed(w, e.Assumptions)
	for _, i := range e.Items {
		if len(i.Assumed) > 0 {
			_, _ = fmt.Fprintf(w, "%s in %s: known after apply, taken as the default: %v\n", i.Address, i.Region, i.Assumed)
		}
	}
	if len(e.Warnings) > 0 {
		_, _ = fmt.Fprintf(w, "\ntold, and without effect: %d\n", len(e.Warnings))
		for _, p := range e.Warnings {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
	}
	if e.DependsOnUsage > 0 {
		depend := " depend on usage; tell it with --usage."
		if e.DependsOnUsage == 1 {
			depend = " depends on usage; tell it with --usage."
		}
		_, _ = fmt.Fprintln(w, "\n"+cost.Counted(e.DependsOnUsage, "component")+depend)
	}
	free := " cost nothing."
	if e.Free == 1 {
		free = " costs nothing."
	}
	_, _ = fmt.Fprintf(w, "%s%s Prices of %s in %s.\n", cost.Counted(e.Free, "resource"), free, e.Prices, e.Currency)
}

func missing(w io.Writer, title string, list []cost.Unpriced) {
	if len(list) == 0 {
		return
	}
	_, _ = fmt.Fprintf(w, "\n%s: %d\n", title, len(list))
	for _, u := range list {
		what := u.Address
		if u.Component != "" {
			what += " " + u.Component
		}
		_, _ = fmt.Fprintf(w, "  %s: %s\n", what, u.Why())
	}
}

func assumed(w io.Writer, list []cost.Assumption) {
	if len(list) == 0 {
		return
	}
	_, _ = fmt.Fprintf(w, "\nnot known, and assumed: %d\n", len(list))
	for _, a := range list {
		_, _ = fmt.Fprintf(w, "  %s: %s is taken as %s: %s", a.Address, a.Attribute, a.Assumed, a.Reason)
		if a.Place != "" {
			_, _ = fmt.Fprintf(w, " (%s)", a.Place)
		}
		_, _ = fmt.Fprintln(w)
	}
}

// whole is a figure of a resource: one of which parts have no price costs at least
// that, and nobody knows what it costs where there is no other part.
func whole(i cost.Item, figure string) string {
	switch priced := func(c cost.Component) bool { return c.Price != nil }; {
	case !slices.ContainsFunc(i.Components, func(c cost.Component) bool { return !priced(c) }):
		return figure
	case slices.ContainsFunc(i.Components, priced):
		return "at least " + figure
	}
	return "not known"
}

func quantity(c cost.Component) string {
	if c.Quantity == nil {
		return "by usage"
	}
	return figure(*c.Quantity, -1)
}

func monthly(c cost.Component) string {
	switch {
	case c.Price == nil:
		return "no price"
	case c.Monthly == nil:
		return "$" + strconv.FormatFloat(*c.Price, 'f', -1, 64) + " each"
	}
	return dollars(c.Monthly)
}

func dollars(v *float64) string { return "$" + figure(*v, 2) }

// figure is a number with so many decimals; one that nobody would read to its end is short.
func figure(v float64, decimals int) string {
	if v >= 1e15 || v <= -1e15 {
		return strconv.FormatFloat(v, 'e', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func fine(v *float64) string {
	if v == nil {
		return ""
	}
	return "$" + figure(*v, 4)
}

func signed(v float64) string {
	if v < 0 {
		return "-$" + figure(-v, 2)
	}
	return "+$" + figure(v, 2)
}
