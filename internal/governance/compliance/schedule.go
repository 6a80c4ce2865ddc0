package compliance

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// slot returns when the stack's next turn is after now. Each stack has its own place
// in the day, always the same one: what was deployed together is not evaluated together.
func slot(stack string, every time.Duration, now time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(stack)) // a hash never fails
	offset := time.Duration(h.Sum64() % uint64(every))
	at := now.Add(-offset).Truncate(every).Add(offset)
	if !at.After(now) {
		at = at.Add(every)
	}
	return at
}

// Reconcile brings the schedule in line with what is deployed: what it does not know
// is evaluated, what is gone leaves.
func (s *Service) Reconcile(ctx context.Context) error {
	places, err := s.Estate.Places(ctx)
	if err != nil {
		return err
	}
	missing := map[string]Place{}
	for _, p := range places {
		missing[p.Stack()] = p
	}
	for after := ""; ; {
		page, err := s.Store.Watching(ctx, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, w := range page {
			after = w.Stack()
			if _, there := missing[after]; !there {
				if err := s.gone(ctx, w); err != nil {
					return err
				}
			} else if err := s.earlier(ctx, w); err != nil {
				return err
			}
			delete(missing, after)
		}
	}
	return s.catchUp(ctx, missing)
}

// How stacks are evaluated that the schedule did not know: the first ones at once, the
// others one after the other, so that thousands are no burden.
const (
	atOnce = 50
	apart  = time.Second
)

func (s *Service) catchUp(ctx context.Context, missing map[string]Place) error {
	now, i := s.Clock.Now(), 0
	for _, p := range missing {
		wait := min(time.Duration(max(0, i-atOnce))*apart, s.Every)
		if err := s.Store.Ask(ctx, p, now.Add(wait), CauseApplied); err != nil {
			return err
		}
		i++
	}
	return nil
}

// earlier moves a stack whose turn comes later than the schedule, which may have
// changed since, wants it.
func (s *Service) earlier(ctx context.Context, w Watch) error {
	turn := slot(w.Stack(), s.Every, s.Clock.Now())
	if w.Claim != "" || !w.Due.After(turn) {
		return nil
	}
	return s.Store.Ask(ctx, w.Place, turn, CauseSchedule)
}

// gone ends what is about a stack that is no longer applied.
func (s *Service) gone(ctx context.Context, w Watch) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Store.Leave(ctx, w.Stack(), s.Clock.Now()) })
}

// Applied takes note, in its transaction, of something that changed the state of a
// stack, or that took all of it away.
func (s *Service) Applied(ctx context.Context, p Place, destroyed bool) error {
	if destroyed {
		return s.Store.Leave(ctx, p.Stack(), s.Clock.Now())
	}
	db.AfterCommit(ctx, s.nudge)
	return s.Store.Ask(ctx, p, s.Clock.Now(), CauseApplied)
}

// Follow has what was evaluated with other policies evaluated with those that hold now.
func (s *Service) Follow(ctx context.Context) error {
	tenants, err := s.Store.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, tenant := range tenants {
		basis, err := s.Policies.Revision(ctx, tenant)
		if err != nil {
			return err
		}
		if err := s.Store.Outdated(ctx, tenant, basis, s.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// Sweep forgets what is older than is kept.
func (s *Service) Sweep(ctx context.Context) error {
	return s.Store.Prune(ctx, s.Clock.Now().Add(-s.Keep))
}
