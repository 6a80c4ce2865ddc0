package fleet

import (
	"context"
	"fmt"
	"io"
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
		a, err := s.take(ctx, r)
		if err != nil && ctx.Err() == nil {
			return nil, nil, err
		}
		if a != nil {
			job, err := s.job(ctx, a.ID)
			return a, &job, err
		}
		s.pause(ctx, changed)
	}
	return nil, nil, nil
}

func (s *Service) take(ctx context.Context, r Runner) (*Assignment, error) {
	offered, err := s.Store.InState(ctx, r.Tenant, Offered)
	if err != nil {
		return nil, err
	}
	for _, o := range offered {
		if !r.serves(o.Labels) {
			continue
		}
		if err := s.current(ctx, o); err != nil {
			if err := s.lose(ctx, o.ID, "the run goes on under another lease"); err != nil {
				return nil, err
			}
			continue
		}
		a, err := s.edit(ctx, o.ID, func(a *Assignment) (bool, error) {
			if a.State != Offered {
				return false, nil
			}
			a.State, a.Runner, a.Name, a.Session, a.Seen = Taken, r.ID, r.Name, r.Session, s.Clock.Now()
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		if a.Runner == r.ID && a.Session == r.Session && a.State == Taken {
			return &a, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
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

// Tell adds events to the run's log. They are numbered from 0 on: what has arrived
// before is left out, so that a delivery may be repeated.
func (s *Service) Tell(ctx context.Context, r Runner, session, id string, from int64, events []Event) error {
	a, err := s.mine(ctx, r, session, id)
	if err != nil {
		return err
	}
	if from > a.Events {
		return kernel.Errorf(kernel.Invalid, "events from %d on were sent, but only %d have arrived", from, a.Events)
	}
	known := a.Events - from
	if known >= int64(len(events)) {
		return nil
	}
	fresh := events[known:]
	if !a.Looks { // a look has no log
		if err := s.Logs.Append(ctx, a.Run, fresh); err != nil {
			return err
		}
	}
	_, err = s.edit(ctx, id, func(now *Assignment) (bool, error) {
		now.Events, now.Seen = a.Events+int64(len(fresh)), s.Clock.Now()
		return true, now.heldBy(r)
	})
	return err
}

// Plan returns the plan that the runner is to apply.
func (s *Service) Plan(ctx context.Context, r Runner, session, id string) ([]byte, error) {
	if _, err := s.mine(ctx, r, session, id); err != nil {
		return nil, err
	}
	return s.get(ctx, id, partPlan)
}

// Upload keeps, sealed, what a plan made: PartPlanFile or PartPlanJSON.
func (s *Service) Upload(ctx context.Context, r Runner, session, id, part string, content []byte) error {
	if part != PartPlanFile && part != PartPlanJSON {
		return kernel.Errorf(kernel.NotFound, "there is no part %s", part)
	}
	if _, err := s.mine(ctx, r, session, id); err != nil {
		return err
	}
	return s.put(ctx, id, part, content)
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

// HandIn keeps a state that the runner could not store, of a stack that it had
// once: it is stored before anything else happens to the stack.
func (s *Service) HandIn(ctx context.Context, r Runner, stack string, state io.Reader) error {
	worked, err := s.Store.Worked(ctx, r.Tenant, r.Name, stack)
	if err != nil {
		return err
	}
	if !worked {
		return kernel.Errorf(kernel.Denied, "the runner %s never had an assignment of %s", r.Name, stack)
	}
	if err := s.States.Keep(ctx, stack, state); err != nil {
		return fmt.Errorf("keep the state of %s: %w", stack, err)
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.record(kernel.WithActor(ctx, kernel.System("runner "+r.Name, r.Tenant)), "runner.state_handed_in", r, "the state of "+stack+" could not be stored")
	})
}
