package pricebook

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// meter is a line of testdata/meters.txt.
type meter struct {
	line int
	text string
	item item
	want []Entry
}

func cut(text, by string) []string {
	var out []string
	for _, part := range strings.Split(text, by) {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}

func readMeters(t *testing.T) []meter {
	t.Helper()
	src, err := os.ReadFile("testdata/meters.txt")
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) float64 {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var out []meter
	for i, line := range strings.Split(strings.TrimSpace(string(src)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		given, want, ok := strings.Cut(line, "=")
		f := cut(given, "|")
		if !ok || len(f) != 10 {
			t.Fatalf("line %d: %q", i+1, line)
		}
		price := number(f[7])
		m := meter{line: i + 1, text: line, item: item{
			Currency: "USD", Type: "Consumption", ServiceName: f[0], ProductName: f[1], SkuName: f[2], ArmSku: f[3], MeterName: f[4], Unit: f[5],
			Tier: number(f[6]), Retail: &price, Region: f[8], Location: f[9], Since: "2026-01-01T00:00:00Z",
		}}
		for _, text := range cut(want, ";") {
			if e := cut(text, "|"); len(e) == 4 {
				m.want = append(m.want, Entry{Service: e[0], Meter: e[1], Variant: e[2], USD: number(e[3])})
			}
		}
		out = append(out, m)
	}
	return out
}

// Each line is a meter as the API answers it, among what is easily taken for it.
func TestMetersOfTheAPIAreThoseOfTheBook(t *testing.T) {
	t.Parallel()
	for _, m := range readMeters(t) {
		page, err := json.Marshal(map[string]any{"BillingCurrency": "USD", "Items": []item{m.item}, "NextPageLink": nil, "Count": 1})
		if err != nil {
			t.Fatal(err)
		}
		i := NewImport()
		if err := i.Page("page.json", strings.NewReader(string(page))); err != nil {
			t.Fatal(err)
		}
		book := &Book{prices: map[key]float64{}}
		for _, e := range i.Entries() {
			book.prices[at(e.Service, e.Meter, e.Variant, e.Region)] = e.USD
		}
		if len(m.want) == 0 && book.Len() > 0 {
			t.Errorf("line %d is taken as %v: %s", m.line, i.Entries(), m.text)
		}
		for _, want := range m.want {
			if got, ok := book.Price(want.Service, want.Meter, want.Variant, "westeurope"); !ok || math.Abs(got-want.USD) > 1e-9 {
				t.Errorf("line %d: got %v %v, want %v of %v", m.line, got, ok, want, i.Entries())
			}
		}
	}
}

// A rule that no line of the table is about may be about nothing.
func TestEveryRuleHasItsMeter(t *testing.T) {
	t.Parallel()
	meters := readMeters(t)
	for _, r := range retailRules() {
		found := false
		for _, m := range meters {
			found = found || len(r.entries(m.item)) > 0
		}
		if !found {
			t.Errorf("no line for %s %s into %v %s%s", r.serviceName, r.meter, r.into, r.name, r.variant)
		}
	}
}

func TestUnitsOfTheAPI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		azures, books string
		want          float64
		ok            bool
	}{
		{"1 Hour", "hours", 1, true},
		{"1/Hour", "units", 730, true},
		{"100 Hours", "hours", 0.01, true},
		{"10K", "1M queries", 100, true},
		{"10K/Month", "10k tags", 1, true},
		{"1 GB/Day", "GB", 30, true},
		{"1 GB", "GB", 1, true},
		{"1M", "1M operations", 1, true},
		{"1 GiB Second", "GiB-seconds", 1, true},
		{"1/Month", "hours", 0, false},
		{"1 Second", "hours", 0, false},
		{"1 Year", "units", 0, false},
		{"1/Year", "units", 0, false},
		{"100 Minutes", "units", 0, false},
		{"1/Week", "units", 0, false},
		{"", "hours", 0, false},
		{"0 Hours", "hours", 0, false},
	} {
		if got, ok := factorOf(c.azures, c.books); ok != c.ok || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s into %s: %v %v", c.azures, c.books, got, ok)
		}
	}
}

// Of several prices of one meter the newest counts, and of those of one day the highest;
// what is free for a first amount does not make the rest free.
func TestTheNewestPriceOfAMeterCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, second           float64
		firstSince, secondSince string
		want                    float64
	}{
		{0.1, 0.2, "2025-01-01", "2024-01-01", 0.1},
		{0.1, 0.2, "2024-01-01", "2025-01-01", 0.2},
		{0.3, 0.2, "2025-01-01", "2025-01-01", 0.3},
		{0.1, 0, "2024-01-01", "2025-01-01", 0.1},
		{0, 0.1, "2025-01-01", "2024-01-01", 0.1},
	} {
		i := NewImport()
		i.keep(Entry{Service: "lb", Meter: "m", Region: "*", USD: c.first}, c.firstSince)
		i.keep(Entry{Service: "lb", Meter: "m", Region: "*", USD: c.second}, c.secondSince)
		if got := i.Entries()[0].USD; got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
