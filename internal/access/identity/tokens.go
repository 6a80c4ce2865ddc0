package identity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const maxTokenLife = 366 * 24 * time.Hour

// NewToken asks for a personal token.
type NewToken struct {
	// User is whose token it is; "" is the actor's own.
	User string
	// Name tells tokens apart.
	Name string
	// Life is how long it is valid; 0 is 90 days, at most 366.
	Life time.Duration
}

// CreateToken makes a token and returns its secret, which is shown this once.
// Users make their own; an admin of the tenant makes anybody's.
func (s *Service) CreateToken(ctx context.Context, scope kernel.Scope, n NewToken) (secret string, t Token, err error) {
	if n.Name == "" || len(n.Name) > 64 || n.Life < 0 || n.Life > maxTokenLife {
		return "", Token{}, kernel.Errorf(kernel.Invalid, "the token is not possible").
			WithProblems(kernel.Problem{Path: "name", Message: "a token needs a name of 1 to 64 bytes and lives at most 366 days"})
	}
	if n.Life == 0 {
		n.Life = 90 * 24 * time.Hour
	}
	u, err := s.target(ctx, scope, n.User, "token.create")
	if err != nil {
		return "", Token{}, err
	}
	return s.issue(ctx, u, n.Name, s.Clock.Now().Add(n.Life), "token.created")
}

// issue keeps a new token of u and returns its secret.
func (s *Service) issue(ctx context.Context, u User, name string, expires time.Time, fact string) (string, Token, error) {
	secret := newSecret()
	t := Token{
		ID: kernel.NewID("tok"), Tenant: u.Tenant, UserID: u.ID, Name: name,
		Hash: hashOf(secret), CreatedAt: s.Clock.Now(), ExpiresAt: expires,
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddToken(ctx, t); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: fact, Scope: kernel.Scope{Tenant: u.Tenant}, Subject: t.ID,
			Data: map[string]any{"user": u.Name, "name": name, "expiresAt": expires},
		})
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// Renew returns a token for a year in place of one that ends within left, or the
// one that it is given: it has longer, was revoked, or its user is kept out. The
// caller has checked that the token is the bearer's to keep.
func (s *Service) Renew(ctx context.Context, tenant, secret string, left time.Duration) (string, error) {
	t, err := s.Store.TokenByHash(ctx, hashOf(secret))
	if kernel.Is(err, kernel.NotFound) {
		return secret, nil
	}
	if err != nil {
		return "", err
	}
	if t.Tenant != tenant || t.ExpiresAt.IsZero() || t.ExpiresAt.Sub(s.Clock.Now()) >= left {
		return secret, nil
	}
	u, err := s.Store.UserByID(ctx, tenant, t.UserID)
	if err != nil || u.isDisabled() {
		return secret, err
	}
	ctx = kernel.WithActor(ctx, kernel.System("renewal", tenant))
	fresh, _, err := s.issue(ctx, u, t.Name, s.Clock.Now().Add(maxTokenLife), "token.created")
	return fresh, err
}

// TokensOf lists the actor's own tokens, without their secrets.
func (s *Service) TokensOf(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Token], error) {
	u, err := s.target(ctx, scope, "", "token.create")
	if err != nil {
		return kernel.Page[Token]{}, err
	}
	return s.Store.TokensOf(ctx, scope.Tenant, u.ID, page)
}

// RevokeToken ends one of the actor's own tokens at once.
func (s *Service) RevokeToken(ctx context.Context, scope kernel.Scope, id string) error {
	u, err := s.target(ctx, scope, "", "token.create")
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.changed(ctx, scope.Tenant); err != nil {
			return err
		}
		if err := s.Store.RemoveToken(ctx, scope.Tenant, u.ID, id); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "token.revoked", Scope: kernel.Scope{Tenant: scope.Tenant}, Subject: id})
	})
}

// target returns the named user; for anybody but the actor, the action is
// authorised first.
func (s *Service) target(ctx context.Context, scope kernel.Scope, name, action string) (User, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if ok && actor.Kind == kernel.ActorUser && actor.Tenant == scope.Tenant && (name == "" || name == actor.Name) {
		return s.Store.UserByID(ctx, scope.Tenant, actor.ID)
	}
	if err := s.Authorize(ctx, action, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return User{}, err
	}
	return s.Store.UserByName(ctx, scope.Tenant, name)
}
