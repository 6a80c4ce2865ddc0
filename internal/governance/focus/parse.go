package focus

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// parser reads the columns of one row.
type parser struct {
	*Reader

	row      []string
	problems []kernel.Problem
}

func (p *parser) parse(c *Charge) {
	if len(p.row) != p.layout.width {
		p.bad("", fmt.Sprintf("the row has %d fields and the header %d", len(p.row), p.layout.width), "quote fields that have a comma or a line break")
		return
	}
	*c = Charge{
		Provider: p.needed(colProvider), Account: p.needed(colAccount), Currency: p.currency(),
		Period: p.day(colPeriodStart), End: p.day(colPeriodEnd), Day: p.day(colChargeStart), Category: p.category(),
	}
	c.Thing = Thing{
		Provider: c.Provider, Service: p.needed(colService), Category: p.layout.read(p.row, colKind),
		SubAccount: p.layout.read(p.row, colSubAccount), Resource: p.layout.read(p.row, colResource), Name: p.layout.read(p.row, colResourceName),
	}
	c.Billed = p.amount(c, colBilled, true)
	c.Effective = p.amount(c, colEffective, true)
	c.List = p.amount(c, colList, false)
	c.Tags = p.labels()
	if c.Period != "" && c.End != "" && c.End <= c.Period {
		p.bad(colPeriodEnd, "the billing period ends before it begins", "export the file again")
	}
}

// bad notes a problem of a column.
func (p *parser) bad(column, message, fix string) {
	problem := kernel.Problem{File: p.name(), Path: column, Message: message, Fix: fix}
	line, _ := p.csv.FieldPos(0)
	problem.Line = line - p.before
	if i, ok := p.layout.at[column]; ok {
		problem.Column = i + 1
		problem.Path = p.layout.names[i]
	}
	p.problems = append(p.problems, problem)
}

func (p *parser) needed(column string) string {
	v := p.layout.read(p.row, column)
	if v == "" {
		p.bad(column, "the value is missing", "FOCUS demands it in every row: export the file again, or leave the row out with --on-error skip")
	}
	return v
}

func (p *parser) currency() string {
	v := p.needed(colCurrency)
	if v == "" {
		return ""
	}
	if known, ok := p.currencies[v]; ok {
		return known
	}
	code, ok := Currency(v)
	if !ok {
		p.bad(colCurrency, fmt.Sprintf("%.40q is no currency", v), "write its code of ISO 4217, such as EUR")
		return ""
	}
	return remember(p.currencies, v, code)
}

// Currency returns a currency's code as ISO 4217 writes it, false for what is none.
func Currency(text string) (string, bool) {
	code, err := currency.ParseISO(text)
	if err != nil {
		return "", false
	}
	return code.String(), true
}

func (p *parser) category() string {
	v := p.needed(colCategory)
	if v != "" && !slices.Contains(Categories(), v) {
		p.bad(colCategory, fmt.Sprintf("%.40q is no category of charges", v), "it is one of "+strings.Join(Categories(), ", "))
	}
	return v
}

func (p *parser) amount(c *Charge, column string, must bool) Amount {
	v := p.layout.read(p.row, column)
	if v == "" {
		if must {
			p.needed(column)
		}
		return Amount{}
	}
	a, exact, err := ParseAmount(v)
	if errors.Is(err, errTooLarge) {
		p.bad(column, fmt.Sprintf("%.60q %s", v, errTooLarge), fmt.Sprintf("correct it: an amount has at most %d digits before the point", maxWhole))
		return Amount{}
	}
	if err != nil {
		p.bad(column, fmt.Sprintf("%.60q is no amount", v), "write a decimal number with a point and without separators, such as -1234.56")
		return Amount{}
	}
	c.rounded = c.rounded || !exact
	return a
}

// layouts are how exporters write times.
func layouts() []string {
	return []string{time.RFC3339, time.DateTime, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", time.DateOnly, "1/2/2006", "1/2/2006 15:04"}
}

// day returns the day of a time, in UTC.
func (p *parser) day(column string) string {
	v := p.needed(column)
	if v == "" {
		return ""
	}
	if known, ok := p.times[v]; ok {
		return known
	}
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, v); err == nil {
			return remember(p.times, v, t.UTC().Format(time.DateOnly))
		}
	}
	p.bad(column, fmt.Sprintf("%.60q is no time", v), "write it as 2026-01-31T00:00:00Z")
	return ""
}

// labels returns the tags, and those of a share of a split resource over them.
func (p *parser) labels() string {
	v, over := p.layout.read(p.row, colTags), p.layout.read(p.row, colAllocated)
	if v == "" && over == "" {
		return ""
	}
	if known, ok := p.tags[v+over]; ok {
		return known
	}
	all := map[string]string{}
	for _, one := range []struct{ column, text string }{{colTags, v}, {colAllocated, over}} {
		if one.text != "" && !p.object(one.column, one.text, all) {
			return ""
		}
	}
	if len(all) == 0 {
		return remember(p.tags, v+over, "")
	}
	written, _ := json.Marshal(all) // texts alone
	return remember(p.tags, v+over, string(written))
}

func (p *parser) object(column, text string, into map[string]string) bool {
	var read map[string]any
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		p.bad(column, fmt.Sprintf("%.60q is no JSON object of tags", text), `write them as {"key": "value"}`)
		return false
	}
	for k, v := range read {
		switch v := v.(type) {
		case string:
			into[k] = v
		case nil:
			into[k] = ""
		default:
			written, _ := json.Marshal(v) // it was read just now
			into[k] = string(written)
		}
	}
	return true
}
