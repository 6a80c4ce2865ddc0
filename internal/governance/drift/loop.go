package drift

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The rhythm of the loop.
const (
	// lookEvery is how often the schedule is looked at when nobody says that there is work.
	lookEvery = 10 * time.Second
	// reconcileEvery is how often the schedule is compared with what is deployed.
	reconcileEvery = time.Hour
	// claimFor is how long whoever checks a stack may say nothing before another does it.
	claimFor = time.Minute
)

// Watch checks what is due until ctx ends. Any number of processes may watch
// one database; each stack is checked by one of them.
func (s *Service) Watch(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	return rounds.Rounds{
		Bell: s.bell, Idle: lookEvery, Next: s.Store.Soonest, Clock: s.Clock,
		Duties: []rounds.Duty{{Every: reconcileEvery, Do: s.Reconcile}},
		Look:   func(ctx context.Context) error { return s.begin(ctx, &work) },
	}.Run(ctx)
}

// Sweep ends ignores whose date has come, checks what is due, and waits until
// that is done.
func (s *Service) Sweep(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	return s.begin(ctx, &work)
}

// begin starts as many checks as there is room for: one always, more where the
// executors of runs leave some.
func (s *Service) begin(ctx context.Context, work *sync.WaitGroup) error {
	if err := s.reopen(ctx); err != nil {
		return err
	}
	room := max(1, s.Load.Idle()) - int(s.working.Load())
	if room <= 0 {
		return nil
	}
	due, err := s.Store.Due(ctx, s.Clock.Now(), room)
	if err != nil {
		return err
	}
	for _, w := range due {
		claimed, err := s.claim(ctx, w)
		if kernel.Is(err, kernel.Stale) {
			continue // another has it
		}
		if err != nil {
			return err
		}
		if w.Claim != "" && w.Check != claimed.Check {
			s.orphaned(ctx, w, claimed.Check)
		}
		s.working.Add(1)
		work.Go(func() {
			defer s.bell.Ring()
			defer s.working.Add(-1)
			s.carryOut(ctx, claimed)
		})
	}
	return nil
}

// claim takes a stack that is due; a check that was asked for begins with it,
// and one whose process died is done by this one.
func (s *Service) claim(ctx context.Context, old Watch) (Watch, error) {
	w := old
	switch {
	case old.Pending != "":
		w.Check, w.Pending = old.Pending, ""
	case old.Claim == "" || old.Check == "":
		w.Check = kernel.NewID("chk")
	}
	w.Claim, w.Due = kernel.NewID(s.process), s.Clock.Now().Add(claimFor)
	return w, s.Store.SwapWatch(ctx, old, w)
}

// orphaned ends a check whose process died, where another was asked for meanwhile.
func (s *Service) orphaned(ctx context.Context, w Watch, follows string) {
	c, err := s.Store.Check(ctx, w.Scope, w.Check)
	if err != nil || c.Ended() {
		return
	}
	now := s.Clock.Now()
	c.Status, c.EndedAt, c.Message = CheckFailed, &now, "it was interrupted; the check "+follows+" follows"
	if err := s.Store.PutCheck(ctx, c); err != nil {
		s.Log.WarnContext(ctx, "an interrupted drift check cannot be ended", "check", c.ID, "error", err)
	}
}

// keep renews the claim until ctx ends, and ends the check when it is lost.
func (s *Service) keep(ctx context.Context, w Watch, lost context.CancelFunc) {
	ticker := time.NewTicker(claimFor / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := s.leave(ctx, w, func(w *Watch) { w.Due = s.Clock.Now().Add(claimFor) })
			if kernel.Is(err, kernel.Stale) || kernel.Is(err, kernel.NotFound) {
				lost()
				return
			}
		}
	}
}

// swaps is how often a write of the schedule is tried again that somebody raced.
const swaps = 5

// leave changes the stack's place in the schedule as the holder of its claim;
// Stale says that it is another's.
func (s *Service) leave(ctx context.Context, held Watch, change func(*Watch)) error {
	var err error
	for range swaps {
		var now Watch
		if now, err = s.Store.Watched(ctx, held.Stack()); err != nil {
			return err
		}
		if now.Claim != held.Claim {
			return kernel.Errorf(kernel.Stale, "another checks %s", held.Stack())
		}
		w := now
		change(&w)
		if w.Claim == "" && now.Pending != "" {
			w.Due = s.Clock.Now() // somebody asked meanwhile
		}
		if err = s.Store.SwapWatch(ctx, now, w); !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return err
}
