package traffic

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// DefaultConsumers is how many consumers of a route are counted apart.
	DefaultConsumers = 50
	// WriteEvery is how often counts should be written, RankEvery how often consumers
	// should be compared.
	WriteEvery, RankEvery = 10 * time.Second, time.Minute
)

// Count is what was counted of a route from a moment on, of one consumer or, where that
// is empty, of all requests.
type Count struct {
	Key

	Consumer string
	At       time.Time
	Tally    Tally
}

// Store keeps what replicas count; trafficsql implements it.
type Store interface {
	// Add adds counts to what is kept.
	Add(ctx context.Context, all []Count) error
	// Sums returns what was counted of each route, and of each consumer where the
	// question is about those.
	Sums(ctx context.Context, q Question) ([]Count, error)
	// Tidy removes what nobody asks for any more.
	Tidy(ctx context.Context, now time.Time) error
}

// Book has the counts of all routes of this process.
type Book struct {
	Store Store
	Clock kernel.Clock
	// Consumers is how many consumers of each route are counted apart; 0 is DefaultConsumers.
	Consumers int

	mu     sync.Mutex
	routes map[Key]*Route
	// former are routes that there are no more, and that are not written yet.
	former []*Route

	writing sync.Mutex
}

// Route returns the counts of a route, which go on where they were; nil on a nil Book,
// which counts nothing.
func (b *Book) Route(k Key) *Route {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.routes[k]
	if r == nil {
		if b.routes == nil {
			b.routes = map[Key]*Route{}
		}
		r = newRoute(k, cmp.Or(b.Consumers, DefaultConsumers))
		b.routes[k] = r
	}
	return r
}

// Keep forgets the routes that are none of these.
func (b *Book) Keep(live map[Key]bool) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, r := range b.routes {
		if !live[k] {
			b.former = append(b.former, r)
			delete(b.routes, k)
		}
	}
}

func (b *Book) all() []*Route {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*Route, 0, len(b.routes))
	for _, r := range b.routes {
		out = append(out, r)
	}
	return out
}

// Rank compares the consumers of each route, and drops those that are gone.
func (b *Book) Rank(context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	for _, r := range b.all() {
		r.rank()
	}
	return nil
}

// Write keeps what was counted since the last time. Where it cannot, the counts go on
// and are written with the next.
func (b *Book) Write(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	former := b.former
	b.mu.Unlock()
	routes := append(b.all(), former...)
	var counts []Count
	now, after := b.Clock.Now(), []func(){}
	for _, r := range routes {
		r.each(func(consumer string, s *series) {
			t := s.tally()
			if since := t.less(s.written); since != (Tally{}) {
				counts = append(counts, Count{Key: r.key, Consumer: consumer, At: now, Tally: since})
				after = append(after, func() { s.written = t })
			}
		})
	}
	slices.SortFunc(counts, inOrder)
	if len(counts) > 0 {
		if err := b.Store.Add(ctx, counts); err != nil {
			return fmt.Errorf("write what the gateway counted: %w", err)
		}
	}
	for _, done := range after {
		done()
	}
	b.forget(routes, len(former))
	return nil
}

// inOrder has all replicas write in one order, so that none waits for another that
// waits for it.
func inOrder(a, b Count) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Stage, b.Stage),
		cmp.Compare(a.Route, b.Route), cmp.Compare(a.Consumer, b.Consumer))
}

// forget lets go of what was written for the last time.
func (b *Book) forget(routes []*Route, former int) {
	for _, r := range routes {
		r.mu.Lock()
		r.leaving = nil
		r.mu.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.former = b.former[former:]
}

// Tidy removes what nobody asks for any more.
func (b *Book) Tidy(ctx context.Context) error {
	return b.Store.Tidy(ctx, b.Clock.Now())
}
