package broker

import "time"

// Message is one message. With a Type it is a CloudEvent (CloudEvents 1.0 §3);
// without one it is what some other program put there, as it is.
type Message struct {
	// ID is unique for the source; it does not keep a message from being stored twice.
	ID string
	// Type is the event's type.
	Type string
	// Key orders: messages of one key keep their order, and lie in one partition. It
	// is the attribute partitionkey (CloudEvents extension Partitioning). "" orders
	// nothing.
	Key string
	// Headers are the event's other attributes, by name: source, subject, dataschema
	// and extensions, whose names are lower-case letters and digits. content-type is
	// datacontenttype. Any other name is a header of the protocol, and is carried as
	// it is.
	Headers map[string]string
	// Time is when it happened; zero is unknown.
	Time time.Time
	Data []byte
	// Once, where it is set, has the server keep one of the messages that have it within
	// two minutes, on NATS. Kafka keeps all. It is not read back.
	Once string
}

// Position is a message's place: its partition, from 0, and its offset there, which
// grows and may have gaps. NATS has one partition.
type Position struct {
	Partition int
	Offset    uint64
}

// Topic is what a topic is to be.
type Topic struct {
	// Name is unique over all tenants: tenant.project.stage.name.
	Name string
	// Subject is where programs publish and subscribe on NATS, with all that lies
	// under it; "" is the last part of the name.
	Subject string
	// Partitions is at least 1. NATS keeps the order of the whole topic, which is more
	// than asked for.
	Partitions int
	// Replicas is on how many servers a message is kept.
	Replicas int
	// Retention is how long messages are kept.
	Retention time.Duration
	// RetentionBytes bounds the topic: over it the oldest messages go. On Kafka it is
	// shared out over the partitions.
	RetentionBytes int64
	// MaxMessage bounds a message with its headers, in bytes.
	MaxMessage int
}

// Group is a durable consumer.
type Group struct {
	// Name is unique in the topic: lower-case letters, digits and hyphens.
	Name string
	// Types are the event types it wants; none wants all.
	Types []string
	// AckWait is how long a delivery may be out before the message comes again.
	AckWait time.Duration
	// MaxInFlight bounds the messages that are out or wait to come again. While one
	// key has so many waiting, the others wait too.
	MaxInFlight int
	// From is where a new group begins.
	From Start
}

// Start is a place to begin at: At where it is set, else Time where it is set, else
// the oldest message that is kept, or what comes from now on when New is set.
type Start struct {
	At   *Position
	Time time.Time
	New  bool
}

// Delivery is a message that was handed out.
type Delivery struct {
	Message
	Position Position
	// Stored is when the server took the message.
	Stored time.Time
	// Attempt counts from 1 how often it was handed out, without the times that an earlier one of
	// its key was given back, since this process began.
	Attempt int
	// Token is what Ack and Nak want. Read gives none.
	Token string
}

// Principal is a program that uses a topic with a name and a password of its own.
type Principal struct {
	// Name is what the program signs in with; it is unique over all topics.
	Name string
	// Password is set when the principal is new or changes it.
	Password string
	// PasswordHash, as HashPassword makes it, is enough for a server in this process.
	PasswordHash string
	Publish      bool
	Consume      bool
	// Groups begins the names of the groups that it may have, and of nobody else's. "" is for
	// the one whose topic it is: it may have groups of any name that no other has.
	Groups string
}

// Lag is how far behind a group is.
type Lag struct {
	// Pending are the messages that wait for it, without those that are out. Where the
	// group has a filter, what it will pass over is among them.
	Pending uint64
	// InFlight are out, or wait to come again.
	InFlight uint64
	// Oldest is when the server took the oldest message that is not acknowledged; zero
	// when there is none.
	Oldest time.Time
}

// Stats is what a topic holds.
type Stats struct {
	Messages uint64
	// Bytes is 0 where the server does not say.
	Bytes uint64
	// Partitions has each one's ends, by number.
	Partitions []Ends
}

// Ends are the offset of a partition's oldest message, and the one that the next
// message gets.
type Ends struct {
	First, Next uint64
}
