package dns

import (
	"context"
	"fmt"
	"time"
)

const (
	pollEvery   = time.Second
	loadTimeout = 10 * time.Second
)

// Load reads every record and swaps the snapshot.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	revision, err := s.Store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("load dns records: %w", err)
	}
	records, err := s.Store.All(ctx)
	if err != nil {
		return fmt.Errorf("load dns records: %w", err)
	}
	s.snapshot.Store(newSnapshot(s.Zones, records, revision))
	return nil
}

// Watch keeps the snapshot current with what other processes, or transactions
// that ended after their call, have written. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		revision, err := s.Store.Revision(ctx)
		if err != nil || revision == s.snapshot.Load().revision {
			continue // the next tick tries again
		}
		s.renew(ctx)
	}
}

// renew loads after a change, outside of the caller's transaction and even if
// the caller has gone; Watch makes up for a failure.
func (s *Service) renew(ctx context.Context) {
	fresh, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	if err := s.Load(fresh); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "DNS answers are behind the database", "error", err)
	}
}
