package module

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Deps are what a Service works with; all but Clock are required.
type Deps struct {
	Versions    Versions
	Definitions Definitions
	Shipped     Shipped
	Blobs       Blobs
	Authorizer  Authorizer
	Journal     Journal
	Tx          Tx
	Live        Live
	Clock       kernel.Clock
}

// Service is the registry and the keeper of definitions.
type Service struct {
	deps Deps
}

// NewService returns a service on deps.
func NewService(deps Deps) *Service { return &Service{deps: deps} }

// tenantOf widens a scope to its tenant, which modules and definitions belong to.
func tenantOf(scope kernel.Scope) kernel.Scope { return kernel.Scope{Tenant: scope.Tenant} }

func (s *Service) authorize(ctx context.Context, action string, scope kernel.Scope) error {
	return s.deps.Authorizer.Authorize(ctx, action, tenantOf(scope))
}

func actorID(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx)
	return actor.ID
}
