// Package capability is the table of what Azure does of the gateway's documents: which field
// is exact, which only comes close, and which is refused.
//
// It owns the table and how a document is held against it, so that a client checks
// documents without a server. What depends on values is the translation's to tell.
package capability

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// How is how well Azure does what a field says.
type How string

// The degrees.
const (
	// Exact is as the gateway does it.
	Exact How = "exact"
	// Approximate comes close; what differs is told.
	Approximate How = "approximate"
	// Refused is not to be had: a document that says it is no document for an Azure stage.
	Refused How = "refused"
)

// Capability says what Azure makes of a field of the documents of a kind. A field that
// has no capability is refused, with all within it.
type Capability struct {
	Kind, Field string
	How         How
	// By is what of Azure does it, empty where nothing does.
	By string
	// Says is what differs, or why it is refused.
	Says string
	// Do is what to do where it is refused, but to leave it out.
	Do string
}

// Finding is what is to be said of a field of a document.
type Finding struct {
	How           How
	Kind, Name    string
	Path, Message string
	Fix           string
}

const leaveOut = "leave it out on this stage"

// The parts of Azure.
const (
	apim  = "API Management"
	agw   = "Application Gateway"
	waf   = "Web Application Firewall"
	redis = "API Management with Redis"
)

// All is the table of what Azure does, by kinds in the order of the guide.
func All() []Capability {
	return slices.Concat(routeCapabilities(), limitCapabilities(), signInCapabilities(), authorizationCapabilities(), productCapabilities(),
		headerCapabilities(), firewallCapabilities(), cacheCapabilities(), validationCapabilities(), observeCapabilities())
}

// Kinds are the kinds that the table is about.
func Kinds() []string {
	var kinds []string
	for _, c := range All() {
		if !slices.Contains(kinds, c.Kind) {
			kinds = append(kinds, c.Kind)
		}
	}
	return kinds
}

// Table is the capabilities, to be looked up.
type Table struct {
	of map[[2]string]Capability
	// within are the fields that have fields within them, kinds those that have any.
	within map[[2]string]bool
	kinds  map[string]bool
}

// NewTable returns the table.
func NewTable() *Table {
	t := &Table{of: map[[2]string]Capability{}, within: map[[2]string]bool{}, kinds: map[string]bool{}}
	for _, c := range All() {
		t.of[[2]string{c.Kind, c.Field}], t.kinds[c.Kind] = c, true
		for i, r := range c.Field {
			if r == '.' {
				t.within[[2]string{c.Kind, strings.TrimSuffix(c.Field[:i], "[]")}] = true
			}
		}
	}
	return t
}

// looker looks at every field that a document says.
type looker struct {
	*Table

	kind, name string
	findings   []Finding
}

// Look returns what the table says of the spec of a document.
func (t *Table) Look(kind, name string, spec json.RawMessage) []Finding {
	l := &looker{Table: t, kind: kind, name: name}
	if !t.kinds[kind] {
		l.add(Refused, "", "nothing of Azure does what a "+kind+" says", leaveOut)
		return l.findings
	}
	var fields map[string]any
	if err := json.Unmarshal(spec, &fields); err != nil && len(spec) > 0 {
		l.add(Refused, "", "the spec cannot be read: "+err.Error(), "")
	}
	if c, ok := t.of[[2]string{kind, ""}]; ok {
		l.add(c.How, "", c.By+": "+c.Says, "")
	}
	l.object("", "", fields)
	return l.findings
}

func (l *looker) add(how How, path, message, fix string) {
	l.findings = append(l.findings, Finding{How: how, Kind: l.kind, Name: l.name, Path: path, Message: message, Fix: fix})
}

// object looks at the fields of an object; at is its place in the document, field its
// place in the table.
func (l *looker) object(at, field string, fields map[string]any) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := fields[name]
		if says(value) {
			l.field(dotted(at, name), dotted(field, name), value)
		}
	}
}

func (l *looker) field(at, field string, value any) {
	key := [2]string{l.kind, field}
	c, ok := l.of[key]
	if !ok && !l.within[key] {
		l.add(Refused, at, "Azure knows nothing like it", leaveOut)
		return
	}
	switch c.How {
	case Refused:
		l.add(Refused, at, c.Says, cmp.Or(c.Do, leaveOut))
		return
	case Exact:
	case Approximate:
		l.add(Approximate, at, c.By+": "+c.Says, "")
	}
	if !l.within[key] {
		return // the value is whole
	}
	switch value := value.(type) {
	case map[string]any:
		l.object(at, field, value)
	case []any:
		for i, item := range value {
			if o, is := item.(map[string]any); is {
				l.object(at+"["+strconv.Itoa(i)+"]", field+"[]", o)
			}
		}
	}
}

// says tells that a value is more than what a field has that is not there.
func says(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

func dotted(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
