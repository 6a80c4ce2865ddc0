package compliance

import (
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
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
			_, deployed := missing[after]
			delete(missing, after)
			if err := s.align(ctx, w, deployed); err != nil {
				return err
			}
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

// askedAtOnce bounds how many are asked for in one transaction.
const askedAtOnce = 200

func (s *Service) catchUp(ctx context.Context, missing map[string]Place) error {
	now, i := s.Clock.Now(), 0
	for part := range slices.Chunk(slices.Collect(maps.Values(missing)), askedAtOnce) {
		err := s.Tx.InTx(ctx, func(ctx context.Context) error {
			for n, p := range part {
				wait := min(time.Duration(max(0, i+n-atOnce))*apart, s.Every)
				if err := s.Store.Ask(ctx, p, now.Add(wait), CauseApplied); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		i += len(part)
	}
	return nil
}

// align ends the schedule of a stack of which nothing is applied any longer. A state that
// no run of Terrace deployed is applied, too.
func (s *Service) align(ctx context.Context, w Watch, deployed bool) error {
	if deployed {
		return s.earlier(ctx, w)
	}
	_, err := s.Estate.Version(ctx, w.Place)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return s.gone(ctx, w)
	case err != nil:
		return err
	}
	return s.earlier(ctx, w)
}

// ahead is by how much the clock of another process may be ahead of this one's.
const ahead = time.Minute

// earlier moves a stack whose turn comes later than the schedule, which may have
// changed since, wants it; and lets one go whose claim is of a clock that was ahead.
func (s *Service) earlier(ctx context.Context, w Watch) error {
	now := s.Clock.Now()
	turn := slot(w.Stack(), s.Every, now)
	switch {
	case w.Claim != "" && w.Due.After(now.Add(claimFor+ahead)):
		return unlessStale(s.Store.Claim(ctx, w, "", now))
	case w.Claim != "" || !w.Due.After(turn):
		return nil
	}
	return s.Store.Ask(ctx, w.Place, turn, CauseSchedule)
}

// unlessStale is no error where another was faster.
func unlessStale(err error) error {
	if kernel.Is(err, kernel.Stale) {
		return nil
	}
	return err
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
