package drift

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// firstPause is the pause after a check that failed; it doubles with each.
const firstPause = time.Minute

// turn returns when the stack's next turn is after now, by the schedule of its stage.
func turn(stack string, d stage.Drift, now time.Time) time.Time {
	return rounds.Turn(stack, d.Every, d.Jitter, now)
}

// later returns when a stack is checked again after so many failures, never
// later than its turn would be without them.
func later(stack string, d stage.Drift, now time.Time, failures int) time.Time {
	next, pause := turn(stack, d, now), firstPause<<min(failures-1, 20)
	if d.Every <= 0 || pause >= d.Every || now.Add(pause).After(next) {
		return next
	}
	return now.Add(pause)
}

// driftOf is the schedule of the stage; a stage that is gone has none.
func (s *Service) driftOf(name string) stage.Drift {
	st, err := s.Stages.Get(name)
	if err != nil {
		return stage.Drift{}
	}
	return st.Drift
}

// Reconcile brings the schedule in line with what is deployed and with the
// stages as they are now.
func (s *Service) Reconcile(ctx context.Context) error {
	deployed, err := s.Deployments.Deployed(ctx, kernel.Scope{}, "")
	if err != nil {
		return err
	}
	there := make(map[string]Deployed, len(deployed))
	for _, d := range deployed {
		there[d.Stack()] = d
	}
	missing, err := rounds.Align(ctx, rounds.Schedule[Watch]{Page: s.Store.Watching, Name: Watch.Stack}, there, s.alignAll)
	if err != nil {
		return err
	}
	return s.watchAll(ctx, missing)
}

// watchedAtOnce bounds how many stacks are added to the schedule in one transaction.
const watchedAtOnce = 500

func (s *Service) watchAll(ctx context.Context, missing map[string]Deployed) error {
	for part := range slices.Chunk(slices.Sorted(maps.Keys(missing)), watchedAtOnce) {
		all := make([]Turn, len(part))
		for i, stack := range part {
			d := missing[stack]
			all[i] = Turn{Deployed: d, Due: turn(stack, s.driftOf(d.Scope.Stage), s.Clock.Now())}
		}
		if err := s.Store.Watch(ctx, all...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) alignAll(ctx context.Context, page []Watch, there map[string]Deployed) error {
	for _, w := range page {
		_, deployed := there[w.Stack()]
		if err := s.align(ctx, w, deployed); err != nil {
			return err
		}
	}
	return nil
}

// align moves a stack whose turn comes later than its stage wants it, or never.
func (s *Service) align(ctx context.Context, w Watch, deployed bool) error {
	if !deployed {
		return s.Store.Unwatch(ctx, w.Stack())
	}
	d, now := s.driftOf(w.Scope.Stage), s.Clock.Now()
	if (w.Claim != "" || w.Pending != "") && rounds.Overdrawn(w.Due, now, claimFor) {
		return s.recall(ctx, w, now)
	}
	next := turn(w.Stack(), d, now)
	if w.Due.After(next) || d.Every <= 0 && !w.Due.Equal(next) {
		return s.Store.Reschedule(ctx, w.Stack(), next)
	}
	return nil
}

// recall has a stack taken up now whose claim, or for which somebody asked, was by a clock
// that was ahead: whoever holds it is dead, or finds that it is another's.
func (s *Service) recall(ctx context.Context, w Watch, now time.Time) error {
	next := w
	next.Due = now
	err := s.Store.SwapWatch(ctx, w, next)
	if kernel.Is(err, kernel.Stale) {
		return nil
	}
	return err
}
