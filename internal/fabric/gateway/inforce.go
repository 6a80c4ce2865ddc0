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
// of ctx sees them; an empty project is every one of the tenant. Its callers have checked
// that they may see them.
func (s *Service) InForce(ctx context.Context, scope kernel.Scope) ([]InForce, error) {
	routes, err := s.Store.All(ctx)
	if err != nil {
		return nil, err
	}
	policies, err := s.PolicyStore.AllPolicies(ctx)
	if err != nil {
		return nil, err
	}
	byScope := map[kernel.Scope][]Policy{}
	for _, p := range policies {
		byScope[p.Scope] = append(byScope[p.Scope], p)
	}
	var out []InForce
	for _, r := range routes {
		if r.Scope.Tenant == scope.Tenant && r.Scope.Stage == scope.Stage && (scope.Project == "" || r.Scope.Project == scope.Project) {
			out = append(out, InForce{r, s.chosen(r, byScope)})
		}
	}
	slices.SortFunc(out, func(a, b InForce) int {
		return cmp.Or(cmp.Compare(a.Route.Scope.Project, b.Route.Scope.Project), cmp.Compare(a.Route.Name, b.Route.Name))
	})
	return out, nil
}

// Closer puts the match first that the gateway tries first on a host: exact paths, then
// expressions, then the longest prefix, and of the same path as the Gateway API has it.
func Closer(a, b Match) int {
	one, two := newMatch(a), newMatch(b)
	return cmp.Or(cmp.Compare(order(one), order(two)), closerMatch(one, two))
}

// order is that in which types of matches are tried.
func order(m *match) int {
	return slices.Index([]string{Exact, RegularExpression, PathPrefix}, m.pathType)
}
