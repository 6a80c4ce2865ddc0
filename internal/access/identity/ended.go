package identity

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// suffices refuses a token of somebody of whom the tenant asks for a second factor by now.
// It is looked at as often as the use of a token is noted: what a password alone was
// exchanged for is over then, and a personal token waits until its owner has a factor. Who
// has no password signs in with another provider, which answers for them.
func (s *Service) suffices(ctx context.Context, t Token, who kernel.Actor) error {
	if s.Factors == nil || who.Kind != kernel.ActorUser {
		return nil
	}
	expected, has, err := s.Factors.Expected(ctx, who)
	if err != nil || !expected || has && t.Name != sessionToken {
		return err
	}
	u, err := s.Store.UserByID(ctx, t.Tenant, t.SubjectID)
	if err != nil || u.Password == "" {
		return err
	}
	s.refused(ctx, u.Tenant, u.Name, u, "a second factor is asked for")
	if t.Name == sessionToken {
		return kernel.Errorf(kernel.Unauthenticated, "a password alone does not sign %s in any more: the tenant asks for a second factor", u.Name).
			WithFix("sign in in a browser, with terrace login ADDRESS")
	}
	return kernel.Errorf(kernel.Unauthenticated, "the token %q waits for a second factor of %s, for which the tenant asks", t.Name, u.Name).
		WithFix("sign in in a browser once, and add one; programs use a token of a service account")
}

// EndTokens ends, in a transaction of ctx, what a user got for a password, but for one
// token; with personal, their personal tokens, too. It returns how many ended.
func (s *Service) EndTokens(ctx context.Context, tenant, id, but string, personal bool) (ended int, err error) {
	page := kernel.PageRequest{}
	for {
		found, err := s.Store.TokensOf(ctx, tenant, id, page)
		if err != nil {
			return ended, err
		}
		for _, t := range found.Items {
			if t.ID == but || t.Name != sessionToken && !personal {
				continue
			}
			if err := s.revoke(ctx, tenant, id, t.ID); err != nil {
				return ended, err
			}
			ended++
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			return ended, nil
		}
	}
}

// PasswordReset has an admin give a user another password.
type PasswordReset struct {
	User, Password string
	// Theirs says that the user has chosen the password, who else chooses another when they
	// sign in.
	Theirs bool
	// KeepTokens leaves the personal tokens of the user, which end else.
	KeepTokens bool
	Reason     string
}

// endedByReset is why sessions end then, as people read it.
const endedByReset = "an admin has reset the password of its user"

// ResetPassword gives a user of the scope's tenant another password, ends everything that
// they are signed in to, and returns how many of their tokens ended. Nobody does it for
// themselves, and admins of a tenant not for an operator of the platform.
func (s *Service) ResetPassword(ctx context.Context, scope kernel.Scope, r PasswordReset) (ended int, err error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorize(ctx, "user.reset", scope); err != nil {
		return 0, err
	}
	u, err := s.Store.UserByName(ctx, scope.Tenant, r.User)
	if err != nil {
		return 0, err
	}
	if actor, _ := kernel.ActorFrom(ctx); actor.ID == u.ID {
		return 0, kernel.Errorf(kernel.Refused, "nobody resets their own password").WithFix("change it, with terrace user password")
	}
	if err := s.AuthorizeOver(ctx, u.Tenant, u.ID); err != nil {
		return 0, err
	}
	if err := checkPassword(r.Password); err != nil {
		return 0, err
	}
	if u.Password == "" {
		return 0, kernel.Errorf(kernel.Refused, "%s signs in with another provider, and has no password", u.Name).WithFix("have it reset there")
	}
	hash, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return 0, err
	}
	return ended, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetPassword(ctx, u.Tenant, u.ID, hash, !r.Theirs); err != nil {
			return err
		}
		if ended, err = s.EndTokens(ctx, u.Tenant, u.ID, "", !r.KeepTokens); err != nil {
			return err
		}
		if s.Access != nil {
			if err := s.Access.EndAllOf(ctx, u.Tenant, u.ID, endedByReset); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "user.password_reset", Scope: scope, Subject: u.ID, Reason: r.Reason, Data: map[string]any{"user": u.Name, "tokens": ended},
		})
	})
}

// revoke ends a token and what was made of it, in a transaction of ctx.
func (s *Service) revoke(ctx context.Context, tenant, subject, id string) error {
	if err := s.changed(ctx, tenant); err != nil {
		return err
	}
	if err := s.Store.RemoveToken(ctx, tenant, subject, id); err != nil {
		return err
	}
	if s.Access != nil {
		if err := s.Access.EndWithToken(ctx, id); err != nil {
			return err
		}
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: "token.revoked", Scope: kernel.Scope{Tenant: tenant}, Subject: id})
}
