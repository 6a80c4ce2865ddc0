package fleetagent

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
)

const (
	// gather is how long events are gathered before they are delivered.
	gather = 200 * time.Millisecond
	// atOnce and bytesAtOnce bound one delivery.
	atOnce      = 500
	bytesAtOnce = fleet.MaxEvents / 4
)

// events are those of an assignment that wait for their delivery, in order.
type events struct {
	mu      sync.Mutex
	waiting []fleet.Event
	sent    int64
	ended   bool
	done    chan struct{}
}

func (e *events) add(event fleet.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = append(e.waiting, event)
}

// end waits until all have been delivered, or ctx ends.
func (e *events) end(ctx context.Context) {
	e.mu.Lock()
	e.ended = true
	done := e.finished()
	e.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// finished returns the channel that is closed after the last delivery.
func (e *events) finished() chan struct{} {
	if e.done == nil {
		e.done = make(chan struct{})
	}
	return e.done
}

// deliver sends until all have been, or ctx ends.
func (e *events) deliver(ctx context.Context, send func(from int64, events []fleet.Event) error) {
	for ctx.Err() == nil {
		batch, last := e.next()
		if last {
			return
		}
		if len(batch) == 0 {
			sleep(ctx, gather)
			continue
		}
		if err := send(e.sent, batch); err != nil {
			return // the assignment is lost
		}
		e.sent += int64(len(batch))
	}
}

// next takes the first of those that wait.
func (e *events) next() (batch []fleet.Event, last bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	size := 0
	for i, event := range e.waiting {
		if size += len(event.Message) + len(event.Address) + 200; i > 0 && (i == atOnce || size > bytesAtOnce) {
			break
		}
		batch = append(batch, event)
	}
	e.waiting = e.waiting[len(batch):]
	if len(batch) == 0 && e.ended {
		close(e.finished())
		return nil, true
	}
	return batch, false
}
