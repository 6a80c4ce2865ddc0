package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

const (
	// lookForPromotions is how often what is due is looked for without a word.
	lookForPromotions = 5 * time.Second
	// lookAtPromotions is the longest between two looks at a closed stage: its
	// windows may have been changed meanwhile.
	lookAtPromotions = 10 * time.Minute
)

// promoteLater notes, in the transaction of ctx, that something may be there to
// be promoted to the scope's stage by itself from due on.
func (s *Service) promoteLater(ctx context.Context, where kernel.Scope, workload string, due time.Time) error {
	st, err := s.Stages.Get(where.Stage)
	if err != nil || !st.AutoPromote {
		return err
	}
	if err := s.Store.PutPromotion(ctx, Promotion{Scope: where, Workload: workload, Due: due}); err != nil {
		return err
	}
	db.AfterCommit(ctx, s.wakePromotions)
	return nil
}

// promoteOn notes that a release which was verified in a stage may go to the
// next one once it has soaked.
func (s *Service) promoteOn(ctx context.Context, v Verified) error {
	here, err := s.Stages.Get(v.Scope.Stage)
	if err != nil {
		return err
	}
	after, ok := s.Stages.After(here.Name)
	if !ok {
		return nil
	}
	return s.promoteLater(ctx, v.Scope.InStage(after.Name), v.Workload, v.At.Add(here.Soak))
}

// wakePromotions has what is due looked for at once.
func (s *Service) wakePromotions() {
	select {
	case s.promotions <- struct{}{}:
	default:
	}
}

// Promotions promotes by itself, on stages that ask for it, what becomes
// available, until ctx ends.
func (s *Service) Promotions(ctx context.Context) error {
	if err := s.seedPromotions(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := s.PromoteDue(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		timer.Reset(supervise.Beat(lookForPromotions))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.promotions:
		}
	}
}

// seedPromotions looks once at everything: a stage may have been set to promote
// by itself since the last start.
func (s *Service) seedPromotions(ctx context.Context) error {
	for _, st := range s.Stages.All() {
		before, ok := s.Stages.Before(st.Name)
		if !ok || !st.AutoPromote {
			continue
		}
		if err := s.Store.SeedPromotions(ctx, before.Name, st.Name, s.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// PromoteDue looks at all that is due now. What cannot be looked at is tried
// again later and does not hold up the rest.
func (s *Service) PromoteDue(ctx context.Context) error {
	due, err := s.Store.DuePromotions(ctx, s.Clock.Now())
	if err != nil {
		return err
	}
	for _, p := range due {
		if err := s.promoteDue(kernel.WithActor(ctx, kernel.System("auto-promotion", p.Scope.Tenant)), p); err != nil {
			s.Log.WarnContext(ctx, "an auto-promotion is tried again later", "workload", p.Workload, "stage", p.Scope.Stage, "error", err)
			p.Due = s.Clock.Now().Add(lookAtWindows)
			if err := s.Store.MovePromotion(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) promoteDue(ctx context.Context, p Promotion) error {
	st, err := s.Stages.Get(p.Scope.Stage)
	if err != nil || !st.AutoPromote { // the stage is gone, or was changed
		return s.Store.DeletePromotion(ctx, p)
	}
	a, soaking, err := s.newest(ctx, p)
	if err != nil {
		return err
	}
	if a == nil {
		return s.later(ctx, p, soaking)
	}
	if problem, o, err := s.closed(st); err != nil || problem != nil {
		return errors.Join(err, s.later(ctx, p, s.reopens(o)))
	}
	_, err = s.request(ctx, func(ctx context.Context) (Run, error) {
		r := Run{
			Scope: p.Scope, Workload: p.Workload, Release: a.Release, Operation: Promote, Availability: a,
			Reason: fmt.Sprintf("%s takes by itself what becomes available: %s", st.Name, a),
		}
		if err := s.behind(ctx, p, *a, &r); err != nil {
			return r, err
		}
		return r, s.later(ctx, p, soaking)
	})
	return err
}

// reopens is when to look at a closed stage again.
func (s *Service) reopens(o stage.Opening) *time.Time {
	again := s.Clock.Now().Add(lookAtPromotions)
	if o.Next != nil && o.Next.Before(again) {
		return o.Next
	}
	return &again
}

// later notes when to look again, nil for when something happens.
func (s *Service) later(ctx context.Context, p Promotion, due *time.Time) error {
	if due == nil {
		return s.Store.DeletePromotion(ctx, p)
	}
	p.Due = *due
	return s.Store.MovePromotion(ctx, p)
}

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
			return &found, soaking, nil
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
		if a.holds() && !slices.Contains(refs, a.Release) {
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
	if r.Initiator = before.Initiator; r.Initiator == nil {
		r.Initiator = &before.RequestedBy
	}
	return nil
}
