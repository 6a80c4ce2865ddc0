package event

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Message is an event that waits to be published.
type Message struct {
	ID      string
	Tenant  string
	Subject string
	Body    []byte
}

// OutboxStore keeps messages until they are published; eventsql implements it.
type OutboxStore interface {
	Add(ctx context.Context, m Message) error
	// Waiting returns the oldest messages, in the order of their ids.
	Waiting(ctx context.Context, limit int) ([]Message, error)
	// Published removes messages that are in the stream.
	Published(ctx context.Context, ids []string) error
}

// Outbox takes facts in the transaction that made them true.
type Outbox struct {
	Store OutboxStore
	Clock kernel.Clock

	wake atomic.Pointer[chan struct{}]
}

// Record writes a fact as an event into the caller's transaction: the event
// exists exactly when the change does.
func (o *Outbox) Record(ctx context.Context, f kernel.Fact) error {
	subject, err := subjectOf(f)
	if err != nil {
		return err
	}
	e, err := newEvent(ctx, f, o.Clock.Now())
	if err != nil {
		return err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", f.Type, err)
	}
	if err := o.Store.Add(ctx, Message{ID: e.ID, Tenant: e.Tenant, Subject: subject, Body: body}); err != nil {
		return err
	}
	o.notify()
	return nil
}

// notify tells the relay that a commit is near.
func (o *Outbox) notify() {
	if wake := o.wake.Load(); wake != nil {
		select {
		case *wake <- struct{}{}:
		default:
		}
	}
}
