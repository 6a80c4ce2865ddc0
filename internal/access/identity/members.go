package identity

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// SetMember gives a user a role in the scope's project, or in the whole tenant
// where the scope has none; the role "" takes it away. The tenant's last admin
// stays one.
func (s *Service) SetMember(ctx context.Context, scope kernel.Scope, user string, role Role) (Membership, error) {
	scope.Stage = ""
	if err := s.Authorize(ctx, "member.set", scope); err != nil {
		return Membership{}, err
	}
	if role != "" {
		if err := checkRole(role); err != nil {
			return Membership{}, err
		}
	}
	if scope.Project != "" {
		if err := s.Projects.Exists(ctx, scope); err != nil {
			return Membership{}, err
		}
	}
	u, err := s.Store.UserByName(ctx, scope.Tenant, user)
	if err != nil {
		return Membership{}, err
	}
	m := Membership{UserID: u.ID, User: u.Name, Project: scope.Project, Role: role}
	return m, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.putMember(ctx, scope, m) })
}

func (s *Service) putMember(ctx context.Context, scope kernel.Scope, m Membership) error {
	err := s.changed(ctx, scope.Tenant)
	if err != nil {
		return err
	}
	if m.Role == "" {
		err = s.Store.RemoveMembership(ctx, scope.Tenant, m.Project, m.UserID)
	} else {
		err = s.Store.PutMembership(ctx, scope.Tenant, m)
	}
	if err != nil {
		return err
	}
	err = s.Journal.Record(ctx, kernel.Fact{
		Type: "member.set", Scope: scope, Subject: m.UserID,
		Data: map[string]any{"user": m.User, "role": m.Role},
	})
	if err != nil {
		return err
	}
	return s.keepsAdmin(ctx, scope.Tenant, m.User)
}

// keepsAdmin refuses a change to a user that leaves the tenant without an admin.
// It is asked last in a transaction that has called changed, so two admins cannot
// remove each other.
func (s *Service) keepsAdmin(ctx context.Context, tenant, user string) error {
	admins, err := s.Store.WithRoles(ctx, kernel.Scope{Tenant: tenant}, []Role{Admin}, 1)
	if err != nil {
		return err
	}
	if len(admins) == 0 {
		return kernel.Errorf(kernel.Refused, "%s is the tenant's last admin", user).WithFix("make somebody else admin first")
	}
	return nil
}

// Members lists who has a role in the scope's project or the whole tenant.
func (s *Service) Members(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Membership], error) {
	if err := s.Authorize(ctx, "project.read", scope); err != nil {
		return kernel.Page[Membership]{}, err
	}
	if err := s.Projects.Exists(ctx, scope); err != nil {
		return kernel.Page[Membership]{}, err
	}
	return s.Store.Members(ctx, scope, page)
}

// Mine returns the roles of the actor of ctx.
func (s *Service) Mine(ctx context.Context) ([]Membership, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return nil, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	}
	if actor.Kind != kernel.ActorUser {
		return nil, nil
	}
	return s.Store.MembershipsOf(ctx, actor.Tenant, actor.ID)
}
