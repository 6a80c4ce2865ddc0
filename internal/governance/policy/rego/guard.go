package rego

import (
	"context"
	"fmt"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// heap is the metric that is watched, and how often.
const (
	heap  = "/memory/classes/heap/objects:bytes"
	often = 20 * time.Millisecond
)

// guard ends evaluations while which the heap grows over a bound. Rego has no
// bound of its own; what else the process does meanwhile counts, too.
type guard struct {
	limit, base uint64
	over        atomic.Bool
	done        chan struct{}
	gone        sync.WaitGroup

	mu      sync.Mutex
	next    int
	running map[int]context.CancelFunc
}

// watch starts a guard; stop ends it.
func watch(limit uint64) *guard {
	g := &guard{limit: limit, base: heapNow(), done: make(chan struct{}), running: map[int]context.CancelFunc{}}
	g.gone.Go(g.loop)
	return g
}

func (g *guard) stop() {
	close(g.done)
	g.gone.Wait()
}

func (g *guard) loop() {
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		select {
		case <-g.done:
			return
		case <-tick.C:
			if now := heapNow(); now > g.base && now-g.base > g.limit {
				g.end()
			}
		}
	}
}

// end cancels what is running, and all that comes.
func (g *guard) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over.Store(true)
	for _, cancel := range g.running {
		cancel()
	}
}

// hold has the guard cancel an evaluation until what it returns is called.
func (g *guard) hold(cancel context.CancelFunc) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over.Load() {
		cancel()
	}
	id := g.next
	g.next++
	g.running[id] = cancel
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.running, id)
	}
}

func (g *guard) err() error {
	if g.over.Load() {
		return fmt.Errorf("the policies took more than %d MiB of memory", g.limit>>20)
	}
	return nil
}

func heapNow() uint64 {
	sample := []metrics.Sample{{Name: heap}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
