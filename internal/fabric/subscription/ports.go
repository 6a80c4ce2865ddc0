package subscription

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps subscriptions and deliveries; subscriptionsql implements it.
type Store interface {
	// Add keeps a subscription; a second of its name in the scope is a Conflict.
	Add(ctx context.Context, s Subscription) error
	// Save changes status, reason and credentials; it is Stale where somebody else
	// has done so since the subscription was read.
	Save(ctx context.Context, s Subscription) error
	Get(ctx context.Context, scope kernel.Scope, name string) (Subscription, error)
	List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Subscription], error)
	// Count holds the tenant's number until the end of the transaction.
	Count(ctx context.Context, tenant string) (int, error)
	// Delete removes it with its deliveries.
	Delete(ctx context.Context, scope kernel.Scope, id string) error
	Holders
	Deliveries
}

// Holders keeps which process delivers for a subscription.
type Holders interface {
	// Claim has a process hold the active subscriptions of every tenant that it
	// holds already, or nobody any more, until a time, and returns them.
	Claim(ctx context.Context, holder string, now, until time.Time) ([]Subscription, error)
	// Release gives back what a process holds.
	Release(ctx context.Context, holder string) error
}

// Deliveries keeps what became of events.
type Deliveries interface {
	// Advance keeps deliveries and moves the cursor. It is Stale where the cursor
	// is not at from: another process delivers, or the subscription is gone.
	Advance(ctx context.Context, id string, from, to uint64, done []Delivery) error
	// Retrying returns the delivery that is tried again, or NotFound.
	Retrying(ctx context.Context, id string) (Delivery, error)
	// Queued returns the redeliveries that were asked for, in the events' order.
	Queued(ctx context.Context, id string, limit int) ([]Delivery, error)
	Delivery(ctx context.Context, id, event string) (Delivery, error)
	PutDelivery(ctx context.Context, id string, d Delivery) error
	// ListDeliveries returns the newest first; an empty status is all of them.
	ListDeliveries(ctx context.Context, id string, status DeliveryStatus, page kernel.PageRequest) (kernel.Page[Delivery], error)
	// QueueDead queues every dead delivery and returns how many.
	QueueDead(ctx context.Context, id string) (int, error)
	// Forget removes deliveries that ended before a time; the dead have their own.
	Forget(ctx context.Context, delivered, dead time.Time) (int, error)
}

// Events is the log of events.
type Events interface {
	Bounds(ctx context.Context) (event.Bounds, error)
	After(ctx context.Context, tenant, fact string, sequence uint64) (event.Event, bool, error)
	Read(ctx context.Context, q event.Query, limit int) ([]event.Event, error)
	At(ctx context.Context, sequence uint64) (event.Event, bool, error)
	Follow(after uint64) *event.Follower
	Make(ctx context.Context, f kernel.Fact) (event.Event, error)
}

// Sinks opens sinks; package sink implements it.
type Sinks interface {
	// Check refuses a sink that this installation does not allow.
	Check(ctx context.Context, s Subscription) error
	Open(ctx context.Context, s Subscription, c Credentials) (Sender, error)
}

// Sender sends events to one sink.
type Sender interface {
	// Send returns when the sink has the event, and what it said. An error that
	// is a *Rejection is about this event; any other about the sink.
	Send(ctx context.Context, e event.Event, body []byte) (answer string, err error)
	Close()
}

// Sealer encrypts credentials, bound to what they belong to.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope that is, to narrow pages of events by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
