package gateway

import (
	"context"
	"fmt"
	"time"
)

const (
	pollEvery   = time.Second
	loadTimeout = 10 * time.Second
)

// Load reads every route, builds a table and swaps it in. When the table is
// not sound the one before stays.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	revision, err := s.Store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("load routes: %w", err)
	}
	routes, err := s.Store.All(ctx)
	if err != nil {
		return fmt.Errorf("load routes: %w", err)
	}
	t, err := newTable(routes, revision, s.Metrics)
	if err != nil {
		return err
	}
	s.table.Store(t)
	s.Metrics.forgetOthers(t)
	return nil
}

// Watch keeps the table current with what other processes, or transactions
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
		if err != nil || revision == s.table.Load().revision {
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
		s.Log.ErrorContext(ctx, "the gateway's routes are behind the database", "error", err)
	}
}
