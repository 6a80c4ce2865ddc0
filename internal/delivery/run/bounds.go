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

// BoundsOf are those of an actor.
func BoundsOf(actor kernel.Actor) Bounds {
	if actor.Limits == nil {
		return Bounds{}
	}
	return Bounds{Projects: slices.Clone(actor.Limits.Projects), Stages: slices.Clone(actor.Limits.Stages)}
}

// Has reports whether a stage of a project is within them.
func (b Bounds) Has(where kernel.Scope) bool {
	return (len(b.Projects) == 0 || slices.Contains(b.Projects, where.Project)) && (len(b.Stages) == 0 || slices.Contains(b.Stages, where.Stage))
}

// Limits are those of an actor that stands for who had the token; nil bounds nothing.
func (b Bounds) Limits() *kernel.Limits {
	if len(b.Projects)+len(b.Stages) == 0 {
		return nil
	}
	return &kernel.Limits{Projects: slices.Clone(b.Projects), Stages: slices.Clone(b.Stages)}
}

// boundsOf are those of a run; one that is not kept any more had none.
func (s *Service) boundsOf(ctx context.Context, scope kernel.Scope, id string) (Bounds, error) {
	r, err := s.Store.Get(ctx, scope, id)
	if kernel.Is(err, kernel.NotFound) {
		return Bounds{}, nil
	}
	return r.Bounds, err
}

// mayGo reports whether a release that may go to the scope's stage goes there by itself:
// somebody has approved it for the stage, or who brought it to the stage before may reach
// this one.
func (s *Service) mayGo(ctx context.Context, where kernel.Scope, a Availability) (bool, error) {
	if a.Approval != nil || a.run == "" {
		return true, nil
	}
	bounds, err := s.boundsOf(ctx, where, a.run)
	return bounds.Has(where), err
}
