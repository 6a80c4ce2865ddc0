package rounds

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// Rounds are a loop over a schedule.
type Rounds struct {
	// Bell calls it. It is required.
	Bell *Bell
	// Look does what is due, or begins it. It is required.
	Look func(ctx context.Context) error
	// Idle is how often it looks when nothing calls it, at a Beat. It is required.
	Idle time.Duration
	// Next tells when something is due that has no Bell; false for nothing. It may be nil.
	Next func(ctx context.Context) (at time.Time, ok bool, err error)
	// Duties come before Look, in their order.
	Duties []Duty
	Clock  kernel.Clock
}

// Duty is something that is done now and then: at first, and then again once Every has
// gone by.
type Duty struct {
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Run goes round until ctx ends, or something fails.
func (r Rounds) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	last := make([]time.Time, len(r.Duties))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-r.Bell.Rung():
		}
		if err := r.round(ctx, last); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // it was told to end
			}
			return err
		}
		timer.Reset(r.rest(ctx))
	}
}

// round does the duties whose time has come, and looks. last has when each was done.
func (r Rounds) round(ctx context.Context, last []time.Time) error {
	for i, duty := range r.Duties {
		now := r.Clock.Now()
		ago := now.Sub(last[i])                        // less than nothing where the clock was put back: nobody knows how long it is
		if 0 <= ago && ago < duty.Every-duty.Every/8 { // beats are not met to the moment
			continue
		}
		if err := duty.Do(ctx); err != nil {
			return err
		}
		last[i] = now
	}
	return r.Look(ctx)
}

// rest is how long there is nothing to do.
func (r Rounds) rest(ctx context.Context) time.Duration {
	idle := supervise.Beat(r.Idle)
	if r.Next == nil {
		return idle
	}
	at, ok, err := r.Next(ctx)
	if left := at.Sub(r.Clock.Now()); err == nil && ok && left > 0 {
		return min(left, idle)
	}
	return idle // nothing, or more than there is room for: who has finished rings
}
