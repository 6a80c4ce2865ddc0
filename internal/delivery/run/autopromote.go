package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
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
	db.AfterCommit(ctx, s.promotions.Ring)
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

// Promotions promotes by itself, on stages that ask for it, what becomes
// available, until ctx ends.
func (s *Service) Promotions(ctx context.Context) error {
	if err := s.seedPromotions(ctx); err != nil {
		return err
	}
	return rounds.Rounds{Bell: s.promotions, Idle: lookForPromotions, Clock: s.Clock, Look: s.PromoteDue}.Run(ctx)
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
