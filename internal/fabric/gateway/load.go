package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

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
	policies, err := s.PolicyStore.AllPolicies(ctx)
	if err != nil {
		return fmt.Errorf("load policies: %w", err)
	}
	byScope := map[kernel.Scope][]Policy{}
	for _, p := range policies {
		byScope[p.Scope] = append(byScope[p.Scope], p)
	}
	t, err := newTable(s.entries(ctx, routes, byScope), revision)
	if err != nil {
		return err
	}
	s.table.Store(t)
	s.Metrics.forgetOthers(t)
	s.tellKinds()
	s.forgetTraffic(t)
	return nil
}

// Held returns the revision of what is served, and how many routes it has.
func (s *Service) Held() (revision int64, routes int) {
	t := s.table.Load()
	return t.revision, len(t.entries)
}

// forgetTraffic has routes counted no more that t does not have.
func (s *Service) forgetTraffic(t *table) {
	live := make(map[traffic.Key]bool, len(t.entries))
	for _, e := range t.entries {
		live[trafficKey(e.Route)] = true
	}
	s.Traffic.Keep(live)
}

// entries makes the routes ready; those that are as they were are kept, with
// what their filters hold.
func (s *Service) entries(ctx context.Context, routes []Route, policies map[kernel.Scope][]Policy) []*entry {
	before := map[entryKey]*entry{}
	for _, e := range s.table.Load().entries {
		before[entryKey{e.Scope, e.Name}] = e
	}
	out := make([]*entry, 0, len(routes))
	for _, r := range routes {
		chosen := s.chosen(r, policies)
		made, old := madeOf(r, chosen), before[entryKey{r.Scope, r.Name}]
		if old != nil && old.made == made {
			out = append(out, old)
			continue
		}
		filters, err := s.filters(ctx, r, chosen)
		if err != nil {
			s.Log.ErrorContext(ctx, "a policy of a route cannot be obeyed: the route keeps what it had",
				"route", r.Name, "scope", r.Scope.String(), "error", err)
			filters, made = []exchange.Filter{closed}, ""
			if old != nil {
				filters = old.filters
			}
		}
		out = append(out, s.newEntry(r, filters, chosen, made))
	}
	return out
}

type entryKey struct {
	scope kernel.Scope
	name  string
}

// madeOf says what an entry is made of: the versions of its route and policies.
func madeOf(r Route, policies []Policy) string {
	var b strings.Builder
	b.WriteString(r.UpdatedAt.Format(time.RFC3339Nano))
	for _, p := range policies {
		_, _ = fmt.Fprintf(&b, " %s %s/%s %s", p.Kind, p.Scope, p.Name, p.UpdatedAt.Format(time.RFC3339Nano))
	}
	return b.String()
}

// Watch keeps the table current with what other processes, or transactions
// that ended after their call, have written. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "routes", Revision: s.Store.Revision, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.table.Load().revision },
	}
}
