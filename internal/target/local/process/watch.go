package process

import (
	"context"
	"time"
)

// watch probes p until it ends or ctx is done. A process that is not alive any
// more is stopped, which ends it for its supervisor to start again.
func (u *Unit) watch(ctx context.Context, p *Process) {
	if u.config.OneShot {
		return
	}
	if !u.awaitReady(ctx, p) {
		return
	}
	failures := 0
	for u.next(ctx, p, u.config.Timing.ProbePeriod) {
		if err := u.try(ctx, u.config.Live); err != nil {
			if failures++; failures >= FailingProbes {
				u.cell.update(func(s *State) { s.Phase, s.Probe, s.Failed = Unready, "liveness: "+err.Error(), FailingProbes })
				p.Stop(ctx, u.config.Timing.Grace)
				return
			}
			continue
		}
		failures = 0
		u.probed(ctx, u.try(ctx, u.config.Ready))
	}
}

func (u *Unit) awaitReady(ctx context.Context, p *Process) bool {
	if u.config.Ready == nil && u.config.Timing.Settle > 0 && !u.next(ctx, p, u.config.Timing.Settle) {
		return false
	}
	for {
		err := u.try(ctx, u.config.Ready)
		if u.probed(ctx, err); err == nil {
			return ctx.Err() == nil
		}
		if !u.next(ctx, p, u.config.Timing.ProbeStart) {
			return false
		}
	}
}

// probed notes what a readiness probe has found.
func (u *Unit) probed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the probe was cut short
	}
	u.cell.update(func(s *State) {
		switch {
		case err == nil:
			s.Phase, s.Probe, s.Failed = Ready, "", 0
		case s.Phase == Ready, s.Phase == Unready:
			s.Phase, s.Probe, s.Failed = Unready, err.Error(), min(s.Failed+1, FailingProbes)
		default:
			s.Probe = err.Error()
		}
	})
}

func (u *Unit) try(ctx context.Context, probe Probe) error {
	if probe == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, u.config.Timing.ProbeTimeout)
	defer cancel()
	return probe(ctx)
}

// next waits for the time of the next probe; false when there will be none.
func (u *Unit) next(ctx context.Context, p *Process, after time.Duration) bool {
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.Done():
		return false
	case <-ctx.Done():
		return false
	}
}
