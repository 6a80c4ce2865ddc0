package policy

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// AssignRequest gives policies a level at a place.
type AssignRequest struct {
	// Policies is an id or a pattern such as azure-storage-*, Set the source that they
	// are of; * with a set is all of that.
	Policies, Set string
	// Stage and Target narrow it; empty is all.
	Stage, Target string
	Level         Level
	Reason        string
}

// Effect is what an assignment does now.
type Effect struct {
	Setting

	// Matches is how many policies it names, and Stricter how many of them have a
	// stricter level wherever it holds, which it cannot loosen.
	Matches  int `json:"matches"`
	Stricter int `json:"stricter"`
}

// Assign gives policies a level in the scope, as the next version of what was
// assigned to the same policies at the same place. It tightens: nothing goes below
// what the platform sets, and what could only do that is refused.
func (s *Service) Assign(ctx context.Context, scope kernel.Scope, r AssignRequest) (Effect, error) {
	scope.Stage = r.Stage
	actor, err := s.mayAssign(ctx, scope)
	if err != nil {
		return Effect{}, err
	}
	next := Setting{
		ID: kernel.NewID("pas"), Scope: scope, Target: r.Target, Policies: r.Policies, Set: r.Set, Level: r.Level,
		Reason: strings.TrimSpace(r.Reason), By: actor, At: s.Clock.Now(), Version: 1,
	}
	effect, err := s.effect(ctx, next)
	if err != nil {
		return effect, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		all, err := s.Store.InForce(ctx, scope.Tenant, scope.Project)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, effect.replaces); i >= 0 {
			effect.ID, effect.Version = all[i].ID, all[i].Version+1
		}
		return s.put(ctx, factAssigned, effect.Setting)
	})
	return effect, err
}

func (s *Service) mayAssign(ctx context.Context, scope kernel.Scope) (kernel.Actor, error) {
	actor, err := person(ctx, "an assignment")
	if err != nil {
		return actor, err
	}
	return actor, s.Authorizer.Authorize(ctx, actionAssign, scope)
}

// Unassign removes an assignment; its history stays.
func (s *Service) Unassign(ctx context.Context, scope kernel.Scope, id, reason string) (Setting, error) {
	old, err := s.Store.Setting(ctx, scope, id)
	if err != nil {
		return Setting{}, err
	}
	actor, err := s.mayAssign(ctx, old.Scope)
	if err != nil {
		return Setting{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > maxReason {
		return Setting{}, noReason("to remove an assignment")
	}
	if old.Removed {
		return Setting{}, kernel.Errorf(kernel.Conflict, "%s is removed already", id).WithFix("see terrace policy assignments history %s", id)
	}
	next := old
	next.Version, next.Removed, next.Reason, next.By, next.At = old.Version+1, true, reason, actor, s.Clock.Now()
	return next, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.put(ctx, factUnassigned, next) })
}

func (s *Service) put(ctx context.Context, fact string, v Setting) error {
	if err := s.Store.PutSetting(ctx, v); err != nil {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: v.Scope, Subject: v.ID, Reason: v.Reason, Data: assignmentFact{v.Policies, v.Set, v.Target, v.Level, v.Version}})
}

// effect refuses an assignment that is none, and tells what it does.
func (s *Service) effect(ctx context.Context, v Setting) (Effect, error) {
	e := Effect{Setting: v}
	if _, err := ParseFloor(string(v.Level)); err != nil {
		return e, err
	}
	if v.Reason == "" || len(v.Reason) > maxReason {
		return e, noReason("an assignment")
	}
	if _, err := path.Match(v.Policies, ""); err != nil || v.Policies == "" {
		return e, kernel.Errorf(kernel.Invalid, "%q names no policies", v.Policies).WithFix("write an id, or a pattern such as azure-storage-*")
	}
	if err := s.known(ctx, v.Scope, ""); err != nil {
		return e, err
	}
	places := slices.DeleteFunc(s.stages(v.Scope), func(st Stage) bool { return v.Target != "" && st.Target != v.Target })
	if len(places) == 0 {
		return e, kernel.Errorf(kernel.NotFound, "no stage is where it would hold").WithFix("see terrace stage list")
	}
	all, err := s.policies(ctx)
	if err != nil {
		return e, err
	}
	floors := Assigned{Platform: s.Platform}
	var mildest Level
	for _, p := range all {
		clamped, matches := floors.clamps(v, p, places)
		if !matches {
			continue
		}
		e.Matches++
		if clamped != "" {
			e.Stricter++
			mildest = clamped
		}
	}
	switch e.Matches {
	case 0:
		return e, kernel.Errorf(kernel.NotFound, "no policy is named by %s", v.what()).WithFix("see terrace policy list --server")
	case e.Stricter:
		return e, kernel.Errorf(kernel.Refused, "%s is %s there already: a tenant tightens what the platform sets, and does not loosen it", v.what(), mildest).
			WithFix("ask who operates Terrace to set policyLevels, or ask for an exemption with terrace policy exempt")
	default:
		return e, nil
	}
}

// clamps reports whether a policy is named, and the floor where it is stricter than
// the assigned level at each of the places.
func (l Assigned) clamps(v Setting, p Policy, places []Stage) (floor Level, matches bool) {
	for _, st := range places {
		c := Context{Tenant: v.Scope.Tenant, Project: v.Scope.Project, Stage: st.Name, Target: st.Target, Runtime: st.Runtime}
		if !v.Assignment().holds(p, c) {
			continue
		}
		matches = true
		if floor = l.Floor(p, c); v.Level.AtLeast(floor) {
			return "", true
		}
	}
	return floor, matches
}

func (s Setting) what() string {
	if s.Set != "" {
		return s.Policies + " of " + s.Set
	}
	return s.Policies
}

func noReason(what string) error {
	return kernel.Errorf(kernel.Invalid, "%s needs a reason of at most %d bytes", what, maxReason).WithFix("say why with --reason")
}

// ListAssignments returns what is assigned in the scope's project and its tenant, in
// all projects where it has none.
func (s *Service) ListAssignments(ctx context.Context, scope kernel.Scope) ([]Setting, error) {
	if err := s.Authorizer.Authorize(ctx, actionReadAssigned, scope); err != nil {
		return nil, err
	}
	all, err := s.Store.InForce(ctx, scope.Tenant, scope.Project)
	if all == nil {
		all = []Setting{}
	}
	return all, err
}

// AssignmentHistory returns all versions of an assignment, the newest first.
func (s *Service) AssignmentHistory(ctx context.Context, scope kernel.Scope, id string) ([]Setting, error) {
	if err := s.Authorizer.Authorize(ctx, actionReadAssigned, scope); err != nil {
		return nil, err
	}
	return s.Store.SettingHistory(ctx, scope, id)
}
