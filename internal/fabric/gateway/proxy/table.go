package proxy

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Table is an immutable routing table. What a lookup costs depends on the
// length of the host and the path, not on how many routes there are.
type Table struct {
	// exact are sites by host, wild by what follows the star.
	exact, wild map[string]*site
	// domains are those that lie below a wildcard: they may have others to serve their hosts.
	domains route.Domains
	entries []*Entry
	// none counts what no route takes.
	none *routeMetrics
	// metrics count what ended before a route was found; nil counts nothing.
	metrics *Metrics
}

// site is what is served on one host.
type site struct {
	// scope is the stage whose host it is.
	scope kernel.Scope
	// exact and prefix are candidates by path; a prefix has no slash at its end.
	exact, prefix map[string][]*Candidate
	patterns      []*Candidate
}

// Table builds a table of entries, with the domains that decide whose hosts are which no
// route names. Two entries that take the very same requests are an error.
func (c Counting) Table(entries []*Entry, domains route.Domains) (*Table, error) {
	t := &Table{exact: map[string]*site{}, wild: map[string]*site{}, domains: route.Domains{}, entries: entries, none: c.Metrics.ofNone(), metrics: c.Metrics}
	for _, e := range entries {
		for _, host := range e.Hosts {
			s := t.site(host, e.Scope)
			for i := range e.rules {
				for j := range e.rules[i].matches {
					s.add(&Candidate{entry: e, rule: e.rules[i], match: e.rules[i].matches[j]})
				}
			}
		}
	}
	for _, sites := range []map[string]*site{t.exact, t.wild} {
		for host, s := range sites {
			if err := s.order(); err != nil {
				return nil, fmt.Errorf("build routing table: host %s: %w", host, err)
			}
		}
	}
	for name, scope := range domains {
		if (&walk{t: t, host: name, rest: name}).next() != nil {
			t.domains[name] = scope
		}
	}
	return t, nil
}

func (t *Table) site(host string, scope kernel.Scope) *site {
	sites := t.exact
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		sites, host = t.wild, rest
	}
	if sites[host] == nil {
		sites[host] = &site{exact: map[string][]*Candidate{}, prefix: map[string][]*Candidate{}, scope: scope}
	}
	return sites[host]
}

func (s *site) add(c *Candidate) {
	switch c.match.pathType {
	case route.Exact:
		s.exact[c.match.path] = append(s.exact[c.match.path], c)
	case route.PathPrefix:
		key := strings.TrimSuffix(c.match.path, "/")
		s.prefix[key] = append(s.prefix[key], c)
	default:
		s.patterns = append(s.patterns, c)
	}
}

// walk goes over the sites that a host may be served by, the closest first (Gateway API): the
// exact one, then wildcards from the longest. Those that are not of the stage whose host it
// is by a closer site or a closer domain are left out.
type walk struct {
	t *Table
	// host is asked for; rest is what a wildcard was looked for last.
	host, rest string
	begun      bool
	// closest is the site of before, domain the closest domain, nil and empty for none.
	closest *site
	domain  string
}

// of begins a walk.
func (t *Table) of(host string) walk {
	return walk{t: t, host: host, rest: host, domain: t.domains.Closest(host)}
}

// next returns one site after the other, then nil.
func (w *walk) next() *site {
	if !w.begun {
		w.begun = true
		if s := w.t.exact[w.host]; s != nil {
			w.closest = s
			return s
		}
	}
	for len(w.t.wild) > 0 {
		_, after, ok := strings.Cut(w.rest, ".")
		if !ok {
			return nil
		}
		w.rest = after
		if s := w.t.wild[after]; s != nil && w.serves(s) {
			w.closest = s
			return s
		}
	}
	return nil
}

func (w *walk) serves(s *site) bool {
	return (w.closest == nil || w.closest.scope == s.scope) && (w.domain == "" || w.t.domains.Hold(s.scope, w.host))
}

// Lookup finds what a request matches most closely; hostKnown tells an unknown
// host from an unknown path.
func (t *Table) Lookup(x *exchange.Exchange) (c *Candidate, hostKnown bool) {
	w := t.of(x.Host)
	for s := w.next(); s != nil; s = w.next() {
		hostKnown = true
		if c = s.lookup(x); c != nil {
			return c, true
		}
	}
	return nil, hostKnown
}

// Has reports whether any route serves the host.
func (t *Table) Has(host string) bool {
	_, _, ok := t.Host(host)
	return ok
}

// Host returns the host of routes that takes a name, which may be a wildcard, and whose they
// are; false where no route does.
func (t *Table) Host(name string) (host string, scope kernel.Scope, ok bool) {
	w := t.of(name)
	s := w.next()
	if s == nil {
		return "", kernel.Scope{}, false
	}
	if s == t.exact[name] {
		return name, s.scope, true
	}
	return "*." + w.rest, s.scope, true
}

// lookup tries the exact path, then expressions, then the longest prefix.
func (s *site) lookup(x *exchange.Exchange) *Candidate {
	if c := first(s.exact[x.Path], x); c != nil {
		return c
	}
	if c := first(s.patterns, x); c != nil {
		return c
	}
	for p := strings.TrimSuffix(x.Path, "/"); ; {
		if c := first(s.prefix[p], x); c != nil {
			return c
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return nil
		}
		p = p[:i]
	}
}

func first(all []*Candidate, x *exchange.Exchange) *Candidate {
	for _, c := range all {
		if c.match.holds(x) {
			return c
		}
	}
	return nil
}
