package subscription

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// rightsFor is how long an answer about an actor's rights holds while events are
// looked at.
const rightsFor = time.Second

// sight is what one actor sees of the events of a scope: those that pass the
// filters and are about what the actor may read. It is for one goroutine.
type sight struct {
	authorizer Authorizer
	clock      kernel.Clock
	scope      kernel.Scope
	filters    []Filter
	answers    map[question]answer
}

type question struct{ action, project, stage string }

type answer struct {
	may bool
	at  time.Time
}

// sight begins to look for the actor of ctx, who needs event.read.
func (s *Service) sight(ctx context.Context, scope kernel.Scope, filters []Filter) (*sight, error) {
	if err := s.looks(ctx, scope, filters); err != nil {
		return nil, err
	}
	return &sight{authorizer: s.Authorizer, clock: s.Clock, scope: scope, filters: filters, answers: map[question]answer{}}, nil
}

// looks says whether the actor of ctx may look for events so.
func (s *Service) looks(ctx context.Context, scope kernel.Scope, filters []Filter) error {
	if err := s.Authorizer.Authorize(ctx, "event.read", scope); err != nil {
		return err
	}
	if problems := CheckFilters("filters", filters); len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "events cannot be looked for so").WithProblems(problems...)
	}
	return nil
}

// sights are what the actor of ctx sees of the log, in the terms of a query.
func (s *Service) sights(ctx context.Context, scope kernel.Scope) ([]event.Sight, error) {
	all, others := readings(), event.Sight{Else: true}
	byAction, out, whole := map[string][]string{}, []event.Sight{}, true
	for noun, action := range all {
		byAction[action], others.Nouns = append(byAction[action], noun), append(others.Nouns, noun)
	}
	byAction[readingElse] = nil // what all others take
	for _, action := range slices.Sorted(maps.Keys(byAction)) {
		reach, err := s.Authorizer.Allowed(ctx, action, scope.InProject(scope.Project))
		if err != nil {
			return nil, err
		}
		whole = whole && reach.All && len(reach.Only) == 0
		seen := event.Sight{Nouns: byAction[action]}
		if action == readingElse {
			seen = others
		}
		if seen.Within = reach; !reach.None() {
			out = append(out, seen)
		}
	}
	if whole {
		return nil, nil
	}
	return out, nil
}

func (v *sight) sees(ctx context.Context, e event.Event) (bool, error) {
	if e.Tenant != v.scope.Tenant || v.scope.Project != "" && e.Project != v.scope.Project || !Match(v.filters, e) {
		return false, nil
	}
	return v.may(ctx, question{reading(e.Fact()), e.Project, e.Stage})
}

func (v *sight) may(ctx context.Context, q question) (bool, error) {
	now := v.clock.Now()
	if known, ok := v.answers[q]; ok && now.Sub(known.at) < rightsFor {
		return known.may, nil
	}
	err := v.authorizer.Authorize(ctx, q.action, kernel.Scope{Tenant: v.scope.Tenant, Project: q.project, Stage: q.stage})
	if err != nil && !kernel.Is(err, kernel.Denied) && !kernel.Is(err, kernel.NotFound) {
		return false, err
	}
	v.answers[q] = answer{err == nil, now}
	return err == nil, nil
}

// reading is what somebody must be allowed who sees a fact: to read the thing that it is
// about, else to read the audit log.
func reading(fact string) string {
	noun, _, _ := strings.Cut(fact, ".")
	return cmp.Or(readings()[noun], readingElse)
}

const readingElse = "audit.read"

// readings are the actions to read things, by the nouns of their facts.
func readings() map[string]string {
	all := map[string]string{
		"verification": "run.read", "artifact": "release.read", "stages": "stage.read", "pr": "repo.read", "vcs": "repo.read", "build": "repo.read",
		"topic": "project.read", "route": "project.read", "slo": "project.read", "dns-record": "project.read", "local-object": "project.read", "rollout": "workload.read",
	}
	for _, noun := range []string{"run", "drift", "compliance", "module", "definition", "landing-zone", "source", "repo", "project", "rule", "subscription", "runner", "state", "secret", "release"} {
		all[noun] = noun + ".read"
	}
	return all
}
