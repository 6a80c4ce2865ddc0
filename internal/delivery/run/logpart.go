package run

import (
	"context"
	"slices"
	"strings"
	"time"
)

// LogPart is a stretch of a run's log that is in the blobs: what one process told of the
// run until it handed it on.
type LogPart struct {
	Run    string
	ID     string
	Tenant string
	// First and Last are when its first and its last line were written.
	First, Last time.Time
	// Size is how many bytes it has, sealed.
	Size int64
	// Removed is since when it is no more, zero while it is there.
	Removed time.Time
}

// EndsRun reports whether the event tells the end of its run.
func (e Event) EndsRun() bool {
	status, isRun := strings.CutPrefix(e.Type, "run.")
	return isRun && slices.Contains(Statuses(), Status(status)) && Status(status).Terminal()
}

// LogIndex knows what there is of logs, and what there was.
type LogIndex interface {
	// LogParts returns the parts of a run's log, those that were removed too.
	LogParts(ctx context.Context, run string) ([]LogPart, error)
}

// logRemoved is since when the log of a run is no more, nil while something of it is there.
func (s *Service) logRemoved(ctx context.Context, r Run) (*time.Time, error) {
	if !r.Status.Terminal() {
		return nil, nil
	}
	parts, err := s.Store.LogParts(ctx, r.ID)
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	for _, p := range parts {
		if p.Removed.IsZero() {
			return nil, nil
		}
	}
	return &parts[len(parts)-1].Removed, nil
}
