package gateway

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// InForce is a route with the policies that it has, in the order of their kinds.
type InForce struct {
	Route    Route
	Policies []Policy
}

// InForce returns the routes of a stage with their policies, by name, as the transaction
// of ctx sees them, with the hosts that are served; an empty project is every one of the tenant. Its callers have checked
// that they may see them.
func (s *Service) InForce(ctx context.Context, scope kernel.Scope) ([]InForce, error) {
	routes, err := s.Store.All(ctx)
	if err != nil {
		return nil, err
	}
	policies, err := s.everyPolicy(ctx)
	if err != nil {
		return nil, err
	}
	proven, err := s.holdings(ctx, routes)
	if err != nil {
		return nil, err
	}
	var out []InForce
	for _, r := range routes {
		r, kept := s.without(r, proven)
		if len(kept) > 0 && len(r.Hosts) == 0 {
			continue
		}
		if r.Scope.Tenant == scope.Tenant && r.Scope.Stage == scope.Stage && (scope.Project == "" || r.Scope.Project == scope.Project) {
			out = append(out, InForce{r, s.chosen(r, policies)})
		}
	}
	slices.SortFunc(out, func(a, b InForce) int {
		return cmp.Or(cmp.Compare(a.Route.Scope.Project, b.Route.Scope.Project), cmp.Compare(a.Route.Name, b.Route.Name))
	})
	return out, nil
}

// ProductsInForce returns the products of a stage, by name: its own, and those of every stage
// of its project that it has none of the name of. Its callers have checked that they may see
// them.
func (s *Service) ProductsInForce(ctx context.Context, scope kernel.Scope) ([]Policy, error) {
	if s.ProductStore == nil || scope.Project == "" {
		return nil, nil
	}
	out, err := s.ProductStore.Products(ctx, scope)
	if err != nil {
		return nil, err
	}
	wide, err := s.ProductStore.Products(ctx, scope.InProject(scope.Project))
	if err != nil {
		return nil, err
	}
	for _, p := range wide {
		if _, has := named(out, p.Name); !has {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Policy) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
