package identity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// DecideElevation approves or denies an elevation: somebody else's, who is admin at its
// node, or whom the settings of the node, or of one above it, name.
func (s *Service) DecideElevation(ctx context.Context, scope kernel.Scope, id string, approve bool, word string) (Elevation, error) {
	e, err := s.Store.Elevation(ctx, scope.Tenant, id)
	if err != nil {
		return Elevation{}, err
	}
	actor, err := s.decider(ctx, e)
	if err != nil {
		return Elevation{}, err
	}
	now := s.Clock.Now()
	if state := e.State(now); state != ElevationRequested {
		return Elevation{}, kernel.Errorf(kernel.Conflict, "%s is %s: there is nothing to decide", e.ID, state).WithFix("see terrace access elevations")
	}
	before := e
	e.Decided, e.DecidedAt, e.Approved, e.Word = actor.Name, now, approve, word
	fact := "elevation.denied"
	if approve {
		fact, e.ExpiresAt = "elevation.approved", now.Add(e.Length)
	}
	return e, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if approve {
			g, err := s.putGrant(ctx, e.grant(now), e.Reason)
			if err != nil {
				return err
			}
			e.Grant = g.ID
		}
		if err := s.Store.SaveElevation(ctx, before, e); err != nil {
			return err
		}
		return s.recordElevation(ctx, fact, e, word)
	})
}

// grant is what the elevation gives.
func (e Elevation) grant(now time.Time) Grant {
	return Grant{
		ID: kernel.NewID("grt"), Tenant: e.Tenant, Subject: Subject{Kind: KindUser, ID: e.UserID, Name: e.User}, Role: e.Role,
		Project: e.Project, Stage: e.Stage, Elevation: e.ID, CreatedAt: now, ExpiresAt: e.ExpiresAt,
	}
}

// decider returns the actor where it may decide on the elevation.
func (s *Service) decider(ctx context.Context, e Elevation) (kernel.Actor, error) {
	actor, ok := kernel.ActorFrom(ctx)
	switch {
	case !ok:
		return actor, nobody()
	case actor.Tenant != e.Tenant:
		return actor, kernel.Errorf(kernel.NotFound, "the elevation %s does not exist", e.ID)
	case actor.Kind != kernel.ActorUser:
		return actor, kernel.Errorf(kernel.Denied, "an approval is a person's word; %s is none", actor.Name)
	}
	err := s.Authorize(ctx, "elevation.approve", e.scope())
	if kernel.Is(err, kernel.Denied) {
		if named, failed := s.isNamed(ctx, actor, e); failed != nil || named {
			err = failed
		}
	}
	if err == nil && actor.ID == e.UserID {
		err = kernel.Errorf(kernel.Refused, "%s is your own: somebody else decides on it", e.ID)
	}
	return actor, err
}

// isNamed reports whether the settings of the elevation's node, or of one above it, name
// the actor. Its token has to have the scope.
func (s *Service) isNamed(ctx context.Context, actor kernel.Actor, e Elevation) (bool, error) {
	if s.table["elevation.approve"].beyond(actor.Limits, e.scope()) != "" {
		return false, nil
	}
	groups, err := s.Store.GroupsOf(ctx, actor.Tenant, actor.ID, "")
	if err != nil {
		return false, err
	}
	for _, node := range above(e.scope()) {
		rule, err := s.Store.ElevationRule(ctx, node)
		if err != nil {
			return false, err
		}
		if rule.names(actor, groups) {
			return true, nil
		}
	}
	return false, nil
}

// above returns a node and those above it, the nearest first.
func above(scope kernel.Scope) []kernel.Scope {
	nodes := []kernel.Scope{scope}
	if scope.Stage != "" {
		nodes = append(nodes, scope.InProject(scope.Project))
	}
	if scope.Project != "" {
		nodes = append(nodes, tenantOf(scope))
	}
	return nodes
}

// ruleAt returns the setting of the nearest node that has a bound, with that.
func (s *Service) ruleAt(ctx context.Context, scope kernel.Scope) (ElevationRule, error) {
	for _, node := range above(scope) {
		rule, err := s.Store.ElevationRule(ctx, node)
		if err != nil || rule.Longest > 0 {
			return rule, err
		}
	}
	return ElevationRule{}, nil
}

// EndElevation ends an elevation before its time, or withdraws the request for one: by
// whom it is for, or by who may decide on it.
func (s *Service) EndElevation(ctx context.Context, scope kernel.Scope, id, reason string) (Elevation, error) {
	e, err := s.Store.Elevation(ctx, scope.Tenant, id)
	if err != nil {
		return Elevation{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	if actor.ID != e.UserID || actor.Tenant != e.Tenant {
		if actor, err = s.decider(ctx, e); err != nil {
			return Elevation{}, err
		}
	}
	now := s.Clock.Now()
	if state := e.State(now); state != ElevationRequested && state != ElevationActive {
		return Elevation{}, kernel.Errorf(kernel.Conflict, "%s is %s already", e.ID, state)
	}
	return s.end(ctx, e, actor.Name, reason)
}

// expiredAtOnce is how many elevations' ends are noted in one round.
const expiredAtOnce = 100

// NoteExpired notes as facts the ends of elevations, of all tenants, whose time is over.
func (s *Service) NoteExpired(ctx context.Context) error {
	over, err := s.Store.ExpiredElevations(ctx, s.Clock.Now(), expiredAtOnce)
	if err != nil {
		return err
	}
	for _, e := range over {
		ctx := kernel.WithActor(ctx, kernel.System("elevation", e.Tenant))
		if _, err := s.end(ctx, e, "", "its time was over"); err != nil && !kernel.Is(err, kernel.Stale) {
			return err // another replica, or a person, may have been first
		}
	}
	return nil
}

// end notes that an elevation has ended, and takes what it gave.
func (s *Service) end(ctx context.Context, e Elevation, by, reason string) (Elevation, error) {
	before := e
	e.Ender, e.EndedAt = by, s.Clock.Now()
	return e, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.changed(ctx, e.Tenant); err != nil {
			return err
		}
		if e.Grant != "" {
			if err := s.Store.RemoveGrant(ctx, e.Tenant, e.Grant); err != nil && !kernel.Is(err, kernel.NotFound) {
				return err // somebody may have revoked it
			}
		}
		if err := s.Store.SaveElevation(ctx, before, e); err != nil {
			return err
		}
		return s.recordElevation(ctx, "elevation.ended", e, reason)
	})
}
