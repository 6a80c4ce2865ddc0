package shed

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
)

// gate lets so many through at once; others wait in their order. Its limit may
// be another for each who comes: what is under way is counted on.
type gate struct {
	mu     sync.Mutex
	inside int64
	limit  int64
	queue  []chan struct{}
}

// enter waits for a turn; false says that there are too many, or that it took too long.
func (g *gate) enter(ctx context.Context, limit, queue int64, wait time.Duration) bool {
	g.mu.Lock()
	g.limit = limit
	g.admit() // there may be room since the limit was raised
	if g.inside < limit && len(g.queue) == 0 {
		g.inside++
		g.mu.Unlock()
		return true
	}
	if int64(len(g.queue)) >= queue {
		g.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	g.queue = append(g.queue, turn)
	g.mu.Unlock()
	patience := time.NewTimer(wait)
	defer patience.Stop()
	select {
	case <-turn:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return !g.giveUp(turn)
}

// giveUp takes a turn out of the queue; false says that it has come meanwhile.
func (g *gate) giveUp(turn chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, waiting := range g.queue {
		if waiting == turn {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			return true
		}
	}
	return false
}

// leave makes room for the next.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.admit()
}

func (g *gate) admit() {
	for len(g.queue) > 0 && g.inside < g.limit {
		g.inside++
		close(g.queue[0])
		g.queue = g.queue[1:]
	}
}

// callers counts what is under way of each caller; who has nothing has no entry.
type callers struct {
	parts [16]struct {
		mu     sync.Mutex
		inside map[uint64]int64
	}
}

func (c *callers) enter(key uint64, limit int64) bool {
	p := &c.parts[key%uint64(len(c.parts))]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside[key] >= limit {
		return false
	}
	if p.inside == nil {
		p.inside = map[uint64]int64{}
	}
	p.inside[key]++
	return true
}

func (c *callers) leave(key uint64) {
	p := &c.parts[key%uint64(len(c.parts))]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside[key]--; p.inside[key] <= 0 {
		delete(p.inside, key)
	}
}

// limiter finds how many requests a service can take at once, by the gradient
// of its latency.
type limiter = adaptivelimiter.AdaptiveLimiter[any]

// adaptive keeps a limiter as long as its bounds are what they were.
type adaptive struct {
	mu      sync.Mutex
	made    adaptiveDocument
	limiter limiter
	waiting atomic.Int64
}

func (a *adaptive) of(d adaptiveDocument) limiter {
	d.Queue, d.Wait = 0, 0 // they are no part of it
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limiter == nil || a.made != d {
		initial := d.Initial
		if a.limiter != nil { // what has been learnt is where the next one begins
			initial = min(max(int64(a.limiter.Limit()), d.Min), d.Max)
		}
		a.made, a.limiter = d, adaptivelimiter.NewBuilder[any]().WithLimits(uint(d.Min), uint(d.Max), uint(initial)).Build()
	}
	return a.limiter
}

// enter takes a permit, at once or within the time that may be waited.
func (a *adaptive) enter(ctx context.Context, l limiter, queue int64, wait time.Duration) (adaptivelimiter.Permit, bool) {
	if permit, ok := l.TryAcquirePermit(); ok {
		return permit, true
	}
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > queue {
		return nil, false
	}
	permit, err := l.AcquirePermitWithMaxWait(ctx, wait)
	return permit, err == nil
}
