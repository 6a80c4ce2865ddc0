package gateway

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Routes returns the routes of a stage, by name; host narrows to those that have it.
func (s *Service) Routes(ctx context.Context, scope kernel.Scope, host string, page kernel.PageRequest) (kernel.Page[Route], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Route]{}, err
	}
	return s.Library.RoutesPage(ctx, scope, route.CanonicalHost(host), page)
}

// Look returns a route for who may see it.
func (s *Service) Look(ctx context.Context, scope kernel.Scope, name string) (Route, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Route{}, err
	}
	r, err := s.Store.Get(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return r, none(scope, ClassRoute, name)
	}
	return r, err
}

// none says that there is no such thing, and where to look.
func none(scope kernel.Scope, class Class, name string) error {
	err := kernel.Errorf(kernel.NotFound, "there is no %s %s in %s", class, name, scope)
	switch class {
	case ClassRoute:
		return err.WithFix("see those that there are with: terrace gateway routes %s", placing(scope))
	case ClassProduct:
		return err.WithFix("see those that there are with: terrace gateway product list %s", placing(scope))
	case ClassPolicy:
	}
	return err.WithFix("see those that there are with: terrace gateway policies %s", placing(scope))
}

// placing are the flags of the client that name a scope.
func placing(scope kernel.Scope) string {
	switch {
	case scope.Project == "":
		return "--tenant"
	case scope.Stage == "":
		return "--project " + scope.Project
	}
	return "--project " + scope.Project + " --stage " + scope.Stage
}

// ListPolicies returns a scope's own policies by name, narrowed to a kind and a route.
func (s *Service) ListPolicies(ctx context.Context, scope kernel.Scope, kind, target string, page kernel.PageRequest) (kernel.Page[Policy], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Policy]{}, err
	}
	if kind != "" && s.kind(kind) == nil {
		return kernel.Page[Policy]{}, kernel.Errorf(kernel.Invalid, "there is no kind of policy %q", kind).WithFix("%s", s.kindFix(kind))
	}
	return s.Library.PoliciesPage(ctx, scope, kind, target, page)
}

// LookPolicy returns a policy for who may see it.
func (s *Service) LookPolicy(ctx context.Context, scope kernel.Scope, name string) (Policy, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Policy{}, err
	}
	all, err := s.PolicyStore.Policies(ctx, scope)
	if err != nil {
		return Policy{}, err
	}
	p, ok := named(all, name)
	if !ok {
		return Policy{}, none(scope, ClassPolicy, name)
	}
	return p, nil
}
