package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Explanation is a decision with all that it was made of.
type Explanation struct {
	Who    Subject
	Action string
	// Where is the node in words.
	Where   string
	Allowed bool
	// Why says it in a sentence.
	Why string
	// Needs are the roles of which one is needed, and Scope the one that a token needs.
	Needs []Role
	Scope TokenScope
	// Grants are all that the subject has, with what each does here.
	Grants []Considered
	// Limits are those of the token that the actor came by, where it is explained to itself,
	// and Beyond says what of the action they leave out.
	Limits *kernel.Limits
	Beyond string
	// Grantors are some who can grant what is missing.
	Grantors []string
}

// Considered is a grant and what it does for a decision.
type Considered struct {
	Grant

	// Via is the group that it comes through, "" for the subject's own.
	Via    string
	Counts bool
	// Why says why it counts, or why not.
	Why string
}

// Explain decides whether somebody may do an action in a scope, and shows how: the actor
// itself where who has no name, else whom it may look at.
func (s *Service) Explain(ctx context.Context, who Subject, action string, scope kernel.Scope) (Explanation, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return Explanation{}, nobody()
	}
	d, known := s.table[action]
	if !known {
		return Explanation{}, noAction(action, s.table)
	}
	if scope.Stage != "" && s.Stages != nil {
		if err := s.Stages.Check(scope.Stage); err != nil {
			return Explanation{}, err
		}
	}
	if err := s.seenProject(ctx, actor.Tenant, scope.Project); err != nil {
		return Explanation{}, err
	}
	who, err := s.explained(ctx, actor, who)
	if err != nil {
		return Explanation{}, err
	}
	has, err := s.standing(ctx, actor.Tenant, who.ID)
	if err != nil {
		return Explanation{}, err
	}
	q := asked{actor: has.actor(actor.Tenant), action: action, decision: d, scope: kernel.Scope{Tenant: actor.Tenant, Project: scope.Project, Stage: scope.Stage}}
	if who.ID == actor.ID {
		q.actor.Limits = actor.Limits
	}
	return s.explain(ctx, q, has)
}

// seenProject refuses a project that there is not, for who would see it. Others are told by
// their roles, the same for one that there is.
func (s *Service) seenProject(ctx context.Context, tenant, project string) error {
	if project == "" {
		return nil
	}
	err := s.Authorize(ctx, "project.read", kernel.Scope{Tenant: tenant, Project: project})
	if kernel.Is(err, kernel.Denied) {
		return nil
	}
	return err
}

// explained finds who is meant. Others are looked at by who sees users.
func (s *Service) explained(ctx context.Context, actor kernel.Actor, who Subject) (Subject, error) {
	if who.Name == "" {
		if !isSubject(actor) {
			return Subject{}, kernel.Errorf(kernel.Invalid, "%s has no grants: name a user", actor.Name)
		}
		has, err := s.standing(ctx, actor.Tenant, actor.ID)
		if err != nil {
			return Subject{}, err
		}
		return has.Subject, nil
	}
	if who.Kind == KindUser && who.Name == actor.Name && actor.Kind == kernel.ActorUser {
		return Subject{Kind: KindUser, ID: actor.ID, Name: actor.Name}, nil
	}
	if err := s.Authorize(ctx, "user.read", kernel.Scope{Tenant: actor.Tenant}); err != nil {
		return Subject{}, err
	}
	if who.Kind == KindGroup {
		return Subject{}, kernel.Errorf(kernel.Invalid, "a group does nothing itself").WithFix("name one of its members")
	}
	found, _, err := s.named(ctx, actor.Tenant, who)
	return found, err
}

func noAction(action string, table map[string]Decision) error {
	var near []string
	noun, _, _ := strings.Cut(action, ".")
	for name := range table {
		if strings.HasPrefix(name, noun+".") {
			near = append(near, name)
		}
	}
	slices.Sort(near)
	err := kernel.Errorf(kernel.NotFound, "there is no action %s", action)
	if len(near) > 0 {
		return err.WithFix("there are %s", strings.Join(near, ", "))
	}
	return err.WithFix("see terrace auth actions")
}

func (s *Service) explain(ctx context.Context, q asked, has *Standing) (Explanation, error) {
	now := s.Clock.Now()
	by, may := q.decision.decide(has, q.where(), now)
	x := Explanation{
		Who: has.Subject, Action: q.action, Where: whole(q.where()), Needs: q.decision.Roles, Scope: q.decision.Scope,
		Limits: q.actor.Limits, Beyond: q.decision.beyond(q.actor.Limits, q.scope), Grants: []Considered{}, Grantors: []string{},
	}
	for _, g := range has.Grants {
		c := Considered{Grant: g}
		if g.Subject.ID != has.Subject.ID {
			c.Via = g.Subject.Name
		}
		c.Counts, c.Why = q.considers(g, now)
		x.Grants = append(x.Grants, c)
	}
	switch {
	case has.isDisabled():
		x.Why = has.Subject.String() + " is disabled"
		return x, nil
	case may && x.Beyond == "":
		x.Allowed, x.Why = true, string(by.Role)+" in "+by.Where()+through(by, has.Subject)+" lets "+has.Subject.String()+" do it"
		if err := s.exists(ctx, by, q.where()); err != nil {
			return x, err
		}
		return x, nil
	case may:
		x.Why = has.Subject.String() + " may, but not with this token: " + x.Beyond
		return x, nil
	}
	x.Why = "it needs the role " + either(q.decision.Roles) + " there, and " + has.Subject.String() + " has " + held(has, q, now)
	var err error
	x.Grantors, err = s.grantors(ctx, q, now)
	return x, err
}

func through(g Grant, who Subject) string {
	if g.Subject.ID == who.ID {
		return ""
	}
	return ", through the group " + g.Subject.Name + ","
}

// considers says what a grant does for a question.
func (q asked) considers(g Grant, now time.Time) (counts bool, why string) {
	switch {
	case !g.holds(now):
		return false, "it has ended"
	case !q.decision.covers(g, q.where()):
		return false, "it is for " + g.Where()
	case !slices.Contains(q.decision.Roles, g.Role):
		return false, "the role " + string(g.Role) + " does not do it"
	default:
		return true, "the role " + string(g.Role) + " does it"
	}
}

// Action is one of the table, for people.
type Action struct {
	Name string
	Decision
}

// Actions returns the table by name.
func (s *Service) Actions() []Action {
	out := make([]Action, 0, len(s.table))
	for name, d := range s.table {
		out = append(out, Action{name, d})
	}
	slices.SortFunc(out, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return out
}
