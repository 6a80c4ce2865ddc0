package identity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// LocalSource is the source of memberships that people of the tenant set; others are
// the names of upstreams.
const LocalSource = "local"

const maxAbout = 256

// Group is a set of users of a tenant that roles are granted to.
type Group struct {
	ID     string
	Tenant string
	// Name is unique in the tenant.
	Name      string
	About     string
	CreatedAt time.Time
	// Members is how many users are in it.
	Members int
}

// GroupMember is a user in a group, because a source says so.
type GroupMember struct {
	UserID  string
	User    string
	Source  string
	AddedAt time.Time
}

// CreateGroup adds a group to the scope's tenant.
func (s *Service) CreateGroup(ctx context.Context, scope kernel.Scope, name, about string) (Group, error) {
	if err := s.Authorize(ctx, "group.set", tenantOf(scope)); err != nil {
		return Group{}, err
	}
	if err := checkNamed("group", name, about); err != nil {
		return Group{}, err
	}
	g := Group{ID: kernel.NewID("grp"), Tenant: scope.Tenant, Name: name, About: about, CreatedAt: s.Clock.Now()}
	return g, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddGroup(ctx, g); err != nil {
			return err
		}
		return s.recordGroup(ctx, "group.created", g, nil)
	})
}

// checkNamed refuses the name and the description of a group or a service account.
func checkNamed(what, name, about string) error {
	if !loginName.MatchString(name) {
		return kernel.Errorf(kernel.Invalid, "the name %q of the %s is not possible", name, what).
			WithProblems(kernel.Problem{Path: "name", Message: "it must have 1 to 64 lower-case letters, digits, '.', '_' or '-', and start and end with a letter or digit"})
	}
	if len(about) > maxAbout {
		return kernel.Errorf(kernel.Invalid, "the description of the %s is not possible", what).
			WithProblems(kernel.Problem{Path: "about", Message: "it may have 256 bytes at most"})
	}
	return nil
}

func (s *Service) recordGroup(ctx context.Context, typ string, g Group, more map[string]any) error {
	data := map[string]any{"group": g.Name}
	for k, v := range more {
		data[k] = v
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: kernel.Scope{Tenant: g.Tenant}, Subject: g.ID, Data: data})
}

// DeleteGroup removes a group with its memberships and grants.
func (s *Service) DeleteGroup(ctx context.Context, scope kernel.Scope, name string) error {
	g, err := s.group(ctx, scope, name)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.changed(ctx, g.Tenant); err != nil {
			return err
		}
		if err := s.Store.RemoveGrantsOf(ctx, g.Tenant, g.ID); err != nil {
			return err
		}
		if err := s.Store.RemoveGroup(ctx, g.Tenant, g.ID); err != nil {
			return err
		}
		return s.recordGroup(ctx, "group.deleted", g, nil)
	})
}

// group returns a group that the actor may change.
func (s *Service) group(ctx context.Context, scope kernel.Scope, name string) (Group, error) {
	if err := s.Authorize(ctx, "group.set", tenantOf(scope)); err != nil {
		return Group{}, err
	}
	return s.Store.GroupByName(ctx, scope.Tenant, name)
}

// Groups lists the groups of the scope's tenant by name.
func (s *Service) Groups(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Group], error) {
	if err := s.Authorize(ctx, "group.read", tenantOf(scope)); err != nil {
		return kernel.Page[Group]{}, err
	}
	return s.Store.Groups(ctx, scope.Tenant, page)
}

// GroupMembers lists who is in a group, by name.
func (s *Service) GroupMembers(ctx context.Context, scope kernel.Scope, name string, page kernel.PageRequest) (kernel.Page[GroupMember], error) {
	if err := s.Authorize(ctx, "group.read", tenantOf(scope)); err != nil {
		return kernel.Page[GroupMember]{}, err
	}
	g, err := s.Store.GroupByName(ctx, scope.Tenant, name)
	if err != nil {
		return kernel.Page[GroupMember]{}, err
	}
	return s.Store.GroupMembers(ctx, scope.Tenant, g.ID, page)
}

