package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Given is a role at a node of a tenant's tree, as a rule of an upstream gives it.
type Given struct {
	Role Role
	// Platform says that the node is the platform, else it is the tenant, or the project,
	// or the stage of the project.
	Platform bool
	Project  string
	Stage    string
}

func (g Given) grant(tenant string) Grant {
	return Grant{Tenant: tenant, Role: g.Role, Platform: g.Platform, Project: g.Project, Stage: g.Stage}
}

// MayGive tells whether the actor of ctx may give a role in a tenant, with the errors of
// Grant.
func (s *Service) MayGive(ctx context.Context, tenant string, given Given) error {
	g := given.grant(tenant)
	if err := s.Authorize(ctx, grantAction(g.Platform), g.scope()); err != nil {
		return err
	}
	return s.checkGrant(ctx, g)
}

// MayGroup tells whether the actor of ctx may put users of a tenant into a group, with
// the errors of AddToGroup. Nobody puts others where they would be more than the actor
// may make them.
func (s *Service) MayGroup(ctx context.Context, tenant, name string) error {
	g, err := s.group(ctx, kernel.Scope{Tenant: tenant}, name)
	if err != nil {
		return err
	}
	grants, err := s.Store.GrantsFrom(ctx, tenant, g.ID, "")
	if err != nil {
		return err
	}
	for _, has := range grants {
		if err := s.Authorize(ctx, grantAction(has.Platform), has.scope()); err != nil {
			return fmt.Errorf("the group %s is %s of %s: %w", name, has.Role, has.Where(), err)
		}
	}
	return nil
}

// OnPlatform reports whether a user holds a role on the platform, by themselves or
// through a group.
func (s *Service) OnPlatform(ctx context.Context, tenant, userID string) (bool, error) {
	has, err := s.Store.Standing(ctx, tenant, userID)
	if err != nil {
		return false, err
	}
	for _, g := range has.holding(s.Clock.Now()) {
		if g.Platform {
			return true, nil
		}
	}
	return false, nil
}

// Federate adds a user to a tenant whom an upstream signs in: they have no password.
// Where the name is taken they get it with a number. Its caller acts for the system.
func (s *Service) Federate(ctx context.Context, tenant, name string, disabled bool) (User, error) {
	u := User{ID: kernel.NewID("usr"), Tenant: tenant, CreatedAt: s.Clock.Now()}
	if disabled {
		u.DisabledAt = u.CreatedAt
	}
	return u, s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if u.Name, err = s.freeName(ctx, tenant, NameOf(name)); err != nil {
			return err
		}
		if err := s.addUser(ctx, u, ""); err != nil || !disabled {
			return err
		}
		return s.Store.SetDisabled(ctx, tenant, u.ID, u.DisabledAt)
	})
}

const namesTried = 20

// freeName returns a name that nobody in the tenant has: the one that is asked for, or
// one that begins with it.
func (s *Service) freeName(ctx context.Context, tenant, name string) (string, error) {
	for n := range namesTried {
		candidate := name
		if n > 0 {
			candidate = fmt.Sprintf("%.58s-%d", name, n+1)
		}
		_, err := s.Store.UserByName(ctx, tenant, candidate)
		if kernel.Is(err, kernel.NotFound) {
			return candidate, nil
		}
		if err != nil {
			return "", err
		}
	}
	id := kernel.NewID("x")
	return fmt.Sprintf("%.50s-%s", name, strings.ToLower(id[len(id)-12:])), nil
}

// NameOf makes a login name of what an upstream calls somebody: what is before an @, in
// lower case, with - for what no name has.
func NameOf(said string) string {
	said, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(said)), "@")
	var out strings.Builder
	for _, r := range said {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			out.WriteRune(r)
		default:
			out.WriteByte('-')
		}
		if out.Len() == 60 {
			break
		}
	}
	name := strings.Trim(out.String(), ".-_")
	if !loginName.MatchString(name) {
		return "user"
	}
	return name
}

// SyncGrants makes a user have the given roles because a source says so at a sign-in, and
// no other by that source; what people gave stays. What is of a project or a stage that
// there is no more is returned. Its caller acts for the system.
func (s *Service) SyncGrants(ctx context.Context, tenant, userID, source string, given []Given) (lost []Given, err error) {
	u, err := s.Store.UserByID(ctx, tenant, userID)
	if err != nil {
		return nil, err
	}
	return lost, s.Tx.InTx(ctx, func(ctx context.Context) error {
		present, err := s.Store.GrantsFrom(ctx, tenant, userID, source)
		if err != nil {
			return err
		}
		kept := map[Given]bool{}
		for _, g := range present {
			one := givenOf(g)
			if kept[one] = slices.Contains(given, one); kept[one] {
				continue
			}
			if err := s.removeGrant(ctx, g, ""); err != nil {
				return err
			}
		}
		for _, one := range given {
			if kept[one] {
				continue
			}
			kept[one] = true
			g := one.grant(tenant)
			g.ID, g.Subject, g.Source, g.CreatedAt = kernel.NewID("grt"), u.subject(), source, s.Clock.Now()
			err := s.checkGrant(ctx, g)
			if kernel.Is(err, kernel.NotFound) {
				lost = append(lost, one)
				continue
			}
			if err != nil {
				return err
			}
			if _, err := s.putGrant(ctx, g, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func givenOf(g Grant) Given {
	return Given{Role: g.Role, Platform: g.Platform, Project: g.Project, Stage: g.Stage}
}

// DropSource ends all that a source has said of the users of a tenant. Its caller acts
// for who was allowed to.
func (s *Service) DropSource(ctx context.Context, tenant, source string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		users, err := s.Store.UsersFrom(ctx, tenant, source)
		if err != nil {
			return err
		}
		for _, id := range users {
			if _, err := s.SyncGroups(ctx, tenant, id, source, nil); err != nil {
				return err
			}
			if _, err := s.SyncGrants(ctx, tenant, id, source, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
