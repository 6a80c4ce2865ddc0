package state

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// sweepMargin is how much older than a process a content must be before the
	// process takes it for an orphan: another's write may be on its way to its row.
	sweepMargin = time.Hour
	// sweepMost is how many contents one sweep removes at most. A crash leaves one;
	// where there are many more, records were lost and not contents left over.
	sweepMost = 100
)

// Sweep removes contents that no version refers to: a process that died between
// a content and its row left them. It touches none that is younger than an hour
// before started, the start of this process, and returns how many it removed.
func (s *Service) Sweep(ctx context.Context, started time.Time) (removed int, err error) {
	before := started.Add(-sweepMargin)
	for content, err := range s.Blobs.List(ctx, contents) {
		if err != nil {
			return removed, fmt.Errorf("sweep the states: %w", err)
		}
		if !content.Modified.Before(before) {
			continue
		}
		orphan, err := s.orphan(ctx, content.Key)
		if err != nil {
			return removed, fmt.Errorf("sweep the states: %w", err)
		}
		if !orphan {
			continue
		}
		if err := s.Blobs.Delete(ctx, content.Key); err != nil {
			return removed, fmt.Errorf("sweep the states: %w", err)
		}
		if removed++; removed == sweepMost {
			return removed, nil
		}
	}
	return removed, nil
}

// orphan reports whether the key is one of a version that does not exist. A key
// that is not a version's is left alone.
func (s *Service) orphan(ctx context.Context, key string) (bool, error) {
	parts := strings.Split(strings.TrimPrefix(key, contents), "/")
	if len(parts) != 5 {
		return false, nil
	}
	_, err := s.Store.Version(ctx, strings.Join(parts[:4], "/"), parts[4])
	if kernel.Is(err, kernel.NotFound) {
		return true, nil
	}
	return false, err
}
