package upstream

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Delete removes an upstream, all that its rules gave, its links and its sessions. Where it
// has made users who sign in in no other way, what becomes of them has to be said.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string, users MadeUsers) error {
	if err := s.maySet(ctx, scope); err != nil {
		return err
	}
	u, err := s.Store.Upstream(ctx, scope.Tenant, name)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		made, err := s.madeBy(ctx, u)
		if err != nil {
			return err
		}
		if len(made) > 0 && users == "" {
			return kernel.Errorf(kernel.Refused, "%s has made %d users who sign in in no other way", u.Name, len(made)).
				WithFix("say what becomes of them, with --users keep, --users disable or --users delete")
		}
		if err := s.end(ctx, u, SessionFilter{}, endedWithUpstream); err != nil {
			return err
		}
		if err := s.Access.DropSource(ctx, u.Tenant, u.Name); err != nil {
			return err
		}
		if err := s.Store.Remove(ctx, u.Tenant, u.ID); err != nil {
			return err
		}
		for _, id := range made {
			if err := s.becomes(ctx, u, id, users); err != nil {
				return err
			}
		}
		return s.record(ctx, "upstream.deleted", u, map[string]any{"issuer": u.Issuer})
	})
}

// madeBy returns the ids of users whom an upstream has made, and who sign in in no other way.
func (s *Service) madeBy(ctx context.Context, u Upstream) (made []string, err error) {
	ids, err := s.Store.OnlyBy(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		has, err := s.Users.HasPassword(ctx, u.Tenant, id)
		if err != nil {
			return nil, err
		}
		if !has {
			made = append(made, id)
		}
	}
	return made, nil
}

func (s *Service) becomes(ctx context.Context, u Upstream, id string, users MadeUsers) error {
	switch users {
	case DisableUsers:
		return s.Users.Disable(ctx, u.Tenant, id)
	case DeleteUsers:
		return s.Users.Delete(ctx, u.Tenant, id, "the provider "+u.Name+" that made them was removed")
	case KeepUsers:
	}
	return nil
}

// Forget removes the accounts that a user has elsewhere, in the transaction of ctx.
func (s *Service) Forget(ctx context.Context, tenant, user string) error {
	for {
		page, err := s.Store.LinksOf(ctx, tenant, user, kernel.PageRequest{Limit: kernel.MaxPageSize})
		if err != nil || len(page.Items) == 0 {
			return err
		}
		for _, l := range page.Items {
			if err := s.end(ctx, Upstream{ID: l.Upstream}, SessionFilter{Link: l.ID}, endedWithLink); err != nil {
				return err
			}
			if err := s.Store.RemoveLink(ctx, l.Tenant, l.ID); err != nil {
				return err
			}
		}
	}
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
