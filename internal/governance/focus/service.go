package focus

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions on costs.
const (
	actionRead   = "cost.read"
	actionImport = "cost.import"
	actionRules  = "cost.rules"
)

// Config is what a service needs.
type Config struct {
	Store      Store
	Estate     Estate
	Estimates  Estimates
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
}

// Service imports costs and reports on them.
type Service struct{ Config }

// New returns a service.
func New(c Config) *Service { return &Service{Config: c} }

// abandoned is how long an import that loads nothing may be alive.
const abandoned = 30 * time.Minute

// Sweep removes what counts no more, and imports whose daemon ended on the way.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.Store.Abandon(ctx, s.Clock.Now().Add(-abandoned)); err != nil {
		return err
	}
	for {
		more, err := s.Store.Clear(ctx)
		if err != nil || !more || ctx.Err() != nil {
			return err
		}
	}
}

// List returns the tenant's imports, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Import], error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[Import]{}, err
	}
	return s.Store.List(ctx, scope.Tenant, page)
}

// Forget takes back what an import brought, and is still counted.
func (s *Service) Forget(ctx context.Context, scope kernel.Scope, id string) error {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionImport, scope); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Forget(ctx, scope.Tenant, id); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "cost.import_forgotten", Scope: scope, Subject: id})
	})
}
