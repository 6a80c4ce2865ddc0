package subscription

import (
	"context"
	"sort"
	"sync"

	"github.com/terrace-idp/terrace/internal/fabric/event"
)

// The bounds of what is kept in memory of the log's end.
const (
	feedEvents = 2048
	feedBytes  = 8 << 20
)

// feed is the end of the log in memory, for all workers: one that keeps up never
// asks the log.
type feed struct {
	log Events

	mu     sync.RWMutex
	events []event.Event
	bytes  int
	// grown is closed at the next push, where somebody waits for it.
	grown chan struct{}
}

func weight(e event.Event) int { return len(e.Data) + 512 }

// push takes the next event of the log.
func (f *feed) push(e event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events, f.bytes = append(f.events, e), f.bytes+weight(e)
	f.wake()
	if len(f.events) <= feedEvents && f.bytes <= feedBytes {
		return
	}
	drop := 0
	for len(f.events)-drop > feedEvents/2 || f.bytes > feedBytes/2 {
		f.bytes -= weight(f.events[drop])
		drop++
	}
	f.events = append([]event.Event(nil), f.events[drop:]...)
}

// reset forgets what is in memory: the log is read from elsewhere.
func (f *feed) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events, f.bytes = nil, 0
	f.wake()
}

// wake is for who holds the lock.
func (f *feed) wake() {
	if f.grown != nil {
		close(f.grown)
		f.grown = nil
	}
}

// changed returns what is closed when there is more. It is taken before looking:
// what comes meanwhile is not missed.
func (f *feed) changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.grown == nil {
		f.grown = make(chan struct{})
	}
	return f.grown
}

// next returns the tenant's first event after a sequence; from the log only
// facts of the types are read. Without one, through is how far it has looked.
func (f *feed) next(ctx context.Context, tenant, facts string, after uint64) (e event.Event, through uint64, ok bool, err error) {
	f.mu.RLock()
	inside := len(f.events) > 0 && f.events[0].Sequence <= after+1
	if inside {
		defer f.mu.RUnlock()
		for i := sort.Search(len(f.events), func(i int) bool { return f.events[i].Sequence > after }); i < len(f.events); i++ {
			if f.events[i].Tenant == tenant {
				return f.events[i], 0, true, nil
			}
		}
		return event.Event{}, max(after, f.events[len(f.events)-1].Sequence), false, nil
	}
	f.mu.RUnlock()
	e, ok, err = f.log.After(ctx, tenant, facts, after)
	return e, after, ok, err
}
