package agreement

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// compare counts the rows of one case.
func (r *Report) compare(name string, rows []Row, estimate *cost.Estimate, catalog cost.Catalog) {
	left := map[string][]cost.Component{}
	for _, item := range estimate.Items {
		for _, c := range item.Components {
			k := item.Address + "\x00" + c.Group + "\x00" + c.Name
			left[k] = append(left[k], c)
		}
	}
	for _, row := range rows {
		r.Components++
		typ := typeOf(row.Resource)
		k := row.Resource + "\x00" + row.Group + "\x00" + row.Name
		if _, ok := catalog.Model(typ); !ok {
			r.Unsupported[typ]++
			continue
		}
		r.Supported++
		found, agrees := pick(left[k], row)
		if agrees >= 0 {
			left[k] = append(left[k][:agrees:agrees], left[k][agrees+1:]...)
			r.Agreed++
			continue
		}
		r.Disagreements = append(r.Disagreements, Disagreement{
			Case: name, Resource: row.Resource, Component: strings.Trim(row.Group+"/"+row.Name, "/"), Expected: expected(row), Found: found,
		})
	}
	for k, extra := range left {
		parts := strings.Split(k, "\x00")
		for _, c := range extra {
			r.Extra++
			r.Disagreements = append(r.Disagreements, Disagreement{
				Case: name, Resource: parts[0], Component: strings.Trim(parts[1]+"/"+parts[2], "/"), Expected: "not in the table", Found: shown(c),
			})
		}
	}
}

// pick finds the component that agrees with a row, or tells what is there.
func pick(components []cost.Component, row Row) (string, int) {
	found := "nothing"
	for i, c := range components {
		if agrees(row, c) {
			return "", i
		}
		found = shown(c)
	}
	return found, -1
}

func agrees(row Row, c cost.Component) bool {
	if c.Unit != row.Unit || c.Price == nil {
		return false
	}
	if row.Price != "" {
		return c.Quantity == nil && same(row.Price, *c.Price)
	}
	return c.Quantity != nil && same(row.Quantity, *c.Quantity) && same(row.Cost, *c.Monthly)
}

func expected(row Row) string {
	if row.Price != "" {
		return fmt.Sprintf("$%s per %s", row.Price, row.Unit)
	}
	return fmt.Sprintf("%s %s $%s", row.Quantity, row.Unit, row.Cost)
}

func shown(c cost.Component) string {
	switch {
	case c.Price == nil:
		return "no price per " + c.Unit
	case c.Quantity == nil:
		return fmt.Sprintf("$%g per %s", *c.Price, c.Unit)
	}
	return fmt.Sprintf("%g %s $%.4f", *c.Quantity, c.Unit, *c.Monthly)
}

// typeOf is the type in an address.
func typeOf(address string) string {
	parts := strings.Split(cost.BlockOf(address), ".")
	if len(parts) < 2 {
		return address
	}
	return parts[len(parts)-2]
}
