package budget

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Step is a step on the way of a run.
type Step int

// The steps that the ledger follows.
const (
	// Applying is the beginning of an apply.
	Applying Step = iota
	// Applied is its end, or that there was nothing to apply.
	Applied
	// Ended is the end of a run, however it went.
	Ended
)

// Follow takes note of a step of a run in its transaction: what was applied costs
// what it was estimated to, and what ended is reserved no longer. Where an apply
// ended half done, the larger of both figures counts.
func (s *Service) Follow(ctx context.Context, run string, step Step, destroys bool) error {
	r, err := s.Store.Reservation(ctx, run)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if step == Applying {
		r.Applying = true
		return s.Store.Reserve(ctx, r)
	}
	if err := s.book(ctx, r, step, destroys); err != nil {
		return err
	}
	return s.Store.Release(ctx, run)
}

// book enters what a run leaves.
func (s *Service) book(ctx context.Context, r Reservation, step Step, destroys bool) error {
	now, monthly := s.Clock.Now(), r.After
	switch {
	case step == Applied && destroys:
		return s.Store.Leave(ctx, r.Stack, now)
	case step == Ended && !r.Applying:
		return nil
	case step == Ended:
		monthly = larger(r.Before, r.After)
	}
	return s.Store.Enter(ctx, Entry{Stack: r.Stack, Since: now, Currency: r.Currency, Monthly: monthly, Unpriced: r.Unpriced, Run: r.Run})
}

func larger(a, b focus.Amount) focus.Amount {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}
