package gateway

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// attachable are the scopes whose policies may hold for a route of a stage, the closest
// first.
func attachable(stage kernel.Scope) []kernel.Scope {
	return []kernel.Scope{stage, {Tenant: stage.Tenant, Project: stage.Project}, {Tenant: stage.Tenant}}
}

// policiesOver returns the policies that may hold for routes of a stage, by their scopes.
func (s *Service) policiesOver(ctx context.Context, stage kernel.Scope) (map[kernel.Scope][]Policy, error) {
	all := map[kernel.Scope][]Policy{}
	for _, scope := range attachable(stage) {
		of, err := s.PolicyStore.Policies(ctx, scope)
		if err != nil {
			return nil, err
		}
		all[scope] = of
	}
	return all, nil
}

// everyPolicy returns the policies of every tenant by their scopes.
func (s *Service) everyPolicy(ctx context.Context) (map[kernel.Scope][]Policy, error) {
	all, err := s.PolicyStore.AllPolicies(ctx)
	if err != nil {
		return nil, err
	}
	out := map[kernel.Scope][]Policy{}
	for _, p := range all {
		out[p.Scope] = append(out[p.Scope], p)
	}
	return out, nil
}

// chosen returns the policies that a route has, in the order of the kinds.
func (s *Service) chosen(r Route, policies map[kernel.Scope][]Policy) []Policy {
	var out []Policy
	for _, k := range s.Kinds {
		if p, ok := closest(r, k.Name(), policies); ok {
			out = append(out, p)
		}
	}
	return out
}

// closest returns the policy of a kind that is attached most closely to a route.
func closest(r Route, kind string, policies map[kernel.Scope][]Policy) (Policy, bool) {
	for _, route := range []string{r.Name, ""} {
		for _, scope := range attachable(r.Scope) {
			of := policies[scope]
			if i := slices.IndexFunc(of, func(p Policy) bool { return p.Kind == kind && p.Route == route }); i >= 0 {
				return of[i], true
			}
			if route != "" {
				break // one route's policy lies in its own scope
			}
		}
	}
	return Policy{}, false
}

// InForce is a route with the policies that it has, in the order of their kinds.
type InForce struct {
	Route    Route
	Policies []Policy
}

// InForce returns the routes of a stage with their policies, by name, as the transaction
// of ctx sees them; an empty project is every one of the tenant. Its callers have checked
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
	var out []InForce
	for _, r := range routes {
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

// Use is a route with the policy of a kind that holds for it.
type Use struct {
	Route  Route
	Policy Policy
}

// Using returns the routes of a stage that have a policy of a kind, by name, as this
// gateway serves them now. It asks for no permission: its caller was allowed to do its
// work.
func (s *Service) Using(ctx context.Context, stage kernel.Scope, kind string) ([]Use, error) {
	policies, err := s.policiesOver(ctx, stage)
	if err != nil {
		return nil, err
	}
	var out []Use
	for _, e := range s.served.Load().routes {
		if e.Scope != stage {
			continue
		}
		if p, ok := closest(e.Route, kind, policies); ok {
			out = append(out, Use{Route: e.Route, Policy: p})
		}
	}
	slices.SortFunc(out, func(a, b Use) int { return strings.Compare(a.Route.Name, b.Route.Name) })
	return out, nil
}

// Holding returns the policy of a kind that holds for a route of a stage.
func (s *Service) Holding(ctx context.Context, scope kernel.Scope, route, kind string) (Policy, error) {
	r, err := s.Look(ctx, scope, route)
	if err != nil {
		return Policy{}, err
	}
	all, err := s.policiesOver(ctx, scope)
	if err != nil {
		return Policy{}, err
	}
	p, ok := closest(r, kind, all)
	if !ok {
		return Policy{}, kernel.Errorf(kernel.NotFound, "no %s holds for route %s", kind, route).WithFix("apply one first: terrace gateway apply -f FILE")
	}
	if err := s.Authorizer.Authorize(ctx, ActionRead, p.Scope); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// Attached is a policy with the route that it holds for.
type Attached struct {
	Policy Policy
	// Scope and Route name the route.
	Scope kernel.Scope
	Route string
}

// Attached returns the policies of a kind with the routes that they hold for, as they
// are served.
func (s *Service) Attached(kind string) []Attached {
	var out []Attached
	for _, e := range s.served.Load().routes {
		for _, p := range e.policies {
			if p.Kind == kind {
				out = append(out, Attached{Policy: p, Scope: e.Scope, Route: e.Name})
			}
		}
	}
	return out
}
