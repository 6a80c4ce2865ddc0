package source

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Diff is what a reconciliation would do.
type Diff struct {
	Commit  string   `json:"commit"`
	Changes []Change `json:"changes"`
	// Held says why nothing is removed, empty where it is.
	Held     string           `json:"held,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
}

// Diff tells what a reconciliation would do now, and does nothing.
func (s *Service) Diff(ctx context.Context, scope kernel.Scope, name string) (Diff, error) {
	n, err := s.find(ctx, ActionRead, scope, name)
	if err != nil {
		return Diff{}, err
	}
	ctx = kernel.WithActor(ctx, kernel.System(n.origin(), n.Tenant)) // who may read the source sees all of it
	t, err := s.tree(ctx, n)
	if err != nil {
		return Diff{}, err
	}
	p, err := s.plan(ctx, n, t)
	if err != nil {
		return Diff{}, err
	}
	p.together()
	return p.diff, nil
}

// together adds what is wrong with the stages as a set.
func (p *planner) together() {
	var todo []*Change
	for i := range p.diff.Changes {
		if c := &p.diff.Changes[i]; c.Kind == StageKind && c.wanted != nil && c.Action != Nothing {
			todo = append(todo, c)
		}
	}
	if len(todo) == 0 {
		return
	}
	if err := stage.Validate(p.nextStages(todo)); err != nil {
		for _, c := range todo {
			c.Problems, c.State = problemsOf(c.File, c.wanted.src, stageError(c.Name, err)), Broken
		}
	}
}
