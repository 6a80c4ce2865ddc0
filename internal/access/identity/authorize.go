package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Authorize tells whether the actor of ctx may do the action in the scope. The
// error is Unauthenticated where nobody is signed in, NotFound in another
// tenant, and Denied else: in a tenant that is closed, and with the role that is missing
// and who can grant it.
func (s *Service) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return nobody()
	}
	decision, known := s.table[action]
	switch {
	case !known:
		return kernel.Errorf(kernel.Internal, "the action %q is in no decision table", action)
	case actor.Kind == kernel.ActorSystem:
		return nil
	case actor.Tenant == "" || (actor.Tenant != scope.Tenant && !decision.Platform):
		return kernel.Errorf(kernel.NotFound, "%s does not exist", whole(scope))
	case actor.Kind == kernel.ActorRun:
		return authorizeRun(decision, actor, action)
	default:
		return s.authorizeSubject(ctx, decision, actor, action, scope)
	}
}

func nobody() error {
	return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in, or send a token")
}

func authorizeRun(d Decision, actor kernel.Actor, action string) error {
	if d.Run {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s may not do %s: a run's token is for its own state, modules and objects", actor.Name, action).
		WithFix("use a personal token")
}

func (s *Service) authorizeSubject(ctx context.Context, d Decision, actor kernel.Actor, action string, scope kernel.Scope) error {
	has, err := s.working(ctx, actor.Tenant, actor.ID)
	if kernel.Is(err, kernel.Denied) {
		return err
	}
	if err != nil {
		return fmt.Errorf("authorize %s: %w", action, err)
	}
	if has.isDisabled() {
		return disabled(has.Subject)
	}
	now := s.Clock.Now()
	g, may := d.decide(has, scope, now)
	if !may {
		return s.denied(ctx, asked{actor, action, d, scope}, has, now)
	}
	if why := d.beyond(actor.Limits, scope); why != "" {
		return kernel.Errorf(kernel.Denied, "%s may not do %s in %s with this token: %s", actor.Name, action, whole(scope), why).
			WithFix("use one that is made for it; see terrace auth why --action %s", action)
	}
	return s.exists(ctx, g, scope)
}

// exists tells those whose role counts for a whole tenant that it has no such
// project: they would see an empty one otherwise.
func (s *Service) exists(ctx context.Context, by Grant, scope kernel.Scope) error {
	if scope.Project == "" || by.Project == scope.Project || by.Platform {
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

// asked is one question to the decision point.
type asked struct {
	actor    kernel.Actor
	action   string
	decision Decision
	scope    kernel.Scope
}

// denied explains: what is missing, what there is, and who can change it.
func (s *Service) denied(ctx context.Context, q asked, has *Standing, now time.Time) error {
	err := kernel.Errorf(kernel.Denied, "%s may not do %s in %s: that needs the role %s, and %s has %s there",
		q.actor.Name, q.action, whole(q.where()), either(q.decision.Roles), q.actor.Name, held(has, q, now))
	grantors, lookup := s.grantors(ctx, q, now)
	switch {
	case lookup != nil:
		return fmt.Errorf("authorize %s: %w", q.action, lookup)
	case len(grantors) > 0:
		return err.WithFix("%s can grant it", strings.Join(grantors, " or "))
	case q.decision.Platform:
		return err.WithFix("an operator can grant it")
	default:
		return err.WithFix("an admin can grant it")
	}
}

// where is the node that the question is about.
func (q asked) where() kernel.Scope {
	if q.decision.Platform {
		return kernel.Scope{}
	}
	return q.scope
}

// grantors are some who can grant what is missing.
func (s *Service) grantors(ctx context.Context, q asked, now time.Time) ([]string, error) {
	role := Admin
	if q.decision.Platform {
		role = Operator
	}
	return s.Store.Holders(ctx, Holding{Node: q.where(), Tenant: q.actor.Tenant, Role: role, Now: now, Limit: 5})
}

// Allowed returns where in the scope's tenant, or in its project, the actor of ctx may do
// the action. It is for lists that are narrowed where they are read: Reach says nothing of
// whether a project exists.
func (s *Service) Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error) {
	actor, ok := kernel.ActorFrom(ctx)
	d, known := s.table[action]
	switch {
	case !ok:
		return kernel.Reach{}, nobody()
	case !known:
		return kernel.Reach{}, kernel.Errorf(kernel.Internal, "the action %q is in no decision table", action)
	case actor.Kind == kernel.ActorSystem:
		return kernel.Reach{All: true}, nil
	case !isSubject(actor) || actor.Tenant != scope.Tenant:
		return kernel.Reach{}, nil
	}
	has, err := s.working(ctx, actor.Tenant, actor.ID)
	if err != nil || has.isDisabled() {
		return kernel.Reach{}, err
	}
	return d.reach(has, actor.Limits, scope, s.Clock.Now()), nil
}

// reach collects where the subject may do d, within the limits.
func (d Decision) reach(has *Standing, l *kernel.Limits, scope kernel.Scope, now time.Time) kernel.Reach {
	r := kernel.Reach{Below: d.Below, Anywhere: d.Anywhere}
	if l == nil {
		l = &kernel.Limits{}
	}
	if len(l.Scopes) > 0 && !slices.Contains(l.Scopes, string(d.Scope)) {
		return r
	}
	for _, g := range has.Grants {
		if g.Platform || !slices.Contains(d.Roles, g.Role) || !g.holds(now) || (scope.Project != "" && g.Project != "" && g.Project != scope.Project) {
			continue
		}
		r.Add(g.Project, g.Stage)
	}
	return r.Narrowed(l.Projects, l.Stages)
}

// HasRole reports whether the actor of ctx may do the action in the scope because it has
// the role, or admin: where a setting names another role than the table does.
func (s *Service) HasRole(ctx context.Context, action string, scope kernel.Scope, role Role) (bool, error) {
	actor, ok := kernel.ActorFrom(ctx)
	d, known := s.table[action]
	if !ok || !known || !isSubject(actor) || actor.Tenant != scope.Tenant {
		return false, nil
	}
	has, err := s.working(ctx, actor.Tenant, actor.ID)
	if err != nil || has.isDisabled() {
		return false, err
	}
	d.Roles = []Role{role, Admin}
	_, may := d.decide(has, scope, s.Clock.Now())
	return may && d.beyond(actor.Limits, scope) == "", nil
}

func either(roles []Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, " or ")
}

// held says which roles the subject has that come near to what is asked for.
func held(has *Standing, q asked, now time.Time) string {
	var roles []string
	for _, grants := range has.at(q.decision, q.scope) {
		for _, g := range grants {
			if !g.holds(now) || g.Platform != q.decision.Platform {
				continue
			}
			role := string(g.Role)
			if g.Stage != "" && !q.decision.covers(g, q.scope) {
				role += " in " + g.Stage
			}
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	if len(roles) == 0 {
		return "no role"
	}
	return strings.Join(roles, " and ")
}
