package run

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Bounds are the projects and stages that the token which a run was asked for with is
// for; an empty list bounds nothing. What follows from the run by itself stays within
// them, too: else a token for one stage would reach others by way of the platform.
type Bounds struct {
	Projects []string `json:"projects,omitempty"`
	Stages   []string `json:"stages,omitempty"`
}

// boundsOf are those of an actor.
func boundsOf(actor kernel.Actor) Bounds {
	if actor.Limits == nil {
		return Bounds{}
	}
	return Bounds{Projects: slices.Clone(actor.Limits.Projects), Stages: slices.Clone(actor.Limits.Stages)}
}

// has reports whether a stage of a project is within them.
func (b Bounds) has(where kernel.Scope) bool {
	return (len(b.Projects) == 0 || slices.Contains(b.Projects, where.Project)) && (len(b.Stages) == 0 || slices.Contains(b.Stages, where.Stage))
}

// mayGo reports whether a release that may go to the scope's stage goes there by itself:
// somebody has approved it for the stage, or who brought it to the stage before may reach
// this one.
func (s *Service) mayGo(ctx context.Context, where kernel.Scope, a Availability) (bool, error) {
	if a.Approval != nil || a.run == "" {
		return true, nil
	}
	before, err := s.Store.Get(ctx, where, a.run)
	if kernel.Is(err, kernel.NotFound) {
		return true, nil // nobody is known, and so no token
	}
	return before.Bounds.has(where), err
}
