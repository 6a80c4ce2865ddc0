package compliance

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The rhythm of the loop.
const (
	// lookEvery is how often policies are looked at, and the schedule when nobody says
	// that there is work.
	lookEvery = 5 * time.Second
	// reconcileEvery is how often the schedule is compared with what is deployed.
	reconcileEvery = time.Hour
	// claimFor is how long an evaluation may take before another begins it again.
	claimFor = 10 * time.Minute
	// pause is what is left to others after each evaluation, where runs are under way.
	pause = 500 * time.Millisecond
)

// Watch evaluates what is due, one stack after the other, until ctx ends. Any number
// of processes may watch one database; each stack is evaluated by one of them.
func (s *Service) Watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var reconciled, followed time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			followed = time.Time{}
		case <-s.nudged:
		}
		if now := s.Clock.Now(); now.Sub(reconciled) >= reconcileEvery {
			if err := s.Reconcile(ctx); err != nil {
				return ended(ctx, err)
			}
			reconciled = now
		}
		if now := s.Clock.Now(); now.Sub(followed) >= lookEvery {
			if err := s.Follow(ctx); err != nil {
				return ended(ctx, err)
			}
			followed = now
		}
		if err := s.due(ctx); err != nil {
			return ended(ctx, err)
		}
		timer.Reset(lookEvery)
	}
}

// ended makes no failure of a loop that was told to end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Work looks whether policies have changed, and evaluates all that is due.
func (s *Service) Work(ctx context.Context) error {
	if err := s.Follow(ctx); err != nil {
		return err
	}
	return s.due(ctx)
}

// due evaluates all that is due.
func (s *Service) due(ctx context.Context) error {
	for {
		did, err := s.one(ctx)
		if err != nil || !did {
			return err
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
	}
}

// rest leaves the processors to runs, where there are some.
func (s *Service) rest(ctx context.Context) error {
	if s.Load.Idle() > 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// one evaluates the stack that has been due longest; false where there is none.
func (s *Service) one(ctx context.Context) (did bool, err error) {
	now := s.Clock.Now()
	w, ok, err := s.Store.Due(ctx, now)
	if err != nil || !ok {
		return false, err
	}
	claim := kernel.NewID(s.process)
	err = s.Store.Claim(ctx, w, claim, now.Add(claimFor))
	if kernel.Is(err, kernel.Stale) {
		return true, nil // another has it
	}
	if err != nil {
		return false, err
	}
	w.Claim = claim
	err = s.carryOut(ctx, w)
	if kernel.Is(err, kernel.Stale) || kernel.Is(err, kernel.NotFound) {
		return true, nil // it is another's meanwhile, or gone
	}
	return err == nil, err
}
