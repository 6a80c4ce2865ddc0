package subscription

import (
	"context"
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
	if err := s.Authorizer.Authorize(ctx, "event.read", scope); err != nil {
		return nil, err
	}
	if problems := CheckFilters("filters", filters); len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "events cannot be looked for so").WithProblems(problems...)
	}
	return &sight{authorizer: s.Authorizer, clock: s.Clock, scope: scope, filters: filters, answers: map[question]answer{}}, nil
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

// reading is what somebody must be allowed who sees a fact: to read the thing
// that it is about, else to read the audit log.
func reading(fact string) string {
	noun, _, _ := strings.Cut(fact, ".")
	switch noun {
	case "run", "drift", "compliance", "module", "definition", "landing-zone", "source", "repo", "project", "rule", "subscription", "runner", "state", "secret", "release":
		return noun + ".read"
	case "verification":
		return "run.read"
	case "artifact":
		return "release.read"
	case "stages":
		return "stage.read"
	case "pr", "vcs", "build":
		return "repo.read"
	case "topic", "route", "dns-record", "local-object":
		return "project.read"
	default:
		return "audit.read"
	}
}
