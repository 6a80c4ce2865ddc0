package module

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Deps are what a Service works with; all but Owners, Listed and Clock are required.
type Deps struct {
	Versions    Versions
	Definitions Definitions
	Shipped     Shipped
	Blobs       Blobs
	Authorizer  Authorizer
	Journal     Journal
	Tx          Tx
	Live        Live
	// Owners may be nil: everything is then changed by hand.
	Owners Owners
	// Listed may be nil: then each list is read for who asks.
	Listed Listed
	Clock  kernel.Clock
}

// Service is the registry and the keeper of definitions.
type Service struct {
	// Ready may be nil: then every tenant has at once all that it is given. It is set before
	// the service is used.
	Ready Ready

	deps  Deps
	known known
}

// NewService returns a service on deps.
func NewService(deps Deps) *Service { return &Service{deps: deps} }

// tenantOf widens a scope to its tenant, which modules and definitions belong to.
func tenantOf(scope kernel.Scope) kernel.Scope { return kernel.Scope{Tenant: scope.Tenant} }

func (s *Service) authorize(ctx context.Context, action string, scope kernel.Scope) error {
	if err := s.deps.Authorizer.Authorize(ctx, action, tenantOf(scope)); err != nil {
		return err
	}
	return s.ready(ctx, scope)
}

type seedingKey struct{}

// ready waits until the tenant has what comes with Terrace, unless it is what is given now.
func (s *Service) ready(ctx context.Context, scope kernel.Scope) error {
	if s.Ready == nil || ctx.Value(seedingKey{}) != nil {
		return nil
	}
	return s.Ready.Ready(ctx, scope.Tenant)
}

// mine refuses to change by hand what belongs to something else.
func (s *Service) mine(ctx context.Context, scope kernel.Scope, name string) error {
	if s.deps.Owners == nil {
		return nil
	}
	return s.deps.Owners.Definition(ctx, tenantOf(scope), name)
}

func actorID(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx)
	return actor.ID
}
