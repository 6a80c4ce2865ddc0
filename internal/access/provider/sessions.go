package provider

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Why sessions end, as people read it in the audit log.
const (
	EndedBySignOut = "signed out"
	EndedByReuse   = "a refresh token was used twice"
	EndedByReplay  = "an authorization code was used twice"
	EndedByClient  = "its client gave it back"
	EndedWithUser  = "its user is kept out"
	EndedByReset   = "an admin has reset what its user signs in with"
	EndedByChange  = "its user has changed the password elsewhere"
	EndedByOwner   = "its user has ended it"
	EndedByAdmin   = "an admin has ended it"
	EndedByPolicy  = "its tenant asks for a second factor since"
	endedWithToken = "the token that it was made of was revoked"
	endedByRemoval = "its client was removed"
	endedByExpiry  = "its time was over"
)

// Open keeps a session when its first tokens are given, and notes of one that there is
// that it is used.
func (s *Service) Open(ctx context.Context, n Session) error {
	n.CreatedAt, n.Address = s.Clock.Now(), kernel.AddressFrom(ctx)
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		fresh, err := s.Store.OpenSession(ctx, n)
		if err == nil && !fresh {
			return s.Store.TouchSession(ctx, n.ID, n.Address, n.CreatedAt)
		}
		if err != nil {
			return err
		}
		if err := s.lasts(ctx, n.Via); err != nil {
			return err
		}
		actor, err := s.Users.Acting(ctx, n.Tenant, n.Subject)
		if err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, actor), n.Tenant, "session.opened", n.ID,
			map[string]any{"user": actor.Name, "name": n.Client, "expiresAt": n.ExpiresAt})
	})
}

// lasts refuses what came by a sign-in at another provider that was ended since.
func (s *Service) lasts(ctx context.Context, via string) error {
	if via == "" || s.Vias == nil {
		return nil
	}
	lasts, err := s.Vias.Lasts(ctx, via)
	if err == nil && !lasts {
		err = kernel.Errorf(kernel.Unauthenticated, "the sign-in at the other provider has ended").WithFix("sign in again")
	}
	return err
}

// Holding returns a session that has not ended.
func (s *Service) Holding(ctx context.Context, id string) (Session, error) {
	n, err := s.Store.Session(ctx, id)
	switch {
	case err != nil:
		return Session{}, err
	case !n.EndedAt.IsZero():
		return n, kernel.Errorf(kernel.Unauthenticated, "the session has ended: %s", n.Why).WithFix("sign in again")
	case !n.ExpiresAt.After(s.Clock.Now()):
		return n, kernel.Errorf(kernel.Unauthenticated, "the session has ended: %s", endedByExpiry).WithFix("sign in again")
	}
	return n, nil
}

// End ends a session: no token of it holds any more. One that has ended, or never was,
// stays as it is.
func (s *Service) End(ctx context.Context, id, why string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		n, err := s.Store.Session(ctx, id)
		if kernel.Is(err, kernel.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.endAll(ctx, []Session{n}, why)
	})
}

// Revoke takes an access token back. One that was exchanged ends alone, with what was made of
// it, and is kept for that as a session that has ended; any other ends its session.
func (s *Service) Revoke(ctx context.Context, c Claims, why string) error {
	if c.Actor == nil {
		return s.End(ctx, c.Session, why)
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		n := Session{
			ID: c.ID, Tenant: c.Tenant, Subject: c.Subject, Client: c.Client, Scopes: strings.Fields(c.Scope),
			CreatedAt: time.Unix(c.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(c.Expires, 0).UTC(),
		}
		if _, err := s.Store.OpenSession(ctx, n); err != nil {
			return err
		}
		return s.endAll(ctx, []Session{n}, why)
	})
}

// EndVia ends all that came by a sign-in at another provider: browsers and what clients
// were given.
func (s *Service) EndVia(ctx context.Context, via, why string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		browsers, err := s.Store.SignInsVia(ctx, via)
		if err != nil {
			return err
		}
		for _, n := range browsers {
			if err := s.endSignIn(ctx, n, why); err != nil {
				return err
			}
		}
		sessions, err := s.Store.SessionsVia(ctx, via)
		if err != nil {
			return err
		}
		return s.endAll(ctx, sessions, why)
	})
}

// EndWithToken ends, in the transaction of ctx, the sessions of a service account that
// signed in with a token.
func (s *Service) EndWithToken(ctx context.Context, token string) error {
	sessions, err := s.Store.SessionsOf(ctx, token, "")
	if err != nil {
		return err
	}
	return s.endAll(ctx, sessions, endedWithToken)
}

// EndAllOf signs somebody out everywhere: in every browser and at every client.
func (s *Service) EndAllOf(ctx context.Context, tenant, user, why string) error {
	return s.endBut(ctx, tenant, user, Session{}, why)
}

// EndOthersOf signs somebody out everywhere who has changed their password, but for the
// session that they did it in, and its browser.
func (s *Service) EndOthersOf(ctx context.Context, tenant, user, session string) error {
	kept, err := s.Store.Session(ctx, session)
	if err != nil && !kernel.Is(err, kernel.NotFound) { // they came by another token
		return err
	}
	return s.endBut(ctx, tenant, user, kept, EndedByChange)
}

func (s *Service) endBut(ctx context.Context, tenant, user string, kept Session, why string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		browsers, err := s.Store.SignInsOf(ctx, tenant, user)
		if err != nil {
			return err
		}
		sessions, err := s.Store.SessionsOfUser(ctx, tenant, user)
		if err != nil {
			return err
		}
		for _, n := range browsers {
			if n.ID == kept.SignIn {
				continue
			}
			if err := s.endBrowser(ctx, n, why); err != nil {
				return err
			}
		}
		return s.endAll(ctx, slices.DeleteFunc(sessions, func(n Session) bool { return n.ID == kept.ID }), why)
	})
}

// endAll ends sessions in the transaction of ctx.
func (s *Service) endAll(ctx context.Context, sessions []Session, why string) error {
	for _, n := range sessions {
		if err := s.changed(ctx); err != nil {
			return err
		}
		ended, err := s.Store.EndSession(ctx, n.ID, why, s.Clock.Now())
		if err != nil {
			return err
		}
		if !ended {
			continue
		}
		if err := s.owe(ctx, n, why); err != nil {
			return err
		}
		if err := s.record(ctx, n.Tenant, "session.ended", n.ID, map[string]any{"user": s.NameOf(ctx, n.Tenant, n.Subject), "client": n.Client, "why": why}); err != nil {
			return err
		}
	}
	return nil
}

// NameOf returns what people call somebody, or the id of who is gone or kept out.
func (s *Service) NameOf(ctx context.Context, tenant, id string) string {
	if actor, err := s.Users.Acting(ctx, tenant, id); err == nil {
		return actor.Name
	}
	return id
}

// Sweep removes what nobody can use any more.
func (s *Service) Sweep(ctx context.Context) error {
	_, err := s.Store.Sweep(ctx, s.Clock.Now().Add(-MaxTokenLife-leeway))
	return err
}
