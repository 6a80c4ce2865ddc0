package gateway

import (
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