// AddToGroup puts a user into a group; one who is in it stays. Nobody makes others more by it
// than they may by a grant.
func (s *Service) AddToGroup(ctx context.Context, scope kernel.Scope, group, user string) error {
	if err := s.MayGroup(ctx, scope.Tenant, group); err != nil {
		return err
	}
	return s.member(ctx, scope, group, user, "group.member_added", s.Store.AddGroupMember)
}

// RemoveFromGroup takes a user out of a group. What an upstream says stays, until it says
// otherwise.
func (s *Service) RemoveFromGroup(ctx context.Context, scope kernel.Scope, group, user string) error {
	return s.member(ctx, scope, group, user, "group.member_removed", func(ctx context.Context, tenant, group string, m GroupMember) (bool, error) {
		gone, err := s.Store.RemoveGroupMember(ctx, tenant, group, m)
		if err == nil && !gone {
			return false, kernel.Errorf(kernel.NotFound, "%s is not in the group by hand", user).
				WithFix("see terrace group members: what an upstream says ends there")
		}
		return gone, err
	})
}

// memberChange changes a membership and tells whether that made a difference.
type memberChange func(ctx context.Context, tenant, group string, m GroupMember) (bool, error)

func (s *Service) member(ctx context.Context, scope kernel.Scope, group, user, fact string, change memberChange) error {
	g, err := s.group(ctx, scope, group)
	if err != nil {
		return err
	}
	u, err := s.Store.UserByName(ctx, scope.Tenant, user)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		m := GroupMember{UserID: u.ID, User: u.Name, Source: LocalSource, AddedAt: s.Clock.Now()}
		return s.putMember(ctx, g, m, fact, change)
	})
}

func (s *Service) putMember(ctx context.Context, g Group, m GroupMember, fact string, change memberChange) error {
	if err := s.changed(ctx, g.Tenant); err != nil {
		return err
	}
	changed, err := change(ctx, g.Tenant, g.ID, m)
	if err != nil || !changed {
		return err
	}
	return s.recordGroup(ctx, fact, g, map[string]any{"user": m.User, "source": m.Source})
}

// SyncGroups makes a user be in those of the named groups that there are, because an
// upstream says so at a sign-in, and in no other by that source. Names of groups that
// there are not are returned: nothing is made of what an upstream claims. Its caller acts
// for the system.
func (s *Service) SyncGroups(ctx context.Context, tenant, userID, source string, names []string) (unknown []string, err error) {
	u, err := s.Store.UserByID(ctx, tenant, userID)
	if err != nil {
		return nil, err
	}
	return unknown, s.Tx.InTx(ctx, func(ctx context.Context) error {
		present, err := s.Store.GroupsOf(ctx, tenant, u.ID, source)
		if err != nil {
			return err
		}
		gone := map[string]Group{}
		for _, g := range present {
			gone[g.Name] = g
		}
		m := GroupMember{UserID: u.ID, User: u.Name, Source: source, AddedAt: s.Clock.Now()}
		for _, name := range names {
			if _, is := gone[name]; is {
				delete(gone, name)
				continue
			}
			g, err := s.Store.GroupByName(ctx, tenant, name)
			if kernel.Is(err, kernel.NotFound) {
				unknown = append(unknown, name)
				continue
			}
			if err == nil {
				err = s.putMember(ctx, g, m, "group.member_added", s.Store.AddGroupMember)
			}
			if err != nil {
				return err
			}
		}
		for _, g := range gone {
			if err := s.putMember(ctx, g, m, "group.member_removed", s.Store.RemoveGroupMember); err != nil {
				return err
			}
		}
		return nil
	})
}

func tenantOf(scope kernel.Scope) kernel.Scope { return kernel.Scope{Tenant: scope.Tenant} }
