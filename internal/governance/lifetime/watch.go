package lifetime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// again is when what could not be removed is tried anew.
	again = time.Hour
	// slack is by how much the clock of the system may differ from one that nobody sets
	// between two looks; more is a jump, after which nothing is removed for a while.
	slack    = 2 * time.Minute
	heldFor  = time.Hour
	anHour   = time.Hour
	perHours = "more stacks than are removed in an hour are over; it waits for its turn"
)

// Sweep warns of what is about to end, and has removed what is over and was warned
// of. Any number of processes may do so: each step is taken once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	held := s.jumped(ctx, now)
	due, err := s.Store.Due(ctx, now)
	if err != nil {
		return err
	}
	var errs error
	for _, l := range due {
		err := s.look(kernel.WithActor(ctx, kernel.System("lifetimes", l.Scope.Tenant)), l, now, held)
		if err != nil && !kernel.Is(err, kernel.Stale) { // another process took the step
			errs = errors.Join(errs, fmt.Errorf("lifetime of %s: %w", l.Stack(), err))
		}
	}
	return errs
}

// jumped reports until when nothing is removed, as the clock of the system went on
// by far more than time has passed.
func (s *Service) jumped(ctx context.Context, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	elapsed := s.Elapsed()
	if !s.wall.IsZero() {
		if jump := now.Sub(s.wall) - (elapsed - s.elapsed); jump > slack {
			s.held = now.Add(heldFor)
			s.Log.WarnContext(ctx, "the clock jumped: nothing whose lifetime is over is removed for a while", "jump", jump, "until", s.held)
		}
	}
	s.wall, s.elapsed = now, elapsed
	return s.held
}

// look takes the step that is due.
func (s *Service) look(ctx context.Context, l Lifetime, now, held time.Time) error {
	rule, err := s.Stages.Lifetimes(l.Scope.Stage)
	switch {
	case err != nil:
		return err
	case rule.Never:
		return s.Store.Delete(ctx, l)
	case l.Run != "":
		l.Due = now.Add(again) // its run ends by itself
		return s.Store.Save(ctx, l)
	case l.WarnedAt == nil:
		return s.warn(ctx, l, now)
	case now.Before(l.ExpiresAt):
		l.Due = l.ExpiresAt
		return s.Store.Save(ctx, l)
	case now.Before(held):
		l.Due, l.Problem = held, "the clock jumped, and nothing is removed before "+held.Format(time.RFC3339)
		return s.Store.Save(ctx, l)
	}
	return s.reclaim(ctx, l, now)
}

// warn tells that a lifetime ends. From there on it takes the notice at least: a
// clock that jumps past the end removes nothing that nobody was warned of.
func (s *Service) warn(ctx context.Context, l Lifetime, now time.Time) error {
	l.WarnedAt, l.Due = &now, l.ExpiresAt
	if least := now.Add(s.notice(l)); least.After(l.Due) {
		l.Due, l.ExpiresAt = least, least
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, l); err != nil {
			return err
		}
		return s.Journal.Record(ctx, s.fact("lifetime.expiring", l))
	})
}

// reclaim asks for the run that removes the stack, and keeps its name, at once or
// not at all: a daemon that is killed in between begins anew.
func (s *Service) reclaim(ctx context.Context, l Lifetime, now time.Time) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		l := l
		run, err := s.Runs.Destroy(ctx, l.Scope, l.Workload, "its lifetime was over at "+l.ExpiresAt.Format(time.RFC3339))
		if err != nil {
			return err
		}
		n, err := s.Store.Reclaim(ctx, l.Scope.Tenant, run, now, now.Add(-anHour))
		if err != nil {
			return err
		}
		if n > s.PerHour {
			return kernel.Errorf(kernel.Locked, perHours)
		}
		l.Run, l.Problem, l.Due = run, "", now.Add(again)
		if err := s.Store.Save(ctx, l); err != nil {
			return err
		}
		return s.Journal.Record(ctx, s.fact("lifetime.reclaiming", l))
	})
	switch {
	case err == nil, kernel.Is(err, kernel.Stale):
		return err
	case kernel.Is(err, kernel.NotFound): // nothing is deployed any longer
		return s.Store.Delete(ctx, l)
	}
	return s.refused(ctx, l, now, err)
}

// refused keeps why something was not removed, and tells it once.
func (s *Service) refused(ctx context.Context, l Lifetime, now time.Time, why error) error {
	news := l.Problem != why.Error()
	l.Problem, l.Due = why.Error(), now.Add(again)
	if kernel.Is(why, kernel.Locked) {
		l.Due = now.Add(again / 4)
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, l); err != nil || !news {
			return err
		}
		return s.Journal.Record(ctx, s.fact("lifetime.reclaim_failed", l))
	})
}
