package drift

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// never is when a stack is due that is checked on demand alone.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// firstPause is the pause after a check that failed; it doubles with each.
const firstPause = time.Minute

// slot returns when the stack's next turn is after now. Each stack has its own
// place in the stage's jitter, always the same one: stacks that were deployed
// together are not checked together, and a restart moves none of them.
func slot(stack string, d stage.Drift, now time.Time) time.Time {
	if d.Every <= 0 {
		return never
	}
	jitter := d.Jitter
	if jitter <= 0 {
		jitter = d.Every
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(stack)) // a hash never fails
	offset := time.Duration(h.Sum64() % uint64(jitter))
	at := now.Add(-offset).Truncate(d.Every).Add(offset)
	if !at.After(now) {
		at = at.Add(d.Every)
	}
	return at
}

// later returns when a stack is checked again after so many failures, never
// later than its turn would be without them.
func later(stack string, d stage.Drift, now time.Time, failures int) time.Time {
	if d.Every <= 0 {
		return never
	}
	pause := firstPause << min(failures-1, 20)
	if turn := slot(stack, d, now); pause >= d.Every || now.Add(pause).After(turn) {
		return turn
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
	missing := map[string]Deployed{}
	for _, d := range deployed {
		missing[d.Stack()] = d
	}
	for after := ""; ; {
		page, err := s.Store.Watching(ctx, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return s.watchAll(ctx, missing)
		}
		for _, w := range page {
			after = w.Stack()
			_, there := missing[after]
			delete(missing, after)
			if err := s.align(ctx, w, there); err != nil {
				return err
			}
		}
	}
}

func (s *Service) watchAll(ctx context.Context, missing map[string]Deployed) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		for stack, d := range missing {
			if err := s.Store.Watch(ctx, d, slot(stack, s.driftOf(d.Scope.Stage), s.Clock.Now())); err != nil {
				return err
			}
		}
		return nil
	})
}

// align moves a stack whose turn comes later than its stage wants it, or never.
func (s *Service) align(ctx context.Context, w Watch, deployed bool) error {
	if !deployed {
		return s.Store.Unwatch(ctx, w.Stack())
	}
	d, now := s.driftOf(w.Scope.Stage), s.Clock.Now()
	if (w.Claim != "" || w.Pending != "") && w.Due.After(now.Add(claimFor+ahead)) {
		return s.recall(ctx, w, now)
	}
	turn := slot(w.Stack(), d, now)
	if w.Due.After(turn) || d.Every <= 0 && !w.Due.Equal(never) {
		return s.Store.Reschedule(ctx, w.Stack(), turn)
	}
	return nil
}

// ahead is by how much the clock of another process may be ahead of this one's.
const ahead = time.Minute

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
