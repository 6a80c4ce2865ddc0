package subscription

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// leaseTerm is how long a process that has gone silent keeps its subscriptions
	// from others; claimEvery is how often it says that it is there.
	leaseTerm   = 30 * time.Second
	claimEvery  = 10 * time.Second
	claimWithin = 5 * time.Second
	// leaseMargin is how far the clocks of two processes may be apart.
	leaseMargin = 5 * time.Second
)

// lease is the right to deliver of one process, for all that it holds: no two
// processes deliver for one subscription.
type lease struct {
	holder string
	until  atomic.Pointer[time.Time]
}

// check refuses to send once others may: a process that was stopped for a while
// does not know what they have done.
func (l *lease) check(now time.Time) error {
	if until := l.until.Load(); until == nil || !now.Before(until.Add(-leaseMargin)) {
		return kernel.Errorf(kernel.Stale, "the subscription may be another process's now")
	}
	return nil
}

// claim renews what this process holds and takes what nobody holds.
func (s *Service) claim(ctx context.Context) ([]Subscription, error) {
	ctx, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	now := s.Clock.Now()
	until := now.Add(leaseTerm)
	mine, err := s.Store.Claim(ctx, s.lease.holder, now, until)
	if err == nil {
		s.lease.until.Store(&until)
	}
	return mine, err
}

func (s *Service) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	s.lease.until.Store(nil)
	if err := s.Store.Release(ctx, s.lease.holder); err != nil {
		s.Log.WarnContext(ctx, "subscriptions were not given back: they rest until others may take them", "for", leaseTerm, "error", err)
	}
}
