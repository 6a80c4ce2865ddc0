package compliance

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// Reconcile brings the schedule in line with what is deployed: what it does not know
// is evaluated, what is gone leaves.
func (s *Service) Reconcile(ctx context.Context) error {
	places, err := s.Estate.Places(ctx)
	if err != nil {
		return err
	}
	there := make(map[string]Place, len(places))
	for _, p := range places {
		there[p.Stack()] = p
	}
	missing, err := rounds.Align(ctx, rounds.Schedule[Watch]{Page: s.Store.Watching, Name: Watch.Stack}, there, s.align)
	if err != nil {
		return err
	}
	return s.catchUp(ctx, missing)
}

// How stacks are evaluated that the schedule did not know: the first ones at once, the
// others one after the other, so that thousands are no burden.
const (
	atOnce = 50
	apart  = time.Second
)

// askedAtOnce bounds how many are asked for in one statement.
const askedAtOnce = 200

func (s *Service) catchUp(ctx context.Context, missing map[string]Place) error {
	now := s.Clock.Now()
	all := make([]Asking, 0, len(missing))
	for i, stack := range slices.Sorted(maps.Keys(missing)) {
		wait := min(time.Duration(max(0, i-atOnce))*apart, s.Every)
		all = append(all, Asking{missing[stack], now.Add(wait), CauseApplied})
	}
	return s.ask(ctx, all)
}

// ask asks for any number of stacks.
func (s *Service) ask(ctx context.Context, all []Asking) error {
	for part := range slices.Chunk(all, askedAtOnce) {
		if err := s.Store.Ask(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// align ends the schedule of stacks of which nothing is applied any longer, and moves
// those that come too late. A state that no run of Terrace deployed is applied, too.
func (s *Service) align(ctx context.Context, page []Watch, there map[string]Place) error {
	var late []Asking
	for _, w := range page {
		if _, deployed := there[w.Stack()]; !deployed {
			_, err := s.Estate.Version(ctx, w.Place)
			if kernel.Is(err, kernel.NotFound) {
				err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Store.Leave(ctx, w.Stack(), s.Clock.Now()) })
				if err == nil {
					continue
				}
			}
			if err != nil {
				return err
			}
		}
		turn, err := s.earlier(ctx, w)
		if err != nil {
			return err
		}
		late = append(late, turn...)
	}
	return s.ask(ctx, late)
}

// earlier returns when a stack is to be evaluated whose turn comes later than the
// schedule, which may have changed since, wants it; and lets one go whose claim is of a
// clock that was ahead.
func (s *Service) earlier(ctx context.Context, w Watch) ([]Asking, error) {
	now := s.Clock.Now()
	turn := rounds.Turn(w.Stack(), s.Every, 0, now)
	switch {
	case w.Claim != "" && rounds.Overdrawn(w.Due, now, claimFor):
		return nil, s.Store.LetGo(ctx, w.Claim, now, w.Stack())
	case w.Claim != "" || !w.Due.After(turn):
		return nil, nil
	}
	return []Asking{{w.Place, turn, CauseSchedule}}, nil
}

// Applied takes note, in its transaction, of something that changed the state of a
// stack, or that took all of it away.
func (s *Service) Applied(ctx context.Context, p Place, destroyed bool) error {
	if destroyed {
		return s.Store.Leave(ctx, p.Stack(), s.Clock.Now())
	}
	db.AfterCommit(ctx, func() { s.bell.RingIn(gather) })
	return s.Store.Ask(ctx, Asking{p, s.Clock.Now(), CauseApplied})
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
