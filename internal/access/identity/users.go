package identity

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// NewUser asks for a user.
type NewUser struct {
	Name     string
	Password string
	// Role is the role in the whole tenant, "" for none.
	Role Role
	// Given says that the user is to choose another password before they are signed in.
	Given bool
}

// CreateUser adds a user to the scope's tenant.
func (s *Service) CreateUser(ctx context.Context, scope kernel.Scope, n NewUser) (User, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorize(ctx, "user.create", scope); err != nil {
		return User{}, err
	}
	if err := n.check(); err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	u := User{ID: kernel.NewID("usr"), Tenant: scope.Tenant, Name: n.Name, Password: hash, Given: n.Given, CreatedAt: s.Clock.Now()}
	return u, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.addUser(ctx, u, n.Role) })
}

func (n NewUser) check() error {
	if err := checkName(n.Name); err != nil {
		return err
	}
	if err := checkPassword(n.Password); err != nil {
		return err
	}
	if n.Role == "" {
		return nil
	}
	return checkRole(n.Role)
}

func (s *Service) addUser(ctx context.Context, u User, role Role) error {
	if err := s.Store.AddUser(ctx, u); err != nil {
		return err
	}
	err := s.Journal.Record(ctx, kernel.Fact{
		Type: "user.created", Scope: kernel.Scope{Tenant: u.Tenant}, Subject: u.ID,
		Data: map[string]any{"name": u.Name, "role": role},
	})
	if err != nil || role == "" {
		return err
	}
	_, err = s.putGrant(ctx, s.lasting(u, role), "")
	return err
}

// lasting is a grant without an end of a role in the whole tenant, or on the platform.
func (s *Service) lasting(u User, role Role) Grant {
	return Grant{
		ID: kernel.NewID("grt"), Tenant: u.Tenant, Subject: u.subject(), Role: role, Platform: role == Operator, CreatedAt: s.Clock.Now(),
	}
}

// Users lists the users of the scope's tenant by name.
func (s *Service) Users(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[User], error) {
	if err := s.Authorize(ctx, "user.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return kernel.Page[User]{}, err
	}
	return s.Store.Users(ctx, scope.Tenant, page)
}

// ChangePassword sets the actor's own password; the present one proves that it
// is they who ask. They are signed out everywhere but where they do it; personal tokens
// stay.
func (s *Service) ChangePassword(ctx context.Context, scope kernel.Scope, present, next string) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Limits != nil {
		return kernel.Errorf(kernel.Denied, "a token with limits changes no password").WithFix("sign in, or use one without limits")
	}
	u, err := s.target(ctx, scope, "", "user.create")
	if err != nil {
		return err
	}
	if err := checkPassword(next); err != nil {
		return err
	}
	key := u.Tenant + "/" + u.Name
	if err := s.throttle.begin(key, kernel.AddressFrom(ctx), s.Clock.Now()); err != nil {
		return err
	}
	ok, err := s.hasher.verify(ctx, present, u.Password)
	if err != nil {
		return err
	}
	if !ok {
		s.refused(ctx, u.Tenant, u.Name, u, "the password is wrong")
		return kernel.Errorf(kernel.Denied, "the present password is wrong")
	}
	s.throttle.succeed(key, kernel.AddressFrom(ctx), s.Clock.Now())
	return s.replace(ctx, u, next, actor.Session)
}

// replace gives a user a password of their own, and ends what they are signed in to but for
// one session.
func (s *Service) replace(ctx context.Context, u User, next, session string) error {
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetPassword(ctx, u.Tenant, u.ID, hash, false); err != nil {
			return err
		}
		if _, err := s.EndTokens(ctx, u.Tenant, u.ID, session, false); err != nil {
			return err
		}
		if s.Access != nil {
			if err := s.Access.EndOthersOf(ctx, u.Tenant, u.ID, session); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "user.password_changed", Scope: kernel.Scope{Tenant: u.Tenant}, Subject: u.ID})
	})
}

// Find returns whose name it is, also somebody who is kept out. It asks for no permission:
// its caller was allowed to do its work.
func (s *Service) Find(ctx context.Context, tenant, name string) (kernel.Actor, error) {
	u, err := s.Store.UserByName(ctx, tenant, name)
	return u.actor(), err
}

// Named returns a user by name, with the errors of Acting. It asks for no permission:
// its caller was allowed to do its work.
func (s *Service) Named(ctx context.Context, tenant, name string) (kernel.Actor, error) {
	u, err := s.Store.UserByName(ctx, tenant, name)
	if err != nil {
		return kernel.Actor{}, err
	}
	return s.Acting(ctx, tenant, u.ID)
}

// Administers reports whether somebody is an admin of the tenant or anything in it, or an
// operator of the platform.
func (s *Service) Administers(ctx context.Context, tenant, id string) (bool, error) {
	has, err := s.standing(ctx, tenant, id)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(has.holding(s.Clock.Now()), func(g Grant) bool { return g.Role == Admin || g.Platform }), nil
}

// Acting returns the user or the service account for whom work is done that they asked for earlier. The
// error is NotFound for one who is gone and Unauthenticated for one who is disabled.
func (s *Service) Acting(ctx context.Context, tenant, id string) (kernel.Actor, error) {
	has, err := s.working(ctx, tenant, id)
	switch {
	case err != nil:
		return kernel.Actor{}, err
	case !has.isKnown():
		return kernel.Actor{}, kernel.Errorf(kernel.NotFound, "there is nobody with the id %s", id)
	case has.isDisabled():
		return kernel.Actor{}, disabled(has.Subject)
	}
	return has.actor(tenant), nil
}
