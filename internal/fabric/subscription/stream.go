package subscription

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of those who watch.
const (
	// MaxWatchers bounds those of a tenant at one process.
	MaxWatchers = 64
	// watchFor is after what time one must begin again, and be authenticated anew.
	watchFor = 10 * time.Minute
	// aliveEvery is how often one is told that there is nothing to tell.
	aliveEvery = 15 * time.Second
)

// Sighting is what somebody who watches is told: an event, that some were no
// longer kept, or nothing but how far was looked.
type Sighting struct {
	Event *event.Event
	// Lost is set where events up to Through had been forgotten before.
	Lost bool
	// Through is the place in the log to go on after.
	Through uint64
}

// watching counts those who watch, by tenant.
type watching struct {
	mu  sync.Mutex
	all map[string]int
}

func (w *watching) begin(tenant string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all[tenant] >= MaxWatchers {
		return false
	}
	if w.all == nil {
		w.all = map[string]int{}
	}
	w.all[tenant]++
	return true
}

func (w *watching) end(tenant string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all[tenant]--; w.all[tenant] == 0 {
		delete(w.all, tenant)
	}
}

// Stream is one who watches. Nothing is kept for it: it reads the log's end from
// memory at its own pace, and the log itself where it is behind.
type Stream struct {
	service *Service
	sight   *sight
	after   uint64
	lost    bool
}

// WatchEvents begins to watch what happens in a scope, as the actor of ctx may see
// it, from now on or after a place in the log. It ends with ctx at the latest.
func (s *Service) WatchEvents(ctx context.Context, scope kernel.Scope, filters []Filter, after *uint64) (*Stream, error) {
	v, err := s.sight(ctx, scope, filters)
	if err != nil {
		return nil, err
	}
	bounds, err := s.Events.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	if !s.watching.begin(scope.Tenant) {
		return nil, kernel.Errorf(kernel.Unavailable, "%d watch the events of the tenant already", MaxWatchers).WithFix("end one, or read pages")
	}
	context.AfterFunc(ctx, func() { s.watching.end(scope.Tenant) })
	w := &Stream{service: s, sight: v, after: bounds.Last}
	if after != nil {
		w.after = min(*after, bounds.Last)
	}
	if w.after+1 < bounds.First {
		w.after, w.lost = bounds.First-1, true
	}
	return w, nil
}

// Run tells what it sees until tell fails, ctx ends, or it must begin again. Who
// does not take what is told is not waited for: tell fails.
func (w *Stream) Run(ctx context.Context, tell func(Sighting) error) error {
	ctx, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	if err := tell(Sighting{Lost: w.lost, Through: w.after}); err != nil {
		return err
	}
	for {
		more := w.service.feed.changed()
		if err := w.catchUp(ctx, tell); err != nil || ctx.Err() != nil {
			return ended(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-more:
		case <-alive.C:
			if err := tell(Sighting{Through: w.after}); err != nil {
				return err
			}
		}
	}
}

// catchUp tells of all there is.
func (w *Stream) catchUp(ctx context.Context, tell func(Sighting) error) error {
	for ctx.Err() == nil {
		e, through, ok, err := w.service.feed.next(ctx, w.sight.scope.Tenant, Facts(w.sight.filters), w.after)
		if err != nil {
			return err
		}
		if !ok {
			w.after = max(w.after, through)
			return nil
		}
		yes, err := w.sight.sees(ctx, e)
		if err != nil {
			return err
		}
		if w.after = e.Sequence; yes {
			if err := tell(Sighting{Event: &e, Through: e.Sequence}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ended tells the end of ctx from a failure.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
