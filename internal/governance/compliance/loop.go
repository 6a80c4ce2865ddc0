package compliance

import (
	"context"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The rhythm of the loop.
const (
	// lookEvery is how often policies are looked at, and the schedule when nobody says
	// that there is work.
	lookEvery = 5 * time.Second
	// reconcileEvery is how often the schedule is compared with what is deployed.
	reconcileEvery = time.Hour
	// gather is how long what is applied waits for what is applied right after it: they
	// are evaluated together, which takes one transaction.
	gather = 2 * time.Second
	// claimFor is how long an evaluation may take before another begins it again.
	claimFor = 10 * time.Minute
	// claimedAtOnce bounds how many stacks are evaluated under one claim, and stint for how
	// long another one is begun with.
	claimedAtOnce = 50
	stint         = 250 * time.Millisecond
	// pause is what is left to others after each stint, where runs are under way.
	pause = 500 * time.Millisecond
	// keepFor bounds the transaction that keeps what came out, also when the process ends.
	keepFor = 30 * time.Second
)

// Watch evaluates what is due until ctx ends. Any number of processes may watch one
// database; each stack is evaluated by one of them.
func (s *Service) Watch(ctx context.Context) error {
	return rounds.Rounds{
		Bell: s.bell, Idle: lookEvery, Look: s.due, Clock: s.Clock,
		Duties: []rounds.Duty{{Every: reconcileEvery, Do: s.Reconcile}, {Every: lookEvery, Do: s.Follow}},
	}.Run(ctx)
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
		more, err := s.some(ctx)
		if err != nil || !more {
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

// some evaluates the stacks that have been due longest, and tells whether more were due
// already, or are again.
func (s *Service) some(ctx context.Context) (more bool, err error) {
	now := s.Clock.Now()
	if due, err := s.Store.Due(ctx, now); err != nil || !due {
		return false, err
	}
	claim := kernel.NewID(s.process)
	claimed, err := s.Store.Claim(ctx, claim, now, now.Add(claimFor), claimedAtOnce)
	if err != nil || len(claimed) == 0 {
		return false, err // others have them
	}
	done, left, err := s.evaluateAll(ctx, claimed)
	ended := ctx.Err()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	again, kept := s.keepAll(ctx, done)
	if len(left) > 0 {
		kept = errors.Join(kept, s.Store.LetGo(ctx, claim, s.Clock.Now(), stacksOf(left)...))
	}
	return again || len(left) > 0 || len(claimed) == claimedAtOnce, errors.Join(ended, err, kept)
}

func stacksOf(all []Watch) []string {
	stacks := make([]string, len(all))
	for i, w := range all {
		stacks[i] = w.Stack()
	}
	return stacks
}
