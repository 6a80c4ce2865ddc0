package pricebook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxPage bounds a page of the API, in bytes.
const maxPage = 64 << 20

// item is what Azure's retail price API says of a meter.
type item struct {
	Currency    string   `json:"currencyCode"`
	Tier        float64  `json:"tierMinimumUnits"`
	Retail      *float64 `json:"retailPrice"`
	Region      string   `json:"armRegionName"`
	Location    string   `json:"location"`
	ServiceName string   `json:"serviceName"`
	ProductName string   `json:"productName"`
	SkuName     string   `json:"skuName"`
	ArmSku      string   `json:"armSkuName"`
	MeterName   string   `json:"meterName"`
	Unit        string   `json:"unitOfMeasure"`
	Type        string   `json:"type"`
	Term        string   `json:"reservationTerm"`
	Since       string   `json:"effectiveStartDate"`
}

// Import collects entries of pages of Azure's retail price API.
type Import struct {
	entries map[key]Entry
	// since is from when on a price is one.
	since map[key]string
	// Items counts what the pages have, Skipped what is no price on demand.
	Items, Skipped int
	// Unmapped counts meters that no description asks for, by service.
	Unmapped map[string]int
	// Next is the page that a page names and that was not taken in, "" if all were.
	Next  string
	links map[string]bool
	pages int
	rules []retailRule
}

// NewImport begins an import.
func NewImport() *Import {
	return &Import{entries: map[key]Entry{}, since: map[key]string{}, Unmapped: map[string]int{}, links: map[string]bool{}, rules: retailRules()}
}

// Page takes in one page, as the API answers it.
func (i *Import) Page(name string, in io.Reader) error {
	src, err := io.ReadAll(io.LimitReader(in, maxPage+1))
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
	}
	if len(src) > maxPage {
		return kernel.Errorf(kernel.Invalid, "%s is larger than %d MiB", name, maxPage>>20)
	}
	var page struct {
		Items []item
		Next  string `json:"NextPageLink"`
	}
	err = json.Unmarshal(src, &page)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && strings.HasPrefix(wrong.Field, "Items.") {
		head := src[:min(int(wrong.Offset), len(src))]
		return kernel.Errorf(kernel.Invalid, "the prices are not understood").WithProblems(kernel.Problem{
			File: name, Line: 1 + bytes.Count(head, []byte("\n")), Column: max(1, len(head)-bytes.LastIndexByte(head, '\n')-1), Path: wrong.Field,
			Message: "it is a " + wrong.Value, Fix: "Save the page again, as the API answers it.",
		})
	}
	if err != nil || page.Items == nil {
		return kernel.Errorf(kernel.Invalid, "%s is no page of the retail price API: it has no list of Items with their prices", name).
			WithFix("Save what https://prices.azure.com/api/retail/prices answers.")
	}
	for n, it := range page.Items {
		if it.Retail == nil || *it.Retail < 0 {
			return kernel.Errorf(kernel.Invalid, "%s: item %d (%s) has no price, or one below zero", name, n+1, it.MeterName).WithFix("Save the page again.")
		}
		i.Items++
		i.take(it)
	}
	i.follow(page.Next)
	return nil
}

// follow notes the page that comes next. A chain of n pages names n-1 others: one
// more is missing.
func (i *Import) follow(next string) {
	i.pages++
	if next != "" {
		i.links[next] = true
	}
	if i.Next = ""; len(i.links) >= i.pages {
		i.Next = next
	}
}

// take keeps the on-demand price in US dollars of a meter that is known, for each of
// the book's meters that it is.
func (i *Import) take(it item) {
	if it.Type != "Consumption" || it.Term != "" || it.Currency != "USD" || special(it) {
		i.Skipped++
		return
	}
	known := false
	for _, r := range i.rules {
		for _, e := range r.entries(it) {
			if e.Meter != "" {
				i.keep(e, it.Since)
				known = true
			}
		}
	}
	if !known {
		i.Unmapped[it.ServiceName]++
	}
}

// special is what is not sold to everybody on demand: spare capacity, what is over,
// and what is given.
func special(it item) bool {
	return strings.Contains(it.SkuName, "Spot") || strings.Contains(it.SkuName, "Low Priority") || strings.HasSuffix(it.MeterName, "Expired") ||
		strings.HasSuffix(it.MeterName, "Free") || it.SkuName == "Free Tier"
}

// keep takes a price. Of several for one meter the newest counts, of those of one day
// the highest; what is free for a first amount does not make the rest free.
func (i *Import) keep(e Entry, since string) {
	k := at(e.Service, e.Meter, e.Variant, e.Region)
	was, there := i.entries[k]
	newer := cmp.Or(cmp.Compare(since, i.since[k]), cmp.Compare(e.USD, was.USD)) > 0
	if there && was.USD > 0 && (e.USD == 0 || !newer) {
		return
	}
	i.entries[k], i.since[k] = e, since
}

// Entries are what was taken in, in order.
func (i *Import) Entries() []Entry {
	out := make([]Entry, 0, len(i.entries))
	for _, e := range i.entries {
		out = append(out, e)
	}
	sort.Slice(out, func(a, b int) bool {
		return strings.Join(out[a].Row(), "\x00") < strings.Join(out[b].Row(), "\x00")
	})
	return out
}
