package identity

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Elevations lists elevations, the newest first: of the tenant or a project to who may
// see who has which role there, else the actor's own and those that a setting has it
// decide on.
func (s *Service) Elevations(ctx context.Context, scope kernel.Scope, f ElevationFilter, page kernel.PageRequest) (kernel.Page[Elevation], error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok || actor.Tenant != scope.Tenant {
		return kernel.Page[Elevation]{}, nobody()
	}
	f.Now = s.Clock.Now()
	known := actor.Kind == kernel.ActorUser && actor.Limits == nil
	if known {
		var err error
		f.UserID = actor.ID
		if f.Beside, err = s.decidesAt(ctx, actor); err != nil {
			return kernel.Page[Elevation]{}, err
		}
	}
	err := s.Authorize(ctx, "access.read", kernel.Scope{Tenant: scope.Tenant, Project: f.Project})
	switch {
	case kernel.Is(err, kernel.Denied) && known:
		f.Within = &kernel.Reach{}
	case err != nil:
		return kernel.Page[Elevation]{}, err
	default:
		reach, err := s.Allowed(ctx, "access.read", kernel.Scope{Tenant: scope.Tenant, Project: f.Project})
		if err != nil {
			return kernel.Page[Elevation]{}, err
		}
		reach.Anywhere = true // what is given in the tenant counts there, too
		if !reach.All || len(reach.Only) > 0 {
			f.Within = &reach
		}
	}
	return s.Store.Elevations(ctx, scope.Tenant, f, page)
}

// decidesAt returns the nodes whose settings name the actor.
func (s *Service) decidesAt(ctx context.Context, actor kernel.Actor) (nodes []kernel.Scope, err error) {
	groups, err := s.Store.GroupsOf(ctx, actor.Tenant, actor.ID, "")
	if err != nil {
		return nil, err
	}
	rules, err := s.Store.ElevationRules(ctx, actor.Tenant)
	for _, r := range rules {
		if r.names(actor, groups) {
			nodes = append(nodes, kernel.Scope{Tenant: actor.Tenant, Project: r.Project, Stage: r.Stage})
		}
	}
	return nodes, err
}

// names reports whether the setting names somebody who is in the groups.
func (r ElevationRule) names(actor kernel.Actor, groups []Group) bool {
	return slices.Contains(r.Users, actor.Name) || slices.ContainsFunc(groups, func(g Group) bool { return slices.Contains(r.Groups, g.Name) })
}

// ElevationRule returns the setting of the scope's node itself.
func (s *Service) ElevationRule(ctx context.Context, scope kernel.Scope) (ElevationRule, error) {
	if err := s.Authorize(ctx, "access.read", scope); err != nil {
		return ElevationRule{}, err
	}
	return s.Store.ElevationRule(ctx, scope)
}

// SetElevationRule says who decides on elevations at the scope's node beside its admins.
func (s *Service) SetElevationRule(ctx context.Context, scope kernel.Scope, r ElevationRule) (ElevationRule, error) {
	if err := s.Authorize(ctx, "access.grant", scope); err != nil {
		return r, err
	}
	if err := s.checkGrant(ctx, Grant{Tenant: scope.Tenant, Role: Admin, Project: scope.Project, Stage: scope.Stage}); err != nil {
		return r, err
	}
	if r.Longest != 0 && (r.Longest < shortestElevation || r.Longest > longestElevation) {
		return r, kernel.Errorf(kernel.Invalid, "the setting is not possible").
			WithProblems(kernel.Problem{Path: "longest", Message: fmt.Sprintf("it is %s, and may be from %s to %s", r.Longest, shortestElevation, longestElevation)})
	}
	for _, name := range r.Users {
		if _, err := s.Store.UserByName(ctx, scope.Tenant, name); err != nil {
			return r, err
		}
	}
	for _, name := range r.Groups {
		if _, err := s.Store.GroupByName(ctx, scope.Tenant, name); err != nil {
			return r, err
		}
	}
	return r, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutElevationRule(ctx, scope, r); err != nil {
			return err
		}
		data := map[string]any{"users": noNil(r.Users), "groups": noNil(r.Groups), "longest": int64(r.Longest.Seconds())}
		return s.Journal.Record(ctx, kernel.Fact{Type: "elevation.rule_set", Scope: scope, Subject: whole(scope), Data: data})
	})
}
