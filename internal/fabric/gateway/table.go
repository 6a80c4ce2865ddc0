package gateway

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// table is an immutable routing table: per host, its routes with the longest
// path first.
type table struct {
	revision int64
	hosts    map[string][]entry
}

// entry is a route, ready to serve.
type entry struct {
	Route

	// prefix is the path with a slash at its end.
	prefix  string
	metrics *routeMetrics
}

// newTable builds a table and checks it: nothing is swapped in that was not
// whole.
func newTable(routes []Route, revision int64, m *Metrics) (*table, error) {
	t := &table{revision: revision, hosts: make(map[string][]entry, len(routes))}
	for _, r := range routes {
		if _, err := r.Normalize(); err != nil {
			return nil, fmt.Errorf("build routing table: %w", err)
		}
		e := entry{Route: r, prefix: strings.TrimSuffix(r.Path, "/") + "/", metrics: m.of(r)}
		t.hosts[r.Host] = append(t.hosts[r.Host], e)
	}
	for host, entries := range t.hosts {
		slices.SortFunc(entries, func(a, b entry) int { return len(b.prefix) - len(a.prefix) })
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
func (t *table) lookup(host, urlPath string) (e *entry, hostKnown bool) {
	entries := t.hosts[host]
	if len(entries) == 0 {
		return nil, false
	}
	if len(entries) == 1 && entries[0].prefix == "/" {
		return &entries[0], true
	}
	clean := urlPath
	if strings.Contains(clean, "//") || strings.Contains(clean, "/.") {
		clean = path.Clean("/" + clean)
	}
	for i := range entries {
		e := &entries[i]
		if strings.HasPrefix(clean, e.prefix) || clean == e.Path {
			return e, true
		}
	}
	return nil, true
}
