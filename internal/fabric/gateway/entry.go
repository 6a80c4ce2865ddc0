package gateway

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// entry is a route, ready to serve. It is kept from table to table as long as
// neither the route nor its policies change.
type entry struct {
	Route

	// scope is the route's scope in words.
	scope   string
	rules   []*rule
	metrics *routeMetrics
	// traffic counts who calls; nil counts nobody.
	traffic *traffic.Route
	filters []exchange.Filter
	// policies are what the filters were made of.
	policies []Policy
	// made says what the entry was made of.
	made string
	// handler is the filters in front of the service, once it has been asked for.
	handler atomic.Pointer[exchange.Handler]
}

// rule is a Rule, ready to serve.
type rule struct {
	Rule

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

func (s *Service) newEntry(r Route, filters []exchange.Filter, policies []Policy, made string) *entry {
	e := &entry{Route: r, scope: r.Scope.String(), metrics: s.Metrics.of(r), traffic: s.Traffic.Route(trafficKey(r)), filters: filters, policies: policies, made: made}
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

// trafficKey is what a route's requests are counted under.
func trafficKey(r Route) traffic.Key {
	return traffic.Key{Tenant: r.Scope.Tenant, Project: r.Scope.Project, Stage: r.Scope.Stage, Route: r.Name}
}

// serve has the exchange answered behind the route's filters.
func (e *entry) serve(x *exchange.Exchange, last exchange.Handler) {
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
func changeRequest(h *HeaderChange, to *fasthttp.RequestHeader) {
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
func changeResponse(h *HeaderChange, to *fasthttp.ResponseHeader) {
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
func replaced(x *exchange.Exchange, c *candidate, full, prefix *string) string {
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
