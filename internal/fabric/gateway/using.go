package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Use is a route with the policy of a kind that holds for it.
type Use struct {
	Route  Route
	Policy Policy
}

// Using returns the routes of a stage that have a policy of a kind, by name, as this
// gateway serves them now. It asks for no permission: its caller was allowed to do its
// work.
func (s *Service) Using(ctx context.Context, stage kernel.Scope, kind string) ([]Use, error) {
	policies := map[kernel.Scope][]Policy{}
	for _, scope := range []kernel.Scope{stage, {Tenant: stage.Tenant, Project: stage.Project}, {Tenant: stage.Tenant}} {
		of, err := s.PolicyStore.Policies(ctx, scope)
		if err != nil {
			return nil, err
		}
		policies[scope] = of
	}
	var out []Use
	for _, e := range s.table.Load().entries {
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
