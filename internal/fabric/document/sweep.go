package document

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// sweepAtOnce bounds one removal, so that nobody waits long for it.
const sweepAtOnce = 500

// Sweep removes documents whose life is over. Nobody sees them before either.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		n, err := s.Store.Sweep(ctx, s.Clock.Now(), sweepAtOnce)
		if err != nil || n < sweepAtOnce {
			return err
		}
	}
}

// Drop removes all documents of a scope and of all that is in it, with its collections, and
// returns how many there were.
func (s *Service) Drop(ctx context.Context, scope kernel.Scope) (all int, err error) {
	if scope.Tenant == "" {
		return 0, kernel.Errorf(kernel.Invalid, "documents belong to a tenant, and the scope has none")
	}
	for {
		n, err := s.Store.Drop(ctx, scope, sweepAtOnce)
		all += n
		if err != nil || n < sweepAtOnce {
			return all, err
		}
	}
}
