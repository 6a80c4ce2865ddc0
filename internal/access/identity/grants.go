package identity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Holding asks who holds a role at a node.
type Holding struct {
	// Node has no tenant where it is the platform.
	Node kernel.Scope
	// Tenant is whose users are meant, "" for any: those of the platform are of several.
	Tenant string
	Role   Role
	// Lasting leaves out what has an end, what comes through a group and what an upstream says.
	Lasting bool
	Now     time.Time
	Limit   int
}

// NewGrant asks for a grant.
type NewGrant struct {
	Subject Subject // its kind and name
	Role    Role
	// Platform is the node of the platform; else it is that of the scope.
	Platform bool
	// ExpiresAt is zero for a grant without an end.
	ExpiresAt time.Time
	Reason    string
}

// grantAction is what it takes to give or take a role at a node.
func grantAction(platform bool) string {
	if platform {
		return "platform.grant"
	}
	return "access.grant"
}

// Grant gives a subject of the scope's tenant a role at the scope's node, or on the
// platform. A grant that there is already gets the end that is named.
func (s *Service) Grant(ctx context.Context, scope kernel.Scope, n NewGrant) (Grant, error) {
	g := Grant{
		ID: kernel.NewID("grt"), Tenant: scope.Tenant, Role: n.Role, Platform: n.Platform, Project: scope.Project, Stage: scope.Stage,
		CreatedAt: s.Clock.Now(), ExpiresAt: n.ExpiresAt,
	}
	if err := s.Authorize(ctx, grantAction(g.Platform), g.scope()); err != nil {
		return Grant{}, err
	}
	if err := s.checkGrant(ctx, g); err != nil {
		return Grant{}, err
	}
	var err error
	if g.Subject, err = s.subject(ctx, g, n.Subject); err != nil {
		return Grant{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		g, err = s.putGrant(ctx, g, n.Reason)
		return err
	})
	return g, err
}

func (s *Service) checkGrant(ctx context.Context, g Grant) error {
	if err := g.check(s.Clock.Now()); err != nil {
		return err
	}
	if g.Project != "" {
		if err := s.Projects.Exists(ctx, g.scope()); err != nil {
			return err
		}
	}
	if g.Stage != "" && s.Stages != nil {
		return s.Stages.Check(g.Stage)
	}
	return nil
}

// putGrant keeps a grant in the transaction of ctx.
func (s *Service) putGrant(ctx context.Context, g Grant, reason string) (_ Grant, err error) {
	if actor, ok := kernel.ActorFrom(ctx); ok {
		g.CreatedBy = actor.Name
	}
	if err := s.changed(ctx, g.Tenant); err != nil {
		return Grant{}, err
	}
	if g.ID, err = s.Store.PutGrant(ctx, g); err != nil {
		return Grant{}, err
	}
	if err := s.recordGrant(ctx, "access.granted", g, reason); err != nil || g.ExpiresAt.IsZero() {
		return g, err
	}
	return g, s.keepsAdmin(ctx, g) // one that had no end may have one now
}

func (s *Service) recordGrant(ctx context.Context, typ string, g Grant, reason string) error {
	data := map[string]any{"kind": g.Subject.Kind, "subject": g.Subject.Name, "role": g.Role, "platform": g.Platform}
	if !g.ExpiresAt.IsZero() {
		data["expiresAt"] = g.ExpiresAt
	}
	if g.Elevation != "" {
		data["elevation"] = g.Elevation
	}
	if g.Source != "" {
		data["source"] = g.Source
	}
	return s.Journal.Record(ctx, kernel.Fact{
		Type: typ, Scope: kernel.Scope{Tenant: g.Tenant, Project: g.Project, Stage: g.Stage}, Subject: g.ID, Reason: reason, Data: data,
	})
}

// Revoke takes a grant away. The last admin of a tenant stays one, and the last operator.
func (s *Service) Revoke(ctx context.Context, scope kernel.Scope, id, reason string) (Grant, error) {
	g, err := s.Store.Grant(ctx, scope.Tenant, id)
	if err != nil {
		return Grant{}, err
	}
	if err := s.Authorize(ctx, grantAction(g.Platform), g.scope()); err != nil {
		return Grant{}, err
	}
	return g, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.removeGrant(ctx, g, reason) })
}

func (s *Service) removeGrant(ctx context.Context, g Grant, reason string) error {
	if err := s.changed(ctx, g.Tenant); err != nil {
		return err
	}
	if err := s.Store.RemoveGrant(ctx, g.Tenant, g.ID); err != nil {
		return err
	}
	if err := s.recordGrant(ctx, "access.revoked", g, reason); err != nil {
		return err
	}
	return s.keepsAdmin(ctx, g)
}

// keepsAdmin refuses a change to a grant that leaves the tenant without an admin, or the
// platform without an operator. It is asked last in a transaction that has called
// changed, so that two admins cannot remove each other.
func (s *Service) keepsAdmin(ctx context.Context, g Grant) error {
	switch {
	case g.Source != "": // an upstream's word makes nobody the last one
		return nil
	case g.Role == Operator:
		if err := s.Store.Advance(ctx, ""); err != nil { // those of other tenants do not wait for a change of this one
			return err
		}
		return s.keeps(ctx, kernel.Scope{}, g)
	case g.Role == Admin && g.Project == "" && g.Subject.Kind == KindUser:
		return s.keeps(ctx, kernel.Scope{Tenant: g.Tenant}, g)
	default:
		return nil
	}
}

func (s *Service) keeps(ctx context.Context, node kernel.Scope, g Grant) error {
	left, err := s.Store.Holders(ctx, Holding{Node: node, Role: g.Role, Lasting: true, Now: s.Clock.Now(), Limit: 1})
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return kernel.Errorf(kernel.Refused, "%s is the last %s of %s", g.Subject.Name, g.Role, whole(node)).
			WithFix("make somebody else %s first, without an end", g.Role)
	}
	return nil
}

// subject finds who is named for a grant, and may have it.
func (s *Service) subject(ctx context.Context, g Grant, named Subject) (Subject, error) {
	found, project, err := s.named(ctx, g.Tenant, named)
	if err == nil && project != "" && (g.Platform || g.Project != project) {
		err = kernel.Errorf(kernel.Refused, "the service account %s belongs to the project %s, whose admins make its tokens: it gets roles there alone", found.Name, project).
			WithFix("make a service account of the tenant for what reaches further")
	}
	return found, err
}

// named finds who is named, and the project that it belongs to, if it is one's.
func (s *Service) named(ctx context.Context, tenant string, named Subject) (found Subject, project string, err error) {
	switch named.Kind {
	case KindUser:
		u, err := s.Store.UserByName(ctx, tenant, named.Name)
		return u.subject(), "", err
	case KindGroup:
		g, err := s.Store.GroupByName(ctx, tenant, named.Name)
		return Subject{Kind: KindGroup, ID: g.ID, Name: g.Name}, "", err
	case KindService:
		a, err := s.Store.ServiceByName(ctx, tenant, named.Name)
		return Subject{Kind: KindService, ID: a.ID, Name: a.Name}, a.Project, err
	default:
		return Subject{}, "", kernel.Errorf(kernel.Invalid, "the subject is not possible").
			WithProblems(kernel.Problem{Path: "kind", Message: "it must be user, group or service"})
	}
}
