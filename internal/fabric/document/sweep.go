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

// Clear removes a collection with all of its documents; one that is not declared is no
// error.
func (s *Service) Clear(ctx context.Context, scope kernel.Scope, name string) error {
	scan := Scan{Limit: kernel.MaxPageSize} // of no time, at which no life is over
	for at := (Place{Scope: scope, Collection: name}); ; {
		found, err := s.Store.Find(ctx, at, scan)
		if err != nil {
			return err
		}
		for _, d := range found.Documents {
			if err := s.Store.Apply(ctx, at, []Change{{ID: d.ID, Was: d.Revision, WasKeys: d.Keys}}); err != nil && !kernel.Is(err, kernel.Stale) {
				return err
			}
		}
		if scan.After = found.Next; scan.After == nil {
			break
		}
	}
	book := Place{Scope: scope, Collection: declared}
	known, err := s.current(ctx, book, []string{name})
	if err != nil || known[name].Document == nil {
		return err
	}
	return s.Store.Apply(ctx, book, []Change{{ID: name, Was: known[name].Revision}})
}
