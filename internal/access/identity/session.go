package identity

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// How long a sign-in lasts, and how exact the last use of a token is.
const (
	sessionLife   = 12 * time.Hour
	touchInterval = time.Minute
)

// sessionToken is the name of tokens that a password was exchanged for.
const sessionToken = "session"

// SignIn exchanges a password for a token of 12 hours. The error is
// Unauthenticated for a wrong name or password, the same for both, for a
// disabled user, and for one of whom more is asked than a password; and Locked after too many.
func (s *Service) SignIn(ctx context.Context, tenant, name, password string) (secret string, t Token, err error) {
	u, err := s.sole(ctx, tenant, name, password)
	if err != nil {
		return "", Token{}, err
	}
	return s.session(ctx, u)
}

// session gives somebody a token for their password.
func (s *Service) session(ctx context.Context, u User) (secret string, t Token, err error) {
	ctx = kernel.WithActor(ctx, u.actor())
	t = Token{Tenant: u.Tenant, SubjectID: u.ID, Name: sessionToken, ExpiresAt: s.Clock.Now().Add(sessionLife)}
	return s.issue(ctx, u.subject(), t, "session.opened")
}

// CheckPassword returns whom a password signs in, for one request and without a
// token. Its errors are those of SignIn.
func (s *Service) CheckPassword(ctx context.Context, tenant, name, password string) (kernel.Actor, error) {
	u, err := s.sole(ctx, tenant, name, password)
	return u.actor(), err
}

// sole returns whom a password signs in by itself.
func (s *Service) sole(ctx context.Context, tenant, name, password string) (User, error) {
	u, err := s.known(ctx, tenant, name, password)
	if err == nil {
		err = s.alone(ctx, u)
	}
	if err == nil {
		err = given(u)
	}
	return u, err
}

// ProvePassword returns whose a password is, who may have more to prove: whoever asks
// sees to that. Its errors are those of SignIn for a password.
func (s *Service) ProvePassword(ctx context.Context, tenant, name, password string) (kernel.Actor, error) {
	u, err := s.known(ctx, tenant, name, password)
	return u.actor(), err
}

// alone refuses somebody whose password was right, and of whom more is asked.
func (s *Service) alone(ctx context.Context, u User) error {
	if s.Factors == nil {
		return nil
	}
	asked, err := s.Factors.Asked(ctx, u.actor())
	if err != nil || !asked {
		return err
	}
	s.refused(ctx, u.Tenant, u.Name, u, "a second factor is asked for")
	return kernel.Errorf(kernel.Unauthenticated, "a password alone does not sign %s in: a second factor is asked for", u.Name).
		WithFix("sign in in a browser, with terrace login ADDRESS, and give programs a token: terrace token create --name NAME")
}

// known returns the user that the password is of. What is too long to be a name is nobody's:
// of it nothing is kept.
func (s *Service) known(ctx context.Context, tenant, name, password string) (User, error) {
	if len(tenant) > maxName {
		return User{}, wrongPassword()
	}
	if len(name) > maxName {
		s.refused(ctx, tenant, name, User{}, "")
		return User{}, wrongPassword()
	}
	key := tenant + "/" + name
	if err := s.throttle.begin(key, kernel.AddressFrom(ctx), s.Clock.Now()); err != nil {
		return User{}, err
	}
	u, err := s.Store.UserByName(ctx, tenant, name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return User{}, err
	}
	ok, err := s.hasher.verify(ctx, password, u.Password)
	if err != nil {
		return User{}, err
	}
	switch {
	case !ok || u.ID == "":
		s.refused(ctx, tenant, name, u, "the password is wrong")
		return User{}, wrongPassword()
	case u.isDisabled():
		s.refused(ctx, tenant, name, u, "the user is disabled")
		return User{}, disabled(u.subject())
	}
	s.throttle.succeed(key, kernel.AddressFrom(ctx), s.Clock.Now())
	return u, s.open(ctx, tenant)
}

func wrongPassword() error {
	return kernel.Errorf(kernel.Unauthenticated, "the user name or the password is wrong")
}

// Authenticate returns who a bearer token stands for: a personal token's user,
// a run, or whom an access token of the OpenID provider names. The error is Unauthenticated for any other.
func (s *Service) Authenticate(ctx context.Context, bearer string) (kernel.Actor, error) {
	if strings.HasPrefix(bearer, tokens.Prefix) && s.Runs != nil {
		run, err := s.Runs.Verify(bearer)
		if err != nil {
			return kernel.Actor{}, err
		}
		return run.Actor(), nil
	}
	if s.Access != nil && s.Access.LooksLike(bearer) {
		return s.Access.Verify(ctx, bearer)
	}
	if !wellFormed(bearer) {
		return kernel.Actor{}, badToken()
	}
	t, err := s.token(ctx, kernel.HashOf(bearer))
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Actor{}, badToken()
	}
	if err != nil {
		return kernel.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	return s.bearerOf(ctx, t)
}

func (s *Service) bearerOf(ctx context.Context, t Token) (kernel.Actor, error) {
	now := s.Clock.Now()
	if !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now) {
		return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token %q has expired", t.Name).WithFix("sign in again")
	}
	actor, err := s.Acting(ctx, t.Tenant, t.SubjectID)
	if err != nil {
		return kernel.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	if now.Sub(t.LastUsedAt) >= touchInterval {
		if err := s.suffices(ctx, t, actor); err != nil {
			return kernel.Actor{}, err
		}
		s.touch(ctx, t, now)
	}
	actor.Session, actor.Until, actor.Limits = t.ID, t.ExpiresAt, t.Limits
	return actor, nil
}

// touch notes when a token was used, also in what is known of it.
func (s *Service) touch(ctx context.Context, t Token, now time.Time) {
	if err := s.Store.TouchToken(ctx, t, now); err != nil {
		s.Logger.WarnContext(ctx, "the last use of a token was not noted", slog.String("token", t.ID), slog.String("error", err.Error()))
		return
	}
	t.LastUsedAt = now
	if v, _ := s.views.get(t.Tenant); v != nil {
		if _, known := v.tokens.get(t.Hash); known {
			v.tokens.put(t.Hash, t)
		}
	}
}

func badToken() error {
	return kernel.Errorf(kernel.Unauthenticated, "the token is not valid").WithFix("sign in again, or make a new token")
}
