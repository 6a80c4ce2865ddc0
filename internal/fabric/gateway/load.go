package gateway

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
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
	before := s.table.Load()
	t, err := newTable(routes, revision, s.Metrics, func(r Route) []exchange.Filter {
		filters, err := s.filters(ctx, r, byScope)
		if err == nil {
			return filters
		}
		s.Log.ErrorContext(ctx, "a policy of a route cannot be obeyed: the route keeps what it had", "route", r.Name, "scope", r.Scope.String(), "error", err)
		if e := before.of(r); e != nil {
			return e.filters
		}
		return []exchange.Filter{closed}
	})
	if err != nil {
		return err
	}
	s.table.Store(t)
	s.Metrics.forgetOthers(t)
	return nil
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
