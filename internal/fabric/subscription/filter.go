package subscription

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a filter.
const (
	maxFilterNodes = 64
	maxFilterDepth = 5
	maxFilterText  = 256
)

// Filter is one expression in a dialect of the CloudEvents Subscriptions API,
// version 1.0, section 3.2.4: exactly one member is set. Of several pairs in
// exact, prefix and suffix all must hold.
type Filter struct {
	Exact  map[string]string `json:"exact,omitempty" doc:"Attributes that have exactly these values."`
	Prefix map[string]string `json:"prefix,omitempty" doc:"Attributes that begin with these values."`
	Suffix map[string]string `json:"suffix,omitempty" doc:"Attributes that end with these values."`
	All    []Filter          `json:"all,omitempty" doc:"All of these hold."`
	Any    []Filter          `json:"any,omitempty" doc:"One of these holds."`
	Not    *Filter           `json:"not,omitempty" doc:"This does not hold."`
}

// attributes are what filters see of an event: the context attributes of
// CloudEvents, and Terrace's extensions.
func attributes() []string {
	return []string{"id", "source", "type", "subject", "specversion", "datacontenttype", "dataschema", "tenant", "project", "stage", "actor", "reason", "requestid", "causationid"}
}

func attribute(e event.Event, name string) string {
	switch name {
	case "id":
		return e.ID
	case "source":
		return e.Source
	case "type":
		return e.Type
	case "subject":
		return e.Subject
	case "specversion":
		return e.SpecVersion
	case "datacontenttype":
		return e.DataContentType
	case "dataschema":
		return e.DataSchema
	case "tenant":
		return e.Tenant
	case "project":
		return e.Project
	case "stage":
		return e.Stage
	case "actor":
		return e.Actor
	case "reason":
		return e.Reason
	case "requestid":
		return e.Request
	case "causationid":
		return e.Causation
	default:
		return ""
	}
}

// Holds tells whether the event passes. An attribute that the event does not
// have equals nothing.
func (f Filter) Holds(e event.Event) bool {
	pairs := func(m map[string]string, test func(s, want string) bool) bool {
		for name, want := range m {
			if got := attribute(e, name); got == "" || !test(got, want) {
				return false
			}
		}
		return true
	}
	holds := func(f Filter) bool { return f.Holds(e) }
	switch {
	case f.Not != nil:
		return !f.Not.Holds(e)
	case len(f.All) > 0:
		return !slices.ContainsFunc(f.All, func(f Filter) bool { return !f.Holds(e) })
	case len(f.Any) > 0:
		return slices.ContainsFunc(f.Any, holds)
	default:
		return pairs(f.Exact, func(s, want string) bool { return s == want }) && pairs(f.Prefix, strings.HasPrefix) && pairs(f.Suffix, strings.HasSuffix)
	}
}

// Match tells whether an event passes all filters.
func Match(filters []Filter, e event.Event) bool {
	return !slices.ContainsFunc(filters, func(f Filter) bool { return !f.Holds(e) })
}

// CheckFilters returns what is wrong with filters, at paths below path.
func CheckFilters(path string, filters []Filter) []kernel.Problem {
	c := filterCheck{left: maxFilterNodes}
	c.list(path, filters, 1)
	if c.left < 0 {
		c.add(path, fmt.Sprintf("there are more than %d filters", maxFilterNodes), "use fewer")
	}
	return c.problems
}

type filterCheck struct {
	left     int
	problems []kernel.Problem
}

func (c *filterCheck) add(path, message, fix string) {
	c.problems = append(c.problems, kernel.Problem{Path: path, Message: message, Fix: fix})
}

func (c *filterCheck) list(path string, filters []Filter, depth int) {
	for i, f := range filters {
		c.one(fmt.Sprintf("%s[%d]", path, i), f, depth)
	}
}

func (c *filterCheck) one(path string, f Filter, depth int) {
	c.left--
	if depth > maxFilterDepth {
		c.add(path, fmt.Sprintf("filters are nested deeper than %d levels", maxFilterDepth), "make them flatter")
		return
	}
	members := 0
	for _, d := range []struct {
		name  string
		pairs map[string]string
		known func(string) (bool, string)
	}{{"exact", f.Exact, eventtype.Exact}, {"prefix", f.Prefix, eventtype.Begins}, {"suffix", f.Suffix, eventtype.Ends}} {
		if len(d.pairs) > 0 {
			members++
			c.pairs(path+"."+d.name, d.pairs)
			c.types(path+"."+d.name, d.pairs["type"], d.known)
		}
	}
	for name, list := range map[string][]Filter{"all": f.All, "any": f.Any} {
		if len(list) > 0 {
			members++
			c.list(path+"."+name, list, depth+1)
		}
	}
	if f.Not != nil {
		members++
		c.one(path+".not", *f.Not, depth+1)
	}
	if members != 1 {
		c.add(path, fmt.Sprintf("a filter has one of exact, prefix, suffix, all, any and not, this one has %d", members), "put several filters into all")
	}
}

func (c *filterCheck) pairs(path string, m map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch {
		case !slices.Contains(attributes(), name):
			c.add(path+"."+name, fmt.Sprintf("events have no attribute %q", name), "use one of "+strings.Join(attributes(), ", "))
		case m[name] == "" || len(m[name]) > maxFilterText:
			c.add(path+"."+name, "the value is empty or too long", fmt.Sprintf("use 1 to %d characters", maxFilterText))
		}
	}
}

// types refuses what no event can be.
func (c *filterCheck) types(path, value string, known func(string) (bool, string)) {
	if value == "" {
		return
	}
	ok, near := known(value)
	switch {
	case ok:
	case near == "":
		c.add(path+".type", fmt.Sprintf("no event has the type %q", value), "see the types there are with: terrace events types")
	default:
		c.add(path+".type", fmt.Sprintf("no event has the type %q", value), "did you mean "+near+"? See the types there are with: terrace events types")
	}
}

// Facts names the types of facts that can pass the filters, as event.Filter does:
// run.failed, or run.> for all that begin so; "" where that cannot be said.
func Facts(filters []Filter) string {
	for _, f := range filters {
		if fact, ok := strings.CutPrefix(f.Exact["type"], eventtype.Prefix); ok && subject.MatchString(fact) {
			return fact
		}
		fact, ok := strings.CutPrefix(f.Prefix["type"], eventtype.Prefix)
		if begin, whole := strings.CutSuffix(fact, "."); ok && whole && subject.MatchString(begin) {
			return begin + ".>"
		}
	}
	return ""
}
