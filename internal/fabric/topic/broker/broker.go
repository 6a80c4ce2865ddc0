package broker

import (
	"context"
	"time"
)

// Broker is a server of topics.
type Broker interface {
	Topics
	Groups
	Access
	// Close ends the connections, and gives back what was fetched and not
	// acknowledged, so that the next process need not wait for it.
	Close()
}

// Topics keeps topics and their messages.
type Topics interface {
	// Ensure makes the topic be as t says: it creates or changes it, or does nothing.
	// It is Refused where the server cannot be brought to what t says: fewer
	// partitions than there are, more replicas than servers.
	Ensure(ctx context.Context, t Topic) error
	// Remove deletes a topic with its messages and groups, and cuts off its
	// principals; what is not there is no error.
	Remove(ctx context.Context, topic string) error
	// Stats tells what a topic holds.
	Stats(ctx context.Context, topic string) (Stats, error)
	// Publish returns when the server keeps the messages, with the place of each.
	Publish(ctx context.Context, topic string, messages []Message) ([]Position, error)
	// Read returns at most limit messages of one partition from an offset on, without
	// a group and without waiting; none when there is nothing yet. An offset that
	// retention has passed is the oldest one.
	Read(ctx context.Context, topic string, from Position, limit int) ([]Delivery, error)
}

// Groups are durable consumers: each has its own cursor in a topic.
type Groups interface {
	// EnsureGroup makes the group be as g says. Where it begins is decided when it is
	// created; it never moves one that is there.
	EnsureGroup(ctx context.Context, topic string, g Group) error
	// RemoveGroup forgets a group; what is not there is no error.
	RemoveGroup(ctx context.Context, topic, group string) error
	// Fetch returns between 1 and limit messages as soon as it has any, and none when
	// there were none within wait. Several may have one key; they are in order, and
	// are to be worked on in order.
	Fetch(ctx context.Context, topic, group string, limit int, wait time.Duration) ([]Delivery, error)
	// Ack says that deliveries are done with, by their tokens. A token that another
	// delivery of the message has replaced is passed over.
	Ack(ctx context.Context, topic, group string, tokens ...string) error
	// Nak gives deliveries back, to come again after delay; with them come again the
	// later ones of their keys that are out, whose tokens end.
	Nak(ctx context.Context, topic, group string, delay time.Duration, tokens ...string) error
	// Unseen gives deliveries back that nobody has seen: they come again at once, and these were
	// no attempts. A token that another delivery has replaced, or that another process has, is
	// passed over.
	Unseen(ctx context.Context, topic, group string, tokens ...string) error
	// Seek moves the group's cursor: what lies after it comes (again), what lies before
	// it does not. It is a Conflict while other processes fetch for the group and the
	// server cannot move it under them.
	Seek(ctx context.Context, topic, group string, to Start) error
	// Lag tells how far behind a group is.
	Lag(ctx context.Context, topic, group string) (Lag, error)
}

// Access lets programs use a topic with the server's own protocol. On a server whose
// users Terrace does not govern both are Refused.
type Access interface {
	// Grant lets the principal in, or changes what it may do. Another password
	// replaces the one before and cuts off who came with it.
	Grant(ctx context.Context, topic string, p Principal) error
	// Revoke cuts the principal off at once; who is not there is no error.
	Revoke(ctx context.Context, topic, principal string) error
}
