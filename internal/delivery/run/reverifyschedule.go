package run

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// schedule queues what is due on stages that verify again by themselves.
func (s *Service) schedule(ctx context.Context) error {
	for _, st := range s.Stages.All() {
		if st.VerifyEvery == 0 {
			continue
		}
		due, err := s.Store.DueVerifications(ctx, st.Name, s.Clock.Now())
		if err != nil {
			return err
		}
		for _, v := range due {
			ctx := kernel.WithActor(ctx, kernel.System("verification", v.Scope.Tenant))
			err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.scheduleOne(ctx, st, v) })
			if err != nil && !kernel.Is(err, kernel.Stale) {
				return err
			}
		}
	}
	return nil
}

// scheduleOne sets when the deployment is due next, and queues its verification
// where that moment has come. A moment that was never set is spread, so that not
// everything is verified at once after a start.
func (s *Service) scheduleOne(ctx context.Context, st stage.Stage, due DueVerification) error {
	now := s.Clock.Now()
	next := now.Add(around(st.VerifyEvery))
	if due.Due == nil {
		next = now.Add(rand.N(st.VerifyEvery)) //nolint:gosec // nothing secret
	}
	if err := s.Store.MoveDueVerification(ctx, due, next); err != nil || due.Due == nil {
		return err
	}
	d, err := s.Store.Deployment(ctx, due.Scope, due.Workload)
	if err != nil || s.verifiable(ctx, d) != nil {
		return err
	}
	by, _ := kernel.ActorFrom(ctx)
	v := verificationOf(d, OnSchedule, by, now)
	page, err := s.Store.Verifications(ctx, v.Scope, VerificationFilter{Workload: v.Workload, Stage: v.Scope.Stage}, kernel.PageRequest{Limit: 1})
	if err != nil || len(page.Items) > 0 && !page.Items[0].Status.Ended() {
		return err // one is under way
	}
	return s.Store.InsertVerification(ctx, v)
}

// around is d, a tenth more or less.
func around(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // nothing secret
}
