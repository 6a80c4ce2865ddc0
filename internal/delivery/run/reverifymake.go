package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// makeVerification takes the verification, makes its checks and concludes it.
// One that is stopped on the way is given back.
func (s *Service) makeVerification(ctx context.Context, v Verification) error {
	now := s.Clock.Now()
	v.Status, v.StartedAt = VerificationRunning, &now
	v.Holder = &Holder{Node: s.Node, Process: s.process, Expires: now.Add(s.Lease)}
	if err := s.saveVerification(ctx, &v); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	taken := v // the keeper has v until it ends
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keepVerification(ctx, cancel, &v) })
	results, void := s.examine(ctx, taken)
	stopped := ctx.Err() != nil
	cancel()
	keeper.Wait()
	end, done := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer done()
	if stopped {
		v.Status, v.Holder, v.StartedAt = VerificationQueued, nil, nil
		return s.saveVerification(end, &v)
	}
	return s.conclude(end, v, results, void)
}

// keepVerification renews the hold, and cancels when another has taken it.
func (s *Service) keepVerification(ctx context.Context, cancel context.CancelFunc, v *Verification) {
	ticker := time.NewTicker(s.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h := *v.Holder
			h.Expires = s.Clock.Now().Add(s.Lease)
			v.Holder = &h
			if err := s.saveVerification(ctx, v); kernel.Is(err, kernel.Stale) {
				cancel()
				return
			} else if err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "the hold of a verification could not be renewed", "verification", v.ID, "error", err)
			}
		}
	}
}

// saveVerification writes v and counts its revision.
func (s *Service) saveVerification(ctx context.Context, v *Verification) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Store.SaveVerification(ctx, *v) })
	if err == nil {
		v.Revision++
	}
	return err
}

// examine makes the checks; void says why they say nothing.
func (s *Service) examine(ctx context.Context, v Verification) (results []CheckResult, void string) {
	d, err := s.Store.Deployment(ctx, v.Scope, v.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, s.unmade(ctx, v, err)
	}
	if why := v.overtaken(d); why != "" {
		return nil, why
	}
	subject, err := s.subject(ctx, d)
	if err != nil {
		return nil, s.unmade(ctx, v, err)
	}
	return s.verifies(ctx, subject, func(CheckResult) {}), ""
}

// unmade tells why a verification could not be made, never internals.
func (s *Service) unmade(ctx context.Context, v Verification, err error) string {
	if known, ok := errors.AsType[*kernel.Error](err); ok && known.Kind != kernel.Internal {
		return "it could not be made: " + known.Message
	}
	s.Log.ErrorContext(ctx, "a verification could not be made", "verification", v.ID, "error", err)
	return "it could not be made, for an error of Terrace itself; the daemon's log has it under " + v.ID
}
