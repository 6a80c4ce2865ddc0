package upstream

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Delete removes an upstream, all that its rules gave, its links and its sessions.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.maySet(ctx, scope); err != nil {
		return err
	}
	u, err := s.Store.Upstream(ctx, scope.Tenant, name)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.end(ctx, u, SessionFilter{}, endedWithUpstream); err != nil {
			return err
		}
		if err := s.Access.DropSource(ctx, u.Tenant, u.Name); err != nil {
			return err
		}
		if err := s.Store.Remove(ctx, u.Tenant, u.ID); err != nil {
			return err
		}
		return s.record(ctx, "upstream.deleted", u, map[string]any{"issuer": u.Issuer})
	})
}

// Why sessions end, as people read it.
const (
	endedWithUpstream = "the provider that it came by was removed"
	endedWithLink     = "the account that it came by was unlinked"
	endedThere        = "the provider that it came by has ended it"
)

// end ends what came of sign-ins at an upstream, in the transaction of ctx.
func (s *Service) end(ctx context.Context, u Upstream, f SessionFilter, why string) error {
	sessions, err := s.Store.SessionsOf(ctx, u.ID, f)
	if err != nil {
		return err
	}
	for _, one := range sessions {
		if err := s.Store.RemoveSession(ctx, one.ID); err != nil { // first: a browser that signs in by it holds it
			return err
		}
		if err := s.Local.EndVia(ctx, one.ID, why); err != nil {
			return err
		}
	}
	return nil
}
