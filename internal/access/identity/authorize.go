package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Authorize tells whether the actor of ctx may do the action in the scope. The
// error is Unauthenticated where nobody is signed in, NotFound in another
// tenant, and Denied else, with the role that is missing and who can grant it.
func (s *Service) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in, or send a token")
	}
	decision, known := s.table[action]
	switch {
	case !known:
		return kernel.Errorf(kernel.Internal, "the action %q is in no decision table", action)
	case actor.Kind == kernel.ActorSystem:
		return nil
	case actor.Tenant == "" || actor.Tenant != scope.Tenant:
		return kernel.Errorf(kernel.NotFound, "%s does not exist", whole(scope))
	case actor.Kind == kernel.ActorRun:
		return authorizeRun(decision, actor, action)
	default:
		return s.authorizeUser(ctx, decision, actor, action, scope)
	}
}

func authorizeRun(d Decision, actor kernel.Actor, action string) error {
	if d.Run {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s may not do %s: a run's token is for its own state, modules and objects", actor.Name, action).
		WithFix("use a personal token")
}

func (s *Service) authorizeUser(ctx context.Context, d Decision, actor kernel.Actor, action string, scope kernel.Scope) error {
	has, err := s.standing(ctx, actor.Tenant, actor.ID)
	switch {
	case err != nil:
		return fmt.Errorf("authorize %s: %w", action, err)
	case !has.DisabledAt.IsZero():
		return disabled(has.Name)
	case d.decide(has.Grants, scope):
		return s.exists(ctx, has.Grants, scope)
	default:
		return s.denied(ctx, d, actor, has.Grants, action, scope)
	}
}

// exists tells those whose role counts for a whole tenant that it has no such
// project: they would see an empty one otherwise.
func (s *Service) exists(ctx context.Context, has []Membership, scope kernel.Scope) error {
	isMember := slices.ContainsFunc(has, func(m Membership) bool { return m.Project == scope.Project })
	if scope.Project == "" || isMember {
		return nil
	}
	v, err := s.view(ctx, scope.Tenant)
	if err != nil {
		return err
	}
	if _, ok := v.projects.get(scope.Project); ok {
		return nil
	}
	if err := s.Projects.Exists(ctx, scope); err != nil || db.InTransaction(ctx) {
		return err
	}
	v.projects.put(scope.Project, struct{}{})
	return nil
}

// denied explains: what is missing, what there is, and who can change it.
func (s *Service) denied(ctx context.Context, d Decision, actor kernel.Actor, has []Membership, action string, scope kernel.Scope) error {
	err := kernel.Errorf(kernel.Denied, "%s may not do %s in %s: that needs the role %s, and %s has %s there",
		actor.Name, action, whole(scope), either(d.Roles), actor.Name, held(has, scope))
	admins, lookup := s.Store.WithRoles(ctx, scope, []Role{Admin}, 5)
	switch {
	case lookup != nil:
		return fmt.Errorf("authorize %s: %w", action, lookup)
	case len(admins) == 0:
		return err.WithFix("an admin can grant it")
	default:
		return err.WithFix("%s can grant it", strings.Join(admins, " or "))
	}
}

// Allowed returns the projects of the tenant in which the actor of ctx may do the action;
// all says that it may in every one. It is for lists that are narrowed where they are read.
func (s *Service) Allowed(ctx context.Context, action, tenant string) (names []string, all bool, err error) {
	actor, ok := kernel.ActorFrom(ctx)
	switch {
	case !ok:
		return nil, false, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in, or send a token")
	case actor.Kind == kernel.ActorSystem:
		return nil, true, nil
	case actor.Kind != kernel.ActorUser || actor.Tenant != tenant:
		return nil, false, nil
	}
	has, err := s.standing(ctx, actor.Tenant, actor.ID)
	if err != nil || !has.DisabledAt.IsZero() {
		return nil, false, err
	}
	for _, m := range has.Grants {
		if !slices.Contains(s.table[action].Roles, m.Role) {
			continue
		}
		names, all = append(names, m.Project), all || m.Project == ""
	}
	return names, all, nil
}

// HasRole reports whether the actor of ctx has the role, or admin, in the scope.
func (s *Service) HasRole(ctx context.Context, scope kernel.Scope, role Role) (bool, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok || actor.Kind != kernel.ActorUser || actor.Tenant != scope.Tenant {
		return false, nil
	}
	has, err := s.standing(ctx, actor.Tenant, actor.ID)
	if err != nil || !has.DisabledAt.IsZero() {
		return false, err
	}
	return Decision{Roles: []Role{role, Admin}}.decide(has.Grants, scope), nil
}

func whole(scope kernel.Scope) string {
	if scope.Project == "" {
		return "the tenant"
	}
	return "the project " + scope.Project
}

func either(roles []Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, " or ")
}

func held(memberships []Membership, scope kernel.Scope) string {
	var roles []Role
	for _, m := range memberships {
		if (m.Project == "" || m.Project == scope.Project) && !slices.Contains(roles, m.Role) {
			roles = append(roles, m.Role)
		}
	}
	if len(roles) == 0 {
		return "no role"
	}
	return either(roles)
}
