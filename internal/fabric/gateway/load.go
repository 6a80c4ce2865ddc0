package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// served is what is served: the table, and what its entries were made of.
type served struct {
	revision int64
	table    *proxy.Table
	// routes are those of the table; byName finds them.
	routes []*ready
	byName map[routeKey]*ready
	// withheld are hosts that routes have and that are their stages' no more.
	withheld []RouteHost
}

type routeKey struct {
	scope kernel.Scope
	name  string
}

// ready is a route, ready to serve, with what it was made of. It is kept from load to load
// as long as neither the route nor its policies change, with what its filters hold.
type ready struct {
	*proxy.Entry

	policies []Policy
	filters  []exchange.Filter
	// made says of which versions it was made; it is empty where a policy cannot be obeyed.
	made string
}

// Table returns the routes that are served now, for the proxy.
func (s *Service) Table() *proxy.Table { return s.served.Load().table }

// Held returns the revision of what is served, and how many routes it has.
func (s *Service) Held() (revision int64, routes int) {
	now := s.served.Load()
	return now.revision, len(now.routes)
}

// Serves tells whether there is a route.
func (s *Service) Serves(scope kernel.Scope, route string) bool {
	return s.served.Load().byName[routeKey{scope, route}] != nil
}

// Answers returns the service of the route's own stage that answers all its requests; it is not
// ok where several do, or none of the stage.
func (s *Service) Answers(scope kernel.Scope, name string) (service string, ok bool) {
	r := s.served.Load().byName[routeKey{scope, name}]
	if r == nil {
		return "", false
	}
	for _, rule := range r.Rules {
		for _, b := range rule.Backends {
			if b.Service == "" || service != "" && service != b.Service {
				return "", false
			}
			service = b.Service
		}
	}
	return service, service != ""
}

// Load reads every route, builds a table and swaps it in. When the table is
// not sound the one before stays.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	revision, err := s.Store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("load routes: %w", err)
	}
	routes, err := s.Store.All(ctx)
	if err != nil {
		return fmt.Errorf("load routes: %w", err)
	}
	policies, err := s.everyPolicy(ctx)
	if err != nil {
		return fmt.Errorf("load policies: %w", err)
	}
	proven, err := s.holdings(ctx, routes)
	if err != nil {
		return err
	}
	counting := proxy.Counting{Metrics: s.Metrics, Traffic: s.Traffic}
	next := &served{revision: revision, byName: make(map[routeKey]*ready, len(routes))}
	entries := make([]*proxy.Entry, 0, len(routes))
	for _, r := range routes {
		r, kept := s.without(r, proven)
		if next.withheld = append(next.withheld, kept...); len(kept) > 0 && len(r.Hosts) == 0 {
			continue
		}
		one := s.ready(ctx, counting, r, s.chosen(r, policies))
		next.routes, entries = append(next.routes, one), append(entries, one.Entry)
		next.byName[routeKey{r.Scope, r.Name}] = one
	}
	if next.table, err = counting.Table(entries, proven); err != nil {
		return err
	}
	s.served.Store(next)
	counting.Forget(next.table)
	s.tellKinds()
	return nil
}

// ready makes a route ready; one that is as it was is kept.
func (s *Service) ready(ctx context.Context, c proxy.Counting, r Route, chosen []Policy) *ready {
	made, before := madeOf(r, chosen), s.served.Load().byName[routeKey{r.Scope, r.Name}]
	if before != nil && before.made == made {
		return before
	}
	filters, err := s.filters(ctx, r, chosen)
	if err != nil {
		s.Log.ErrorContext(ctx, "a policy of a route cannot be obeyed: the route keeps what it had",
			"route", r.Name, "scope", r.Scope.String(), "error", err)
		filters, made = []exchange.Filter{closed}, ""
		if before != nil {
			filters = before.filters
		}
	}
	return &ready{Entry: c.Entry(r, filters), policies: chosen, filters: filters, made: made}
}

// madeOf says what a route is made ready of: the versions of it and of its policies.
func madeOf(r Route, policies []Policy) string {
	var b strings.Builder
	b.WriteString(r.UpdatedAt.Format(time.RFC3339Nano))
	b.WriteString(" " + strings.Join(r.Hosts, ","))
	for _, p := range policies {
		_, _ = fmt.Fprintf(&b, " %s %s/%s %s", p.Kind, p.Scope, p.Name, p.UpdatedAt.Format(time.RFC3339Nano))
	}
	return b.String()
}

// filters makes the filters of a route. A policy that cannot be compiled any
// more takes nothing else along: the route keeps what it had before, and
// without anything before it is closed.
func (s *Service) filters(ctx context.Context, r Route, chosen []Policy) ([]exchange.Filter, error) {
	var out []exchange.Filter
	for _, p := range chosen {
		f, err := s.kind(p.Kind).Compile(ctx, p, Attachment{
			Scope: r.Scope, Route: r.Name, Hosts: r.Hosts, Version: r.UpdatedAt.UTC().Format(time.RFC3339Nano), Policies: chosen,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// closed answers for a route whose policies cannot be obeyed.
func closed(exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		x.Unavailable("gateway", 30, "Route closed", "A policy of this route cannot be obeyed.", "")
	}
}

// tellKinds tells the kinds that remember routes which there are.
func (s *Service) tellKinds() {
	for _, k := range s.Kinds {
		if r, ok := k.(Rememberer); ok {
			r.KeepRoutes(s.Serves)
		}
	}
}

// Watch keeps the table current with what other processes, or transactions
// that ended after their call, have written. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// Renew serves what there is now, after a change of this process to what routes go by.
func (s *Service) Renew(ctx context.Context) { s.renew(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "routes", Revision: s.Store.Revision, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.served.Load().revision },
	}
}
