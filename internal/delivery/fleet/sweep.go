package fleet

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// keepEnded is how long it is remembered who had which assignment.
	keepEnded = 30 * 24 * time.Hour
	// keepSilent is how long an assignment of which nobody says anything stays open.
	keepSilent = time.Hour
)

// Sweep ends assignments that nobody waits for any more, such as those whose
// runner and server died together, and forgets what ended long ago.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	now := s.Clock.Now()
	old, err := s.Store.Unended(ctx, now.Add(-keepSilent))
	if err != nil {
		return 0, err
	}
	for _, a := range old {
		if now.Sub(a.Seen) < keepSilent || now.Sub(a.EndedAt) < keepSilent {
			continue
		}
		err := s.current(ctx, a)
		if err != nil && !kernel.Is(err, kernel.Stale) {
			return 0, err
		}
		if err == nil && !a.Looks {
			continue // its run has not ended
		}
		if err := s.abandon(ctx, a.ID); err != nil {
			return 0, err
		}
	}
	return s.Store.Forget(ctx, now.Add(-keepEnded))
}

// abandon ends an assignment whatever it is at.
func (s *Service) abandon(ctx context.Context, id string) error {
	_, err := s.edit(ctx, id, func(a *Assignment) (bool, error) {
		if !a.open() {
			return false, nil
		}
		a.State, a.Outcome, a.Reason = Lost, nil, "nobody asked for it any more"
		return true, nil
	})
	return err
}
