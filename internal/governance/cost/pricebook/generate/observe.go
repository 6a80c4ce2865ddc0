package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
)

// span is what a price can be.
type span struct {
	low, high float64
}

type place struct{ service, meter, variant, region, unit string }

// divisor reads by how many a price is divided: +N is one more than N.
func divisor(text string) float64 {
	more := strings.HasPrefix(text, "+")
	n, err := strconv.ParseFloat(strings.TrimPrefix(text, "+"), 64)
	switch {
	case more && err != nil:
		return 1
	case more:
		return n + 1
	case err != nil || n == 0:
		return 1
	}
	return n
}

// observe makes entries of observed rows.
func observe(rows []map[string]string, named map[string]string) ([]pricebook.Entry, []string) {
	compiled := compile()
	spans := map[place][]span{}
	for _, r := range rows {
		typ := strings.TrimPrefix(r["resource_type"], "azurerm_")
		m := meterOf(typ, r["component"], compiled)
		if m.variant == "unit" {
			m.variant = map[string]string{"months": "months"}[r["unit"]]
			if m.variant == "" {
				m.variant = "operations"
			}
		}
		s, ok := spanOf(r)
		if !ok {
			continue
		}
		s.low, s.high = s.low/m.per, s.high/m.per
		for _, region := range regions(m.service, r["regions_in_case"]) {
			p := place{m.service, m.name, m.variant, region, r["unit"]}
			spans[p] = append(spans[p], s)
		}
	}
	var entries []pricebook.Entry
	var conflicts []string
	for p, list := range spans {
		for _, c := range cluster(list) {
			usd := shortest(c.low, c.high)
			e := pricebook.Entry{Service: p.service, Meter: p.meter, Variant: p.variant, Region: p.region, Unit: p.unit, USD: usd}
			if p.variant == "?" || more(cluster(list)) {
				keyText := fmt.Sprintf("%s|%s|%s|%s", p.service, p.meter, p.region, strconv.FormatFloat(usd, 'f', -1, 64))
				variant, ok := named[keyText]
				if !ok {
					conflicts = append(conflicts, keyText)
					continue
				}
				for _, v := range strings.Fields(variant) {
					e.Variant = strings.Trim(v, "-")
					entries = append(entries, e)
				}
				continue
			}
			entries = append(entries, e)
		}
	}
	sort.Strings(conflicts)
	return entries, conflicts
}

func more(list []span) bool { return len(list) > 1 }

// regions are where a price was observed. What Azure has one price of, in the region
// Global, counts everywhere.
func regions(service, text string) []string {
	if slices.Contains([]string{"private_endpoint", "monitor_action_group", "federated_identity_credential"}, service) {
		return []string{"*"}
	}
	var out []string
	for _, r := range strings.Fields(text) {
		if r != "dynamic" && !strings.HasPrefix(r, "equinix") {
			out = append(out, r)
		}
	}
	if len(out) == 0 || out[0] == "global" {
		return []string{"*"}
	}
	return out
}

// spanOf reads a price's interval off a row: of cost and quantity, or as shown.
func spanOf(r map[string]string) (span, bool) {
	if q, err := strconv.ParseFloat(r["monthly_quantity"], 64); err == nil && q > 0 {
		usd, err := strconv.ParseFloat(r["monthly_usd"], 64)
		wide := rounding(r["monthly_quantity"])
		return span{low: (usd - 0.005) / (q + wide), high: (usd + 0.005) / (q - wide)}, err == nil
	}
	shown, err := strconv.ParseFloat(r["usd_per_unit"], 64)
	wide := rounding(r["usd_per_unit"])
	return span{low: shown - wide, high: shown + wide}, err == nil
}

// rounding is half of a figure's last decimal; whole figures are exact.
func rounding(text string) float64 {
	_, decimals, found := strings.Cut(text, ".")
	if !found || strings.Contains(text, "e") {
		return 0
	}
	return 0.5 * math.Pow(10, -float64(len(decimals)))
}

// cluster intersects intervals, the narrowest first.
func cluster(list []span) []span {
	sort.Slice(list, func(i, j int) bool { return list[i].high-list[i].low < list[j].high-list[j].low })
	var out []span
next:
	for _, s := range list {
		for i, c := range out {
			if s.low <= c.high*1.0000001 && c.low <= s.high*1.0000001 {
				out[i].low, out[i].high = math.Max(c.low, s.low), math.Min(c.high, s.high)
				continue next
			}
		}
		out = append(out, s)
	}
	return out
}

// shortest is the figure with the fewest decimals within an interval.
func shortest(low, high float64) float64 {
	middle := (low + high) / 2
	for decimals := 0; decimals < 10; decimals++ {
		scale := math.Pow(10, float64(decimals))
		if f := math.Round(middle*scale) / scale; f >= low && f <= high {
			return f
		}
	}
	return middle
}

func readVariants(name string) (map[string]string, error) {
	rows, err := table(name)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	out := map[string]string{}
	for _, r := range rows {
		out[fmt.Sprintf("%s|%s|%s|%s", r["service"], r["meter"], r["region"], r["usd"])] = r["variants"]
	}
	return out, err
}

func machine(r map[string]string) (pricebook.Entry, error) {
	usd, err := strconv.ParseFloat(r["usd_per_hour"], 64)
	return pricebook.Entry{Service: "virtual_machine", Meter: r["sku"], Variant: "linux", Region: r["region"], Unit: "hours", USD: usd}, err
}
