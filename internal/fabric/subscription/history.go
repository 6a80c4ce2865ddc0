package subscription

import (
	"context"
	"math"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of one look at the log: where filters let little pass, or much of it is not
// for who asks, a page may have less than was asked for, and go on.
const (
	lookAt      = 2048
	lookAtOnce  = 256
	lookThrough = 1 << 17 // places, whoever's they are
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
	if err := s.looks(ctx, scope, filters); err != nil {
		return History{}, err
	}
	before := uint64(math.MaxInt64)
	if page.Cursor != "" {
		var err error
		if before, err = strconv.ParseUint(page.Cursor, 10, 63); err != nil || before == 0 {
			return History{}, kernel.Errorf(kernel.Invalid, "the cursor %q is none of this list", page.Cursor)
		}
	}
	bounds, err := s.Events.Bounds(ctx)
	if err != nil {
		return History{}, err
	}
	seen, err := s.sights(ctx, scope)
	if err != nil {
		return History{}, err
	}
	before = min(before, bounds.Last+1)
	q := event.Query{Tenant: scope.Tenant, Project: scope.Project, Fact: Facts(filters), Seen: seen, Before: before, After: before - min(before, lookThrough)}
	h := History{Last: bounds.Last}
	h.Items, h.Next, err = s.collect(ctx, q, filters, page.Size())
	if err == nil && h.Next == "" && q.After >= bounds.First {
		h.Next = strconv.FormatUint(q.After+1, 10)
	}
	return h, err
}

// collect returns the newest events of a query that pass the filters, and where to go on.
func (s *Service) collect(ctx context.Context, q event.Query, filters []Filter, most int) (seen []event.Event, next string, err error) {
	seen = []event.Event{}
	for looked := 0; looked < lookAt; {
		chunk, err := s.Events.Read(ctx, q, lookAtOnce)
		if err != nil {
			return nil, "", err
		}
		for _, e := range chunk {
			if q.Before = e.Sequence; !Match(filters, e) {
				continue
			}
			if seen = append(seen, e); len(seen) == most {
				return seen, strconv.FormatUint(q.Before, 10), nil
			}
		}
		if looked += len(chunk); len(chunk) < lookAtOnce {
			return seen, "", nil
		}
	}
	return seen, strconv.FormatUint(q.Before, 10), nil
}
