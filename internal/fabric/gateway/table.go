package gateway

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// table is an immutable routing table: per host, its routes with the longest
// path first.
type table struct {
	revision int64
	hosts    map[string][]*entry
}

// entry is a route, ready to serve.
type entry struct {
	Route

	// prefix is the path with a slash at its end.
	prefix string
	// scope is the route's scope in words.
	scope   string
	metrics *routeMetrics
	filters []exchange.Filter
	// handler is the filters in front of the service, once it has been asked for.
	handler atomic.Pointer[exchange.Handler]
}

// serve has the exchange answered behind the route's filters.
func (e *entry) serve(x *exchange.Exchange, last func(*exchange.Exchange, *entry)) {
	h := e.handler.Load()
	if h == nil {
		built := exchange.Chain(func(x *exchange.Exchange) { last(x, e) }, e.filters...)
		h = &built
		e.handler.Store(h)
	}
	(*h)(x)
}

// newTable builds a table and checks it: nothing is swapped in that was not
// whole.
func newTable(routes []Route, revision int64, m *Metrics, filters func(Route) []exchange.Filter) (*table, error) {
	t := &table{revision: revision, hosts: make(map[string][]*entry, len(routes))}
	for _, r := range routes {
		if _, err := r.Normalize(); err != nil {
			return nil, fmt.Errorf("build routing table: %w", err)
		}
		e := &entry{Route: r, filters: filters(r), prefix: strings.TrimSuffix(r.Path, "/") + "/", scope: r.Scope.String(), metrics: m.of(r)}
		t.hosts[r.Host] = append(t.hosts[r.Host], e)
	}
	for host, entries := range t.hosts {
		slices.SortFunc(entries, func(a, b *entry) int { return len(b.prefix) - len(a.prefix) })
		for i := 1; i < len(entries); i++ {
			if entries[i].prefix == entries[i-1].prefix {
				return nil, fmt.Errorf("build routing table: %s%s is routed twice", host, entries[i].Path)
			}
		}
	}
	return t, nil
}

// lookup finds the route with the longest path for a request; hostKnown tells
// an unknown host from an unknown path.
func (t *table) lookup(host, clean string) (e *entry, hostKnown bool) {
	entries := t.hosts[host]
	if len(entries) == 0 {
		return nil, false
	}
	if len(entries) == 1 && entries[0].prefix == "/" {
		return entries[0], true
	}
	for _, e := range entries {
		if strings.HasPrefix(clean, e.prefix) || clean == e.Path {
			return e, true
		}
	}
	return nil, true
}

// of returns the entry of a route, nil where there is none.
func (t *table) of(r Route) *entry {
	for _, e := range t.hosts[r.Host] {
		if e.Scope == r.Scope && e.Name == r.Name {
			return e
		}
	}
	return nil
}
