package proxy

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// Route is the candidate's.
func (c *Candidate) Route() route.Route { return c.entry.Route }

// Place is where the candidate stands in its route: in which rule, and which of its matches
// it is, both from 0.
func (c *Candidate) Place() (rule, match int) {
	return c.rule.place, slices.Index(c.rule.matches, c.match)
}

// Candidates are all matches for a host, the closest host and match first.
func (t *Table) Candidates(host string) []*Candidate {
	var out []*Candidate
	w := t.of(host)
	for s := w.next(); s != nil; s = w.next() {
		var all []*Candidate
		for _, byPath := range []map[string][]*Candidate{s.exact, s.prefix} {
			for _, list := range byPath {
				all = append(all, list...)
			}
		}
		all = append(all, s.patterns...)
		slices.SortFunc(all, func(a, b *Candidate) int {
			return cmp.Or(cmp.Compare(order(a.match), order(b.match)), closer(a, b))
		})
		out = append(out, all...)
	}
	return out
}

// Why says why a candidate does not take a request; found is
// what takes it, nil for nothing.
func (c *Candidate) Why(x *exchange.Exchange, found *Candidate) string {
	m := c.match
	switch path := strings.TrimSuffix(m.path, "/"); {
	case m.pathType == route.Exact && x.Path != m.path:
		return "the path is not exactly " + m.path
	case m.pathType == route.PathPrefix && x.Path != path && !strings.HasPrefix(x.Path, path+"/"):
		return "the path is not within " + m.path
	case m.pattern != nil && !m.pattern.MatchString(x.Path):
		return "the path is not as " + m.path + " says"
	case m.method != nil && string(m.method) != string(x.Request.Header.Method()):
		return "the method is not " + string(m.method)
	}
	for i, v := range m.headers {
		if got := x.Request.Header.Peek(v.name); got == nil || !m.headers[i].holds(got) {
			return "header " + v.name + " is not " + v.wanted()
		}
	}
	for i := range m.query {
		if one := (match{query: m.query[i : i+1]}); !one.asks(x) {
			return "query parameter " + m.query[i].name + " is not " + m.query[i].wanted()
		}
	}
	if found == nil {
		return "it holds"
	}
	return "it holds, too, but route " + found.entry.Name + " matches more closely"
}

func (v *value) wanted() string {
	if v.pattern != nil {
		return "as " + v.text + " says"
	}
	return strconv.Quote(string(v.exact))
}

// Answer says in words who answers what the candidate takes.
func (c *Candidate) Answer() string {
	r := c.rule
	if d := r.Redirect; d != nil {
		return "a redirect with status " + strconv.Itoa(cmp.Or(d.Status, http.StatusFound))
	}
	if r.total == 0 {
		return "nobody: the weights of all services are 0, so the gateway answers 500"
	}
	parts := make([]string, 0, len(r.Backends))
	for i, b := range r.Backends {
		before := 0
		if i > 0 {
			before = r.shares[i-1]
		}
		name := "service " + b.Service
		if b.Outside() {
			name = b.URL
		}
		if b.Port != "" {
			name += ":" + b.Port
		}
		if share := r.shares[i] - before; share < r.total {
			name += " (" + strconv.FormatFloat(100*float64(share)/float64(r.total), 'f', -1, 64) + " %)"
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}
