package provider

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Begin keeps that a browser is signed in, and returns its cookie. It is a new one
// each time: the one that the browser had before, former, is worth nothing any more.
// What clients were given goes on where it was the same person.
func (s *Service) Begin(ctx context.Context, p Person, former string) (cookie string, err error) {
	cookie = NewSecret(prefixCookie)
	n := SignIn{
		ID: kernel.NewID("sgn"), Tenant: p.Tenant, UserID: p.ID, Hash: kernel.HashOf(cookie),
		Methods: p.Methods, Via: p.Via, At: p.At, ExpiresAt: s.Clock.Now().Add(SignInLife), Address: kernel.AddressFrom(ctx),
	}
	return cookie, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.lasts(ctx, n.Via); err != nil { // it may have ended on the way
			return err
		}
		if err := s.Store.AddSignIn(ctx, n); err != nil {
			return err
		}
		if err := s.replace(ctx, former, n); err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, p.Actor), p.Tenant, "session.opened", n.ID,
			map[string]any{"user": p.Name, "name": "browser", "expiresAt": n.ExpiresAt})
	})
}

// replace ends the sign-in that another follows in the same browser.
func (s *Service) replace(ctx context.Context, former string, n SignIn) error {
	old, err := s.InBrowser(ctx, former)
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		return nil
	case err != nil:
		return err
	case old.UserID != n.UserID:
		return s.SignOut(ctx, old)
	}
	if err := s.Store.MoveSessions(ctx, old.ID, n.ID); err != nil {
		return err
	}
	_, err = s.Store.EndSignIn(ctx, old.ID, s.Clock.Now())
	return err
}

func nobody() error { return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in") }

// InBrowser returns the sign-in of the browser with a cookie, whether whose it is may work
// at present or not: it can be ended. The error is Unauthenticated for none.
func (s *Service) InBrowser(ctx context.Context, cookie string) (SignIn, error) {
	if cookie == "" {
		return SignIn{}, nobody()
	}
	n, err := s.Store.SignInByHash(ctx, kernel.HashOf(cookie))
	if kernel.Is(err, kernel.NotFound) || err == nil && !n.holds(s.Clock.Now()) {
		return SignIn{}, nobody()
	}
	return n, err
}

// SignedIn returns who is signed in in the browser with a cookie; the error is
// Unauthenticated for nobody, and for somebody of whom the tenant asks more by now than
// they have proven.
func (s *Service) SignedIn(ctx context.Context, cookie string) (SignIn, Person, error) {
	n, err := s.InBrowser(ctx, cookie)
	if err != nil {
		return SignIn{}, Person{}, err
	}
	actor, err := s.Users.Acting(ctx, n.Tenant, n.UserID)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) {
		return SignIn{}, Person{}, nobody()
	}
	p := Person{Actor: actor, Methods: n.Methods, Via: n.Via}
	if err != nil {
		return n, p, err
	}
	lacks, err := s.Lacks(ctx, p)
	if err == nil && lacks {
		return SignIn{}, Person{}, nobody()
	}
	if err == nil {
		s.touch(ctx, n)
	}
	return n, p, err
}

// Lacks reports whether the tenant asks somebody for a second factor who has proven none.
// A policy that is set later counts for who is signed in, too.
func (s *Service) Lacks(ctx context.Context, p Person) (bool, error) {
	if s.Factors == nil || p.Kind != kernel.ActorUser || p.HasProven() {
		return false, nil
	}
	return s.Factors.Requires(ctx, p.Actor)
}

// SignOut ends a browser's sign-in, and with it every session that it gave to clients
// that stay signed in no longer than it.
func (s *Service) SignOut(ctx context.Context, n SignIn) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.endSignIn(ctx, n, EndedBySignOut) })
}

func (s *Service) endSignIn(ctx context.Context, n SignIn, why string) error {
	sessions, err := s.Store.SessionsOf(ctx, n.ID, "")
	if err != nil {
		return err
	}
	if err := s.endBrowser(ctx, n, why); err != nil {
		return err
	}
	return s.endAll(ctx, sessions, why)
}

// endBrowser ends a browser's sign-in and leaves what it gave to clients.
func (s *Service) endBrowser(ctx context.Context, n SignIn, why string) error {
	ended, err := s.Store.EndSignIn(ctx, n.ID, s.Clock.Now())
	if err != nil || !ended {
		return err
	}
	return s.record(ctx, n.Tenant, "session.ended", n.ID, map[string]any{"user": s.NameOf(ctx, n.Tenant, n.UserID), "client": "browser", "why": why})
}

// Consented reports whether a person let a client have all of the scopes before.
func (s *Service) Consented(ctx context.Context, tenant, user, client string, scopes []string) (bool, error) {
	had, err := s.Store.Consent(ctx, tenant, user, client)
	if err != nil {
		return false, err
	}
	return containsAll(had, scopes), nil
}

// Allow keeps that a person lets a client have scopes.
func (s *Service) Allow(ctx context.Context, p Person, client Client, scopes []string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutConsent(ctx, p.Tenant, p.ID, client.ID, scopes, s.Clock.Now()); err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, p.Actor), p.Tenant, "client.allowed", client.ID, map[string]any{"name": client.Name, "scopes": scopes})
	})
}
