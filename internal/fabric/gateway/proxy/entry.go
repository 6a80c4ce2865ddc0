package proxy

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// Entry is a route, ready to serve. It may be in one table after the other as long as
// neither the route nor what stands in front of it changes.
type Entry struct {
	route.Route

	// scope is the route's scope in words.
	scope   string
	rules   []*rule
	metrics *routeMetrics
	// traffic counts who calls; nil counts nobody.
	traffic *traffic.Route
	filters []exchange.Filter
	// handler is the filters in front of the service, once it has been asked for.
	handler atomic.Pointer[exchange.Handler]
}

// Counting is where requests are counted by their routes; its zero value counts nothing.
type Counting struct {
	Metrics *Metrics
	// Traffic counts who calls.
	Traffic *traffic.Book
}

// rule is a route.Rule, ready to serve.
type rule struct {
	route.Rule

	// place is its place in the route, from 0.
	place   int
	matches []*match
	// total is the sum of the backends' weights; shares are theirs, one after the other.
	total  int
	shares []int
	// targets are the backends, ready to be asked.
	targets []*target
	mirrors []*mirror
}

// Entry makes a route ready, with filters in front of it; the first of them meets a request
// first.
func (c Counting) Entry(r route.Route, filters []exchange.Filter) *Entry {
	e := &Entry{Route: r, scope: r.Scope.String(), metrics: c.Metrics.of(r), traffic: c.Traffic.Route(countedAs(r)), filters: filters}
	for place, doc := range r.Rules {
		ready := &rule{Rule: doc, place: place}
		for _, match := range doc.Matches {
			ready.matches = append(ready.matches, newMatch(match))
		}
		for _, b := range doc.Backends {
			weight := 1
			if b.Weight != nil {
				weight = *b.Weight
			}
			ready.total += weight
			ready.shares = append(ready.shares, ready.total)
			ready.targets = append(ready.targets, newTarget(r.Scope, b))
		}
		for _, m := range doc.Mirrors {
			ready.mirrors = append(ready.mirrors, newMirror(r.Scope, m))
		}
		e.rules = append(e.rules, ready)
	}
	return e
}

// countedAs is what a route's requests are counted under.
func countedAs(r route.Route) traffic.Key {
	return traffic.Key{Tenant: r.Scope.Tenant, Project: r.Scope.Project, Stage: r.Scope.Stage, Route: r.Name}
}

// Forget has routes counted no more that t does not have.
func (c Counting) Forget(t *Table) {
	c.Metrics.forgetOthers(t)
	live := make(map[traffic.Key]bool, len(t.entries))
	for _, e := range t.entries {
		live[countedAs(e.Route)] = true
	}
	c.Traffic.Keep(live)
}

// serve has the exchange answered behind the route's filters.
func (e *Entry) serve(x *exchange.Exchange, last exchange.Handler) {
	h := e.handler.Load()
	if h == nil {
		built := exchange.Chain(last, e.filters...)
		h = &built
		e.handler.Store(h)
	}
	(*h)(x)
}

// choose returns a backend by weight, nil where all have a weight of 0.
func (r *rule) choose() *target {
	if r.total == 0 {
		return nil
	}
	if len(r.shares) == 1 {
		return r.targets[0]
	}
	n := rand.IntN(r.total) //nolint:gosec // shares of traffic are no secret
	for i, share := range r.shares {
		if n < share {
			return r.targets[i]
		}
	}
	return nil
}

// changeRequest sets, adds and removes headers of a request.
func changeRequest(h *route.HeaderChange, to *fasthttp.RequestHeader) {
	for _, s := range h.Set {
		to.Set(s.Name, s.Value)
	}
	for _, a := range h.Add {
		to.Add(a.Name, a.Value)
	}
	for _, name := range h.Remove {
		to.Del(name)
	}
}

// changeResponse does so with an answer.
func changeResponse(h *route.HeaderChange, to *fasthttp.ResponseHeader) {
	for _, s := range h.Set {
		to.Set(s.Name, s.Value)
	}
	for _, a := range h.Add {
		to.Add(a.Name, a.Value)
	}
	for _, name := range h.Remove {
		to.Del(name)
	}
}

// replaced returns the request target with a new path.
func replaced(x *exchange.Exchange, c *Candidate, full, prefix *string) string {
	path, query, hasQuery := strings.Cut(x.Target, "?")
	switch {
	case full != nil:
		path = *full
	case prefix != nil:
		matched := strings.TrimSuffix(c.match.path, "/")
		if !strings.HasPrefix(path, matched) {
			path = exchange.EncodePath(x.Path) // part of the prefix was encoded
		}
		rest := strings.TrimPrefix(path, matched)
		path = strings.TrimSuffix(*prefix, "/") + "/" + strings.TrimPrefix(rest, "/")
		if rest == "" && *prefix != "/" {
			path = *prefix
		}
	}
	if hasQuery {
		path += "?" + query
	}
	return path
}
