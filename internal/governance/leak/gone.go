package leak

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Gone ends what was found at a place that is not there any more, and says why. Findings of
// the log of a run are those that name the run.
func (s *Service) Gone(ctx context.Context, scope kernel.Scope, at Place, why string) error {
	ctx = system(ctx, scope)
	before, err := s.Store.At(ctx, scope, at.identity())
	if err != nil {
		return err
	}
	apart, err := s.Apart.Standing(ctx, scope.Tenant, scope.Project, at.elsewhere(scope))
	if err != nil || len(before)+len(apart) == 0 {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.fade(ctx, standing(apart, at), nil); err != nil {
			return err
		}
		return s.resolve(ctx, standing(before, at), nil, why)
	})
}

// system is who does what nobody does who is known.
func system(ctx context.Context, scope kernel.Scope) context.Context {
	if _, ok := kernel.ActorFrom(ctx); ok {
		return ctx
	}
	return kernel.WithActor(ctx, kernel.System("leaks", scope.Tenant))
}

// Within calls each with the findings in a repository that are not resolved, a page after
// the other: those of its project, and then those of others with their source.
func (s *Service) Within(ctx context.Context, scope kernel.Scope, repository string, each func(page []Finding) error) error {
	for _, next := range []func(ctx context.Context, scope kernel.Scope, repository, after string) ([]Finding, error){s.Store.Under, s.Apart.StandingUnder} {
		for after := ""; ; {
			page, err := next(ctx, scope, repository, after)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].ID
			if err := each(page); err != nil {
				return err
			}
		}
	}
	return nil
}

// Vanished ends what was found in a repository that is not there any more, or on the one
// branch of it that is not. What pull requests brought to a branch has been seen all the same.
func (s *Service) Vanished(ctx context.Context, scope kernel.Scope, repository, branch string) error {
	return s.Tx.InTx(system(ctx, scope), func(ctx context.Context) error {
		return s.Within(ctx, scope, repository, func(page []Finding) error {
			why := "the repository is gone"
			if branch != "" {
				why = "the branch is gone"
				page = slices.DeleteFunc(page, func(f Finding) bool { return f.Place.Branch != branch || f.Place.Pull > 0 })
			}
			if len(page) > 0 && page[0].Source != nil {
				return s.fade(ctx, page, nil)
			}
			return s.resolve(ctx, page, nil, why)
		})
	})
}
