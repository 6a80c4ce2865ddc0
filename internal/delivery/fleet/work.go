package fleet

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// pollFor is how long a runner that asks for work is kept waiting.
	pollFor = 20 * time.Second
	// beatFor is how long a sign of life is kept waiting for a new command.
	beatFor = 3 * time.Second
)

// Take gives the runner an assignment that it may execute, nil where there is none
// for a while.
func (s *Service) Take(ctx context.Context, r Runner, session string) (*Assignment, *Job, error) {
	if err := r.present(session); err != nil {
		return nil, nil, err
	}
	s.hear(ctx, r)
	ctx, cancel := context.WithTimeout(ctx, pollFor)
	defer cancel()
	for ctx.Err() == nil {
		changed := s.news.next()
		a, receipt, err := s.take(ctx, r)
		if err != nil && ctx.Err() == nil {
			return nil, nil, err
		}
		if a != nil {
			job, err := s.job(ctx, a.ID)
			job.Receipt = receipt
			return a, &job, err
		}
		s.pause(ctx, changed)
	}
	return nil, nil, nil
}

func (s *Service) take(ctx context.Context, r Runner) (_ *Assignment, receipt string, _ error) {
	offered, err := s.Store.InState(ctx, r.Tenant, Offered)
	if err != nil {
		return nil, "", err
	}
	receipt = rand.Text()
	for _, o := range offered {
		if !r.serves(o.Labels) {
			continue
		}
		if err := s.current(ctx, o); err != nil {
			if err := s.lose(ctx, o.ID, "the run goes on under another lease"); err != nil {
				return nil, "", err
			}
			continue
		}
		a, err := s.edit(ctx, o.ID, func(a *Assignment) (bool, error) {
			if a.State != Offered {
				return false, nil
			}
			a.State, a.Runner, a.Name, a.Session, a.Seen = Taken, r.ID, r.Name, r.Session, s.Clock.Now()
			a.Receipt = kernel.DigestOf([]byte(receipt))
			return true, nil
		})
		if err != nil {
			return nil, "", err
		}
		if a.State == Taken && a.Receipt == kernel.DigestOf([]byte(receipt)) {
			return &a, receipt, nil
		}
	}
	return nil, "", nil
}

// mine returns the assignment if it is still the runner's: its own, not lost, and
// under the fence of its stack.
func (s *Service) mine(ctx context.Context, r Runner, session, id string) (Assignment, error) {
	if err := r.present(session); err != nil {
		return Assignment{}, err
	}
	a, err := s.Store.Assignment(ctx, id)
	if err != nil {
		return a, err
	}
	if err := a.heldBy(r); err != nil {
		return a, err
	}
	return a, s.current(ctx, a)
}

// current refuses an assignment under a fence that no longer is its stack's. Who
// only looks has none.
func (s *Service) current(ctx context.Context, a Assignment) error {
	if a.Looks {
		return nil
	}
	return s.Fences.CheckFence(ctx, a.Stack, a.Fence)
}

func (a Assignment) heldBy(r Runner) error {
	if a.Runner != r.ID || a.Session != r.Session {
		return kernel.Errorf(kernel.NotFound, "there is no assignment %s of the runner %s", a.ID, r.Name)
	}
	if a.State != Taken {
		return kernel.Errorf(kernel.Stale, "the assignment %s is no longer the runner's: %s", a.ID, a.Reason)
	}
	return nil
}

// Beat notes a sign of life and returns what the runner shall do; it waits a
// little for something else than what the runner knows.
func (s *Service) Beat(ctx context.Context, r Runner, session, id string, known Command) (Command, error) {
	if _, err := s.mine(ctx, r, session, id); err != nil {
		return Gone, err
	}
	s.hear(ctx, r)
	a, err := s.edit(ctx, id, func(a *Assignment) (bool, error) {
		a.Seen = s.Clock.Now()
		return true, a.heldBy(r)
	})
	if err != nil {
		return Gone, err
	}
	ctx, cancel := context.WithTimeout(ctx, beatFor)
	defer cancel()
	for a.Command == known && ctx.Err() == nil {
		changed := s.news.next()
		if a, err = s.Store.Assignment(ctx, id); err != nil {
			break
		}
		if err := a.heldBy(r); err != nil {
			return Gone, err
		}
		if a.Command == known {
			s.pause(ctx, changed)
		}
	}
	if ctx.Err() == nil && err != nil {
		return Gone, err
	}
	return a.Command, nil
}

// Finish tells the outcome.
func (s *Service) Finish(ctx context.Context, r Runner, session, id string, o Outcome) error {
	if err := r.present(session); err != nil {
		return err
	}
	_, err := s.edit(ctx, id, func(a *Assignment) (bool, error) {
		if a.Runner == r.ID && (a.State == Done || a.State == Ended) {
			return false, nil // it was told before, and the answer was lost
		}
		if err := a.heldBy(r); err != nil {
			return false, err
		}
		a.State, a.Outcome = Done, &o
		if o.Interrupted != "" {
			a.State, a.Outcome, a.Reason = Lost, nil, a.lost(o.Interrupted)
		}
		return true, nil
	})
	return err
}
