package identity

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Found prepares the first admin of a new tenant, with a password that is told once. add
// makes them, in the transaction of its ctx. A tenant has one first admin for ever: a
// second is a Conflict.
func (s *Service) Found(ctx context.Context, tenant, user string) (password string, add func(ctx context.Context) error, err error) {
	if err := checkName(user); err != nil {
		return "", nil, err
	}
	password = newPassword()
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return "", nil, err
	}
	u := User{ID: kernel.NewID("usr"), Tenant: tenant, Name: user, Password: hash, Given: true, CreatedAt: s.Clock.Now()}
	return password, func(ctx context.Context) error {
		if err := s.Store.Claim(ctx, tenant, s.Clock.Now()); err != nil {
			return err
		}
		return s.addUser(ctx, u, Admin)
	}, nil
}

// TenantChanged notes, in the transaction of ctx, that how a tenant stands is another.
func (s *Service) TenantChanged(ctx context.Context, tenant string) error {
	return s.changed(ctx, tenant)
}
