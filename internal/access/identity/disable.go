package identity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// SetDisabled keeps a user of the scope's tenant out, or lets them in again.
// Signing in and every token of a disabled user are refused from the next
// request on; their roles and tokens stay, for when they come back. The tenant's
// last admin cannot be disabled.
func (s *Service) SetDisabled(ctx context.Context, scope kernel.Scope, name string, disable bool) (User, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorize(ctx, "user.disable", scope); err != nil {
		return User{}, err
	}
	u, err := s.Store.UserByName(ctx, scope.Tenant, name)
	if err != nil || u.isDisabled() == disable {
		return u, err
	}
	u.DisabledAt = time.Time{}
	fact := kernel.Fact{Type: "user.enabled", Scope: scope, Subject: u.ID, Data: map[string]any{"name": u.Name}}
	if disable {
		u.DisabledAt, fact.Type = s.Clock.Now(), "user.disabled"
	}
	return u, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.changed(ctx, u.Tenant); err != nil {
			return err
		}
		if err := s.Store.SetDisabled(ctx, u.Tenant, u.ID, u.DisabledAt); err != nil {
			return err
		}
		if err := s.Journal.Record(ctx, fact); err != nil {
			return err
		}
		return s.keepsAdmins(ctx, u)
	})
}

func disabled(who Subject) error {
	what := "the user "
	if who.Kind == KindService {
		what = "the service account "
	}
	return kernel.Errorf(kernel.Unauthenticated, "%s is disabled", what+who.Name).WithFix("an admin of the tenant can let you in again")
}

// keepsAdmins refuses to keep out a user without whom the tenant has no admin, or the
// platform no operator.
func (s *Service) keepsAdmins(ctx context.Context, u User) error {
	if !u.isDisabled() {
		return nil
	}
	has, err := s.Store.Standing(ctx, u.Tenant, u.ID)
	if err != nil {
		return err
	}
	for _, g := range has.Grants {
		if err := s.keepsAdmin(ctx, g); err != nil {
			return err
		}
	}
	return nil
}
