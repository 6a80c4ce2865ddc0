package run

import (
	"context"
	"strings"
	"sync"
	"time"
)

const (
	// gathered is how long a line of terraform waits for those after it: they come in
	// bursts, and each write wakes all who read.
	gathered = 100 * time.Millisecond
	// gatheredMost is how many lines wait.
	gatheredMost = 200
)

// gathering collects what terraform says and writes it into the run's log.
type gathering struct {
	write func(events []Event)

	mu     sync.Mutex
	events []Event
	// soon writes them; nil before the first.
	soon *time.Timer
}

// add takes an event. The first one sees to it that all are written soon; what is
// done to a resource is written at once, since it counts after a crash.
func (g *gathering) add(event Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events = append(g.events, event)
	switch {
	case len(g.events) >= gatheredMost || strings.HasPrefix(event.Type, "apply_"):
		g.flush()
	case len(g.events) > 1:
	case g.soon == nil:
		g.soon = time.AfterFunc(gathered, g.end)
	default:
		g.soon.Reset(gathered)
	}
}

// end writes what has been collected.
func (g *gathering) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flush()
}

func (g *gathering) flush() {
	if len(g.events) == 0 {
		return
	}
	if g.soon != nil {
		g.soon.Stop()
	}
	g.write(g.events)
	g.events = g.events[:0]
}

// sink writes terraform's events into the run's log; end is to be called when there
// are no more.
func (e *execution) sink(ctx context.Context, phase string) (send func(Event), end func()) {
	g := &gathering{write: func(events []Event) { e.s.append(ctx, e.scope, e.id, events...) }}
	return func(event Event) {
		event.Run = e.id
		if event.Phase == "" {
			event.Phase = phase
		}
		if event.Time.IsZero() {
			event.Time = e.s.Clock.Now()
		}
		g.add(event)
	}, g.end
}
