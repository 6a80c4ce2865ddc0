package dns

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/platform/reload"
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
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "DNS records", Revision: s.Store.Revision, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.snapshot.Load().revision },
	}
}
