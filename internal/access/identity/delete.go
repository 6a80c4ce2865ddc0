package identity

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// UserDeletion asks for the end of a user.
type UserDeletion struct {
	User string
	// AccountsTo names who answers for their service accounts from then on; it is needed
	// where they have some.
	AccountsTo string
	Reason     string
}

// Forgetter removes what a room keeps of a user, in the transaction of ctx.
type Forgetter interface {
	Forget(ctx context.Context, tenant, user string) error
}

// endedByDeletion is why sessions end then, as people read it.
const endedByDeletion = "an admin has deleted its user"

// DeleteUser removes a user of the scope's tenant with all that lets them in and all that
// they may: factors, tokens, sessions, roles and groups. What they have done stays in the
// audit log under their id. Nobody deletes themselves, and admins of a tenant no operator of
// the platform; the tenant's last admin stays.
func (s *Service) DeleteUser(ctx context.Context, scope kernel.Scope, d UserDeletion) error {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorize(ctx, "user.delete", scope); err != nil {
		return err
	}
	u, err := s.Store.UserByName(ctx, scope.Tenant, d.User)
	if err != nil {
		return err
	}
	if actor, _ := kernel.ActorFrom(ctx); actor.ID == u.ID {
		return kernel.Errorf(kernel.Refused, "nobody deletes their own user").WithFix("have another admin do it")
	}
	if err := s.AuthorizeOver(ctx, u.Tenant, u.ID); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.handOver(ctx, u, d.AccountsTo); err != nil {
			return err
		}
		return s.deleteUser(ctx, u, d.Reason)
	})
}

// handOver gives the service accounts of a user who goes to another one.
func (s *Service) handOver(ctx context.Context, u User, to string) error {
	names, err := s.Store.OwnedBy(ctx, u.Tenant, u.ID)
	if err != nil || len(names) == 0 {
		return err
	}
	if to == "" {
		return kernel.Errorf(kernel.Refused, "%s answers for the service accounts %s", u.Name, strings.Join(names, ", ")).
			WithFix("name who does from now on with --accounts-to, or remove them with terrace service-account delete")
	}
	heir, err := s.Store.UserByName(ctx, u.Tenant, to)
	if err != nil {
		return err
	}
	if heir.ID == u.ID {
		return kernel.Errorf(kernel.Invalid, "%s cannot answer for them any more", u.Name).WithFix("name another user with --accounts-to")
	}
	return s.Store.HandOver(ctx, u.Tenant, u.ID, heir.ID)
}

func (s *Service) deleteUser(ctx context.Context, u User, reason string) error {
	if err := s.changed(ctx, u.Tenant); err != nil {
		return err
	}
	has, err := s.Store.Standing(ctx, u.Tenant, u.ID)
	if err != nil {
		return err
	}
	if _, err := s.EndTokens(ctx, u.Tenant, u.ID, "", true); err != nil {
		return err
	}
	if s.Access != nil {
		if err := s.Access.EndAllOf(ctx, u.Tenant, u.ID, endedByDeletion); err != nil {
			return err
		}
	}
	for _, room := range s.Forgetters {
		if err := room.Forget(ctx, u.Tenant, u.ID); err != nil {
			return err
		}
	}
	if err := s.Store.RemoveGrantsOf(ctx, u.Tenant, u.ID); err != nil {
		return err
	}
	if err := s.Store.RemoveUser(ctx, u.Tenant, u.ID); err != nil {
		return err
	}
	for _, g := range has.Grants {
		if err := s.keepsAdmin(ctx, g); err != nil {
			return err
		}
	}
	return s.Journal.Record(ctx, kernel.Fact{
		Type: "user.deleted", Scope: kernel.Scope{Tenant: u.Tenant}, Subject: u.ID, Reason: reason, Data: map[string]any{"name": u.Name},
	})
}
