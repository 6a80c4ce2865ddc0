package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// FromGateway is who calls for requests that come in there.
const FromGateway = "gateway"

// edge is what one called another for, by who has counted it.
type edge struct{ from, service, to string }

// Look returns who called whom on a stage in the time that ends now. Calls that both ends have
// counted are told once, as their caller has counted them.
func (s *Service) Look(ctx context.Context, scope kernel.Scope, since time.Duration) (Graph, error) {
	if since <= 0 || since > traffic.MaxSince {
		return Graph{}, kernel.Errorf(kernel.Invalid, "%s is no time that can be asked for", since).WithFix("ask for 1m to %dh", int(traffic.MaxSince.Hours()))
	}
	if err := s.Authorizer.Authorize(ctx, mesh.ActionRead, scope); err != nil {
		return Graph{}, err
	}
	if err := s.Stages.Check(scope.Stage); err != nil {
		return Graph{}, err
	}
	q := traffic.Question{Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage, Consumers: true}.Over(since, s.Clock.Now())
	counts, err := s.Store.Sums(ctx, q)
	if err != nil {
		return Graph{}, err
	}
	edges := merged(counts)
	q.Consumers = false
	served, err := s.Gateway.Served(ctx, q)
	if err != nil {
		return Graph{}, err
	}
	for _, c := range served {
		e := edge{FromGateway, c.Route, ""}
		e.to, _ = s.Gateway.Backends(scope, c.Route)
		edges[e] = c.Tally
	}
	return drawn(q, edges), nil
}

// merged has each call once. Where a caller has counted its calls of a workload, what that has
// counted of the caller is the same.
func merged(counts []traffic.Count) map[edge]traffic.Tally {
	edges, told := map[edge]traffic.Tally{}, map[[2]string]bool{}
	for _, c := range counts {
		service, to, ok := strings.Cut(strings.TrimPrefix(c.Route, asSource), "/")
		if ok && strings.HasPrefix(c.Route, asSource) {
			edges[edge{c.Consumer, service, to}] = c.Tally
			told[[2]string{c.Consumer, to}] = true
		}
	}
	for _, c := range counts {
		to, ok := strings.CutPrefix(c.Route, asDestination)
		if ok && !told[[2]string{c.Consumer, to}] {
			edges[edge{c.Consumer, to, to}] = c.Tally
		}
	}
	return edges
}

// maxDrawn bounds an answer, in edges.
const maxDrawn = 2000

func drawn(q traffic.Question, edges map[edge]traffic.Tally) Graph {
	g := Graph{Edges: []Edge{}, From: q.From, To: q.To}
	over := max(q.To.Sub(q.From), time.Second).Seconds()
	for e, t := range edges {
		n := t.Requests()
		g.Edges = append(g.Edges, Edge{
			From: e.from, To: e.to, Service: e.service, Requests: n, PerSecond: float64(n) / over,
			ClientErrors: t.Classes[4], ServerErrors: t.Classes[5], ErrorShare: float64(t.Classes[5]) / float64(cmp.Or(n, 1)),
			P50: t.Quantile(.5).Seconds(), P95: t.Quantile(.95).Seconds(), P99: t.Quantile(.99).Seconds(),
		})
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Service, b.Service), cmp.Compare(a.To, b.To))
	})
	if len(g.Edges) > maxDrawn {
		g.Edges, g.More = g.Edges[:maxDrawn], true
	}
	return g
}
