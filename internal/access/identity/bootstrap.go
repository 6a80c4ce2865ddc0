package identity

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// FirstUser is the name of the admin that Bootstrap makes.
const FirstUser = "admin"

// Credentials are how the first admin signs in. They are shown once.
type Credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Token    string `json:"token"`
}

// Bootstrap makes the tenant's first admin with a password and a token of a
// year. It does so once for ever: created is false where it was done before,
// also by another process at the same time. Keep is given the credentials in the
// transaction that makes them valid, so that they are not lost where it cannot keep them.
func (s *Service) Bootstrap(ctx context.Context, tenant string, keep func(ctx context.Context, c Credentials) error) (c Credentials, created bool, err error) {
	ctx = kernel.WithActor(ctx, kernel.System("bootstrap", tenant))
	if _, err := s.Store.UserByName(ctx, tenant, FirstUser); !kernel.Is(err, kernel.NotFound) {
		return Credentials{}, false, err
	}
	password := newPassword()
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Credentials{}, false, err
	}
	u := User{ID: kernel.NewID("usr"), Tenant: tenant, Name: FirstUser, Password: hash, CreatedAt: s.Clock.Now()}
	c = Credentials{User: FirstUser, Password: password}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Claim(ctx, tenant, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.addUser(ctx, u, Admin); err != nil {
			return err
		}
		if err := s.firstOperator(ctx, u); err != nil {
			return err
		}
		t := Token{Tenant: tenant, SubjectID: u.ID, Name: "first sign-in", ExpiresAt: s.Clock.Now().Add(maxTokenLife)}
		c.Token, _, err = s.issue(ctx, u.subject(), t, "token.created")
		if err != nil {
			return err
		}
		return keep(ctx, c)
	})
	if kernel.Is(err, kernel.Conflict) {
		return Credentials{}, false, nil
	}
	if err != nil {
		return Credentials{}, false, err
	}
	return c, true, nil
}

// firstOperator lets a user create tenants where nobody does yet: the first admin of a
// fresh daemon.
func (s *Service) firstOperator(ctx context.Context, u User) error {
	has, err := s.Store.Holders(ctx, Holding{Role: Operator, Now: s.Clock.Now(), Limit: 1})
	if err != nil || len(has) > 0 {
		return err
	}
	_, err = s.putGrant(ctx, s.lasting(u, Operator), "")
	return err
}
