package subscription

import (
	"context"
	"math"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of one look at the log: where filters let little pass a page may
// have less than was asked for, and go on.
const (
	lookAt     = 2048
	lookAtOnce = 256
)

// History is a page of what happened.
type History struct {
	kernel.Page[event.Event]

	// Last is the place in the log of the newest event there was: who watches after
	// it misses nothing.
	Last uint64 `json:"last"`
}

// ListEvents returns what happened in a scope as the actor of ctx may see it, the
// newest first.
func (s *Service) ListEvents(ctx context.Context, scope kernel.Scope, filters []Filter, page kernel.PageRequest) (History, error) {
	v, err := s.sight(ctx, scope, filters)
	if err != nil {
		return History{}, err
	}
	before := uint64(math.MaxInt64)
	if page.Cursor != "" {
		if before, err = strconv.ParseUint(page.Cursor, 10, 63); err != nil || before == 0 {
			return History{}, kernel.Errorf(kernel.Invalid, "the cursor %q is none of this list", page.Cursor)
		}
	}
	bounds, err := s.Events.Bounds(ctx)
	if err != nil {
		return History{}, err
	}
	h := History{Last: bounds.Last}
	h.Items, h.Next, err = s.collect(ctx, v, min(before, bounds.Last+1), page.Size())
	return h, err
}

// collect returns the newest events that v sees before a place, and where to go on.
func (s *Service) collect(ctx context.Context, v *sight, before uint64, most int) (seen []event.Event, next string, err error) {
	seen = []event.Event{}
	for looked := 0; looked < lookAt; {
		chunk, err := s.Events.Before(ctx, v.scope.Tenant, Facts(v.filters), before, lookAtOnce)
		if err != nil {
			return nil, "", err
		}
		for _, e := range chunk {
			yes, err := v.sees(ctx, e)
			if err != nil {
				return nil, "", err
			}
			if before = e.Sequence; !yes {
				continue
			}
			if seen = append(seen, e); len(seen) == most {
				return seen, strconv.FormatUint(before, 10), nil
			}
		}
		if looked += len(chunk); len(chunk) < lookAtOnce {
			return seen, "", nil
		}
	}
	return seen, strconv.FormatUint(before, 10), nil
}
