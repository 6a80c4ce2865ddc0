package vaultcert

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Moved has the certificates of a stage be kept in another vault at once, in the transaction that
// gives the stage that vault. The one before keeps what it has.
func (s *Service) Moved(ctx context.Context, scope kernel.Scope, vault string) error {
	for page := (kernel.PageRequest{}); ; {
		found, err := s.Store.List(ctx, scope, page)
		if err != nil {
			return err
		}
		for _, c := range found.Items {
			if c.Vault == vault {
				continue
			}
			if err := s.hurry(ctx, c); err != nil {
				return err
			}
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			db.AfterCommit(ctx, s.bell.Ring)
			return nil
		}
	}
}

// hurry has a certificate be due, and takes it from who works on it with what was known.
func (s *Service) hurry(ctx context.Context, c Certificate) error {
	const tries = 5
	for range tries {
		c.Due = s.Clock.Now().UTC()
		err := s.Store.Save(ctx, c)
		if !kernel.Is(err, kernel.Stale) {
			return err
		}
		if c, err = s.Store.Get(ctx, c.Scope, c.Name); err != nil {
			if kernel.Is(err, kernel.NotFound) {
				return nil // it was removed meanwhile
			}
			return err
		}
	}
	return nil // who works on it sees the other vault the next time
}

// leave says of a certificate that is in another vault than the stage has that it is not there yet.
func (c *Certificate) leave(vault string) {
	if c.Vault == "" || c.Vault == vault {
		return
	}
	c.State, c.Reason = Waiting, "the stage has the key vault "+vault+" by now, and what is told here is of the one before"
	c.Fix = "it comes into the other one by itself; delete it in " + c.Vault + ", which keeps what it has, once nobody reads it there"
}
