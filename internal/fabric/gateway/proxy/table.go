package proxy

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// Table is an immutable routing table. What a lookup costs depends on the
// length of the host and the path, not on how many routes there are.
type Table struct {
	// exact are sites by host, wild by what follows the star.
	exact, wild map[string]*site
	entries     []*Entry
	// none counts what no route takes.
	none *routeMetrics
	// metrics count what ended before a route was found; nil counts nothing.
	metrics *Metrics
}

// site is what is served on one host.
type site struct {
	// exact and prefix are candidates by path; a prefix has no slash at its end.
	exact, prefix map[string][]*Candidate
	patterns      []*Candidate
}

// Table builds a table of entries. Two of them that take the very same requests are an error.
func (c Counting) Table(entries []*Entry) (*Table, error) {
	t := &Table{exact: map[string]*site{}, wild: map[string]*site{}, entries: entries, none: c.Metrics.ofNone(), metrics: c.Metrics}
	for _, e := range entries {
		for _, host := range e.Hosts {
			s := t.site(host)
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
	return t, nil
}

func (t *Table) site(host string) *site {
	sites := t.exact
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		sites, host = t.wild, rest
	}
	if sites[host] == nil {
		sites[host] = &site{exact: map[string][]*Candidate{}, prefix: map[string][]*Candidate{}}
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

// Lookup finds what a request matches most closely; hostKnown tells an unknown
// host from an unknown path. The closest host comes first (Gateway API): the
// exact one, then wildcards from the longest.
func (t *Table) Lookup(x *exchange.Exchange) (c *Candidate, hostKnown bool) {
	if s := t.exact[x.Host]; s != nil {
		hostKnown = true
		if c = s.lookup(x); c != nil {
			return c, true
		}
	}
	if len(t.wild) == 0 {
		return nil, hostKnown
	}
	for rest := x.Host; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return nil, hostKnown
		}
		rest = after
		if s := t.wild[rest]; s != nil {
			hostKnown = true
			if c = s.lookup(x); c != nil {
				return c, true
			}
		}
	}
}

// Has reports whether any route serves the host.
func (t *Table) Has(host string) bool {
	if t.exact[host] != nil {
		return true
	}
	for rest := host; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return false
		}
		if rest = after; t.wild[rest] != nil {
			return true
		}
	}
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
