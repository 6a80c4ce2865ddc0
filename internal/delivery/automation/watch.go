package automation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// saveEvery is how many events nobody has a rule for pass between two saves
	// of the cursor: so many are looked at again after a restart.
	saveEvery = 256
	// keep is how long history stays.
	keep = 30 * 24 * time.Hour
)

// Watch looks at every event until ctx ends, in order, and notes which rules are
// for it. Every process may do so at once, and an event is looked at again after
// a crash: a rule has it once.
func (s *Service) Watch(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	from, err := s.begin(ctx)
	if err != nil {
		return err
	}
	follower, saved := s.Events.Follow(from), from
	for {
		e, err := follower.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		fired, err := s.look(ctx, e)
		if err != nil {
			return err
		}
		if fired || e.Sequence-saved >= saveEvery {
			if err := s.Store.SetCursor(ctx, e.Sequence); err != nil {
				return err
			}
			saved = e.Sequence
		}
	}
}

// begin returns after which event to begin: now, the first time.
func (s *Service) begin(ctx context.Context) (uint64, error) {
	from, known, err := s.Store.Cursor(ctx)
	if err != nil {
		return 0, err
	}
	b, err := s.Events.Bounds(ctx)
	if err != nil {
		return 0, err
	}
	if !known {
		return b.Last, s.Store.SetCursor(ctx, b.Last)
	}
	if from+1 < b.First {
		s.Log.WarnContext(ctx, "events were no longer kept when rules came to them", "from", from+1, "to", b.First-1)
	}
	return from, nil
}

// look notes the rules that are for an event. Changes of rules are events, too:
// each holds for what comes after it, in every process.
func (s *Service) look(ctx context.Context, e event.Event) (fired bool, err error) {
	if verb, own := strings.CutPrefix(e.Fact(), factPrefix); own {
		if verb == "applied" || verb == "deleted" {
			return false, s.load(ctx)
		}
		return false, nil
	}
	s.mu.RLock()
	rules := s.rules
	s.mu.RUnlock()
	for _, r := range rules {
		if !r.isFor(e) {
			continue
		}
		f, err := s.judged(ctx, r, e)
		if err != nil {
			return fired, err
		}
		if err := s.fire(ctx, f); err != nil {
			return fired, err
		}
		fired = true
		if f.Outcome == Waiting {
			s.bell.Ring()
		}
	}
	return fired, nil
}

// fire keeps a firing, and tells of one that a rule's author should know of: what
// is to be done is told when it is.
func (s *Service) fire(ctx context.Context, f Firing) error {
	news, err := s.news(ctx, f)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		mine, err := s.Store.Fire(ctx, f)
		if err != nil || !mine || !news {
			return err
		}
		return s.record(ctx, f)
	})
}

// news reports whether the firing ended without an action for a reason that the
// rule did not have within an hour.
func (s *Service) news(ctx context.Context, f Firing) (bool, error) {
	if f.Outcome != Looped && f.Outcome != Limited && f.Outcome != Failed {
		return false, nil
	}
	last, err := s.Store.History(ctx, f.Rule, f.Outcome, kernel.PageRequest{Limit: 1})
	if err != nil {
		return false, err
	}
	return len(last.Items) == 0 || f.At.Sub(last.Items[0].At) >= time.Hour, nil
}

func (r ready) isFor(e event.Event) bool {
	return r.Scope.Tenant == e.Tenant && (r.Scope.Project == "" || r.Scope.Project == e.Project) &&
		!e.Time.Before(r.AppliedAt) && subscription.Match(r.On, e)
}

// judged returns the firing of a rule by an event: to be done, or why not.
func (s *Service) judged(ctx context.Context, r ready, e event.Event) (Firing, error) {
	now := s.Clock.Now()
	f := Firing{ID: kernel.NewID("fir"), Rule: r.ID, Scope: r.Scope, Event: e.ID, Type: e.Type, Subject: e.Subject, Outcome: Waiting, Action: r.Do, At: now}
	end := func(o Outcome, why string) (Firing, error) {
		f.Outcome, f.Why, f.EndedAt = o, why, &now
		return f, nil
	}
	env := environment(e)
	yes, err := holds(r.condition, env)
	if err != nil {
		return end(Failed, err.Error())
	}
	if !yes {
		return end(Skipped, "the condition does not hold")
	}
	if f.Action, err = r.Do.filled(env); err != nil {
		return end(Failed, err.Error())
	}
	if f.Action.Project == "" {
		f.Action.Project = either(r.Scope.Project, e.Project)
	}
	if f.Depth, err = s.depth(ctx, e); err != nil {
		return f, err
	}
	if f.Depth >= MaxDepth {
		return end(Looped, fmt.Sprintf("it follows from %d rules one after the other, which is as many as may: a rule that causes what it is for goes round", MaxDepth))
	}
	n, err := s.Store.Acted(ctx, r.ID, now.Add(-time.Hour))
	if err != nil {
		return f, err
	}
	if n >= r.PerHour {
		return end(Limited, "the rule has acted as often as it may within an hour")
	}
	return f, nil
}

// depth counts the rules that an event followed from: it names its cause, or is
// about what a rule has made, such as a run.
func (s *Service) depth(ctx context.Context, e event.Event) (int, error) {
	d, ok, err := s.Store.Depth(ctx, e.Tenant, e.Causation, e.Subject)
	if err != nil || !ok {
		return 0, err
	}
	return d + 1, nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Sweep forgets old history, and ends what a process that is gone has begun.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	if _, err := s.Store.Interrupt(ctx, now.Add(-abandoned), now, "the process ended meanwhile; look whether it was done"); err != nil {
		return err
	}
	_, err := s.Store.Forget(ctx, now.Add(-keep))
	return err
}
