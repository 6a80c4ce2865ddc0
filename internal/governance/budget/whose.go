package budget

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Tenants knows who there is.
type Tenants interface {
	// Exists returns NotFound where the scope's tenant, or its project, is missing.
	Exists(ctx context.Context, scope kernel.Scope) error
}

// elsewhere reports whether somebody asks about another tenant than their own.
func elsewhere(ctx context.Context, scope kernel.Scope) bool {
	actor, ok := kernel.ActorFrom(ctx)
	return ok && actor.Kind != kernel.ActorSystem && actor.Tenant != scope.Tenant
}

// across asks whether the actor may do something to budgets of another tenant, before it is
// told what there is. In their own tenant each budget is asked about.
func (s *Service) across(ctx context.Context, action string, scope kernel.Scope) error {
	if !elsewhere(ctx, scope) {
		return nil
	}
	whole := kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, action, whole); err != nil {
		return err
	}
	return s.Tenants.Exists(ctx, whole)
}

// sight is where the actor reads budgets of a tenant; operators of the platform read any
// tenant's, and have been asked.
func (s *Service) sight(ctx context.Context, scope kernel.Scope) (kernel.Reach, error) {
	if elsewhere(ctx, scope) {
		return kernel.Reach{All: true}, nil
	}
	return s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: scope.Tenant})
}

// mayRead asks for the scope of a budget; operators of the platform read any tenant's.
func (s *Service) mayRead(ctx context.Context, where kernel.Scope) error {
	if elsewhere(ctx, where) {
		return s.Authorizer.Authorize(ctx, actionReadAny, kernel.Scope{Tenant: where.Tenant})
	}
	return s.Authorizer.Authorize(ctx, actionRead, where)
}

// maySet asks for the scope of a budget, or whether the actor is an operator of the
// platform, for one that is the platform's.
func (s *Service) maySet(ctx context.Context, b Budget) error {
	if !b.Platform {
		return s.Authorizer.Authorize(ctx, actionSet, b.Where())
	}
	if err := s.Authorizer.Authorize(ctx, actionSetAny, kernel.Scope{Tenant: b.Tenant}); err != nil {
		return err
	}
	return s.Tenants.Exists(ctx, kernel.Scope{Tenant: b.Tenant, Project: b.Project})
}

// mayDelete says to who may change other budgets of the scope whose this one is.
func (s *Service) mayDelete(ctx context.Context, b Budget) error {
	err := s.maySet(ctx, b)
	if b.Platform && kernel.Is(err, kernel.Denied) && !elsewhere(ctx, b.Where()) && s.Authorizer.Authorize(ctx, actionSet, b.Where()) == nil {
		return b.platforms()
	}
	return err
}

// platforms is the error for who would change what operators of the platform have set.
func (b Budget) platforms() error {
	return kernel.Errorf(kernel.Denied, "operators of the platform have set the budget %s of the tenant %s", b.Name, b.Tenant).
		WithFix("ask one for `terrace budget set %s --of %s --amount N`, or set one of your own beside it", b.Name, b.Tenant)
}
