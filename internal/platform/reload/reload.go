// Package reload makes a view in memory again when the rows that it was made
// from have changed, be it by this process or by another one.
//
// It owns when that happens. It does not own the rows, the view, nor how one
// view takes the place of the other.
package reload

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

const (
	// every is how often the revision is looked at.
	every = 2 * time.Second
	// patience bounds a look, and a load.
	patience = 10 * time.Second
)

// Source is where a view comes from.
type Source struct {
	// What names the view in the log, such as DNS records.
	What string
	// Revision returns the revision of the rows; it grows with every write.
	Revision func(ctx context.Context) (int64, error)
	// Held returns the revision that the view was made from.
	Held func() int64
	// Load makes the view again.
	Load func(ctx context.Context) error
	Log  *slog.Logger
}

// Watch keeps the view current with what other processes, or transactions that
// ended after their call to Now, have written. It returns when ctx ends.
func (s Source) Watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(supervise.Beat(every))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if s.changed(ctx) {
			s.Now(ctx)
		}
	}
}

// changed reports whether the view is behind; where that cannot be known, the
// next tick asks again.
func (s Source) changed(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	revision, err := s.Revision(ctx)
	return err == nil && revision != s.Held()
}

// Now loads after a change, outside of the caller's transaction and even if the
// caller has gone; Watch makes up for a failure.
func (s Source) Now(ctx context.Context) {
	fresh, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Load(fresh); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "a view is behind the database", "what", s.What, "error", err)
	}
}
