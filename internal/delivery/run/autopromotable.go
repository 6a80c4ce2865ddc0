package run

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// newest finds the newest release that may go to the stage and is newer than
// what is there; a is nil where there is none. What went or was tried there
// before goes only when somebody asks for it. soaking is when the next one may.
func (s *Service) newest(ctx context.Context, p Promotion) (a *Availability, soaking *time.Time, err error) {
	at, err := s.number(ctx, p.Scope, p.Workload)
	if err != nil {
		return nil, nil, err
	}
	refs, err := s.promotable(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	for _, ref := range refs {
		if ref.Number <= at {
			break
		}
		if tried, err := s.tried(ctx, p, ref); err != nil || tried {
			return nil, soaking, err // a newer one comes, or somebody tries it again
		}
		found, err := s.availability(ctx, p.Scope, p.Workload, ref)
		switch {
		case err != nil:
			return nil, nil, err
		case found.Available:
			if goes, err := s.mayGo(ctx, p.Scope, found); err != nil || goes {
				return &found, soaking, err
			}
		case soaking == nil || found.SoakedAt != nil && found.SoakedAt.Before(*soaking):
			soaking = found.SoakedAt
		}
	}
	return nil, soaking, nil
}

// number is that of the release that is on the stage, 0 for none.
func (s *Service) number(ctx context.Context, where kernel.Scope, workload string) (int, error) {
	d, err := s.Store.Deployment(ctx, where, workload)
	if kernel.Is(err, kernel.NotFound) {
		return 0, nil
	}
	return d.Release.Number, err
}

// promotable are the releases that are verified in the stage before and were not
// left there for an older one, or are approved for the stage, the highest first.
func (s *Service) promotable(ctx context.Context, p Promotion) ([]ReleaseRef, error) {
	var refs []ReleaseRef
	if before, ok := s.Stages.Before(p.Scope.Stage); ok {
		there := p.Scope.InStage(before.Name)
		at, err := s.number(ctx, there, p.Workload)
		if err != nil {
			return nil, err
		}
		verified, err := s.Store.VerifiedReleases(ctx, there, p.Workload)
		if err != nil {
			return nil, err
		}
		for _, v := range verified {
			if at == 0 || v.Release.Number <= at {
				refs = append(refs, v.Release)
			}
		}
	}
	approvals, err := s.Store.ReleaseApprovals(ctx, p.Scope, p.Workload)
	if err != nil {
		return nil, err
	}
	for _, a := range approvals {
		if a.inForce() && !slices.Contains(refs, a.Release) {
			refs = append(refs, a.Release)
		}
	}
	slices.SortStableFunc(refs, func(a, b ReleaseRef) int { return b.Number - a.Number })
	return refs, nil
}

// tried reports whether a run carried the release to the stage before.
func (s *Service) tried(ctx context.Context, p Promotion, ref ReleaseRef) (bool, error) {
	runs, err := s.Store.RunsOf(ctx, p.Scope, p.Workload, ref.ID)
	return slices.ContainsFunc(runs, func(r Run) bool { return !r.DryRun && (r.Operation == Deploy || r.Operation == Promote) }), err
}

// behind tells with what an auto-promotion began, and who the person behind it is,
// who may not approve it where the stage wants somebody else.
func (s *Service) behind(ctx context.Context, p Promotion, a Availability, r *Run) error {
	if a.Approval != nil {
		r.Initiator = &a.Approval.By
		return nil
	}
	before, err := s.Store.Get(ctx, p.Scope, a.run)
	if kernel.Is(err, kernel.NotFound) {
		return nil // nobody is known
	}
	if err != nil {
		return err
	}
	r.begin(ctx, before.origin())
	r.Bounds = before.Bounds
	if r.Initiator = before.Initiator; r.Initiator == nil {
		r.Initiator = &before.RequestedBy
	}
	return nil
}
