package natsbroker

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// dedupWindow is how long a stream knows messages by Message.Once.
const dedupWindow = 2 * time.Minute

// Ensure makes or changes the topic's stream.
func (b *Broker) Ensure(ctx context.Context, t broker.Topic) error {
	if err := b.site.open(t.Name); err != nil {
		return failure("topic "+t.Name, err)
	}
	p := b.known(t.Name)
	if p == nil {
		var err error
		if p, err = b.connect(t.Name); err != nil {
			return err
		}
		if p, err = b.keep(t.Name, p); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stream, subject := b.site.names(t.Name, t.Subject)
	made, err := p.changes.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: stream, Subjects: []string{subject, subject + ".>"}, MaxAge: t.Retention, MaxBytes: orUnlimited(t.RetentionBytes),
		MaxMsgSize: int32(orUnlimited(int64(t.MaxMessage))), Replicas: max(t.Replicas, 1), Duplicates: window(t.Retention),
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardOld, AllowDirect: true, AllowAtomicPublish: true,
	})
	if err != nil {
		return failure("topic "+t.Name, err)
	}
	p.learn(made.CachedInfo().Config)
	return nil
}

func orUnlimited(n int64) int64 {
	if n <= 0 {
		return -1
	}
	return n
}

func window(retention time.Duration) time.Duration {
	if retention <= 0 {
		return dedupWindow
	}
	return min(dedupWindow, retention)
}

// Remove deletes the topic's stream and its place.
func (b *Broker) Remove(ctx context.Context, topic string) error {
	b.endSessions(topic, "")
	p, err := b.at(ctx, topic)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		err = failure("topic "+topic, p.changes.DeleteStream(ctx, p.stream))
	}
	b.leave(topic)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return failure("topic "+topic, b.site.shut(topic))
}

// Stats tells what the stream holds.
func (b *Broker) Stats(ctx context.Context, topic string) (broker.Stats, error) {
	p, err := b.at(ctx, topic)
	if err != nil {
		return broker.Stats{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stream, err := p.js.Stream(ctx, p.stream)
	if err != nil {
		return broker.Stats{}, failure("topic "+topic, err)
	}
	state := stream.CachedInfo().State
	first := state.FirstSeq
	if state.Msgs == 0 {
		first = state.LastSeq + 1
	}
	return broker.Stats{Messages: state.Msgs, Bytes: state.Bytes, Partitions: []broker.Ends{{First: first, Next: state.LastSeq + 1}}}, nil
}

// Read reads with a consumer that is gone afterwards.
func (b *Broker) Read(ctx context.Context, topic string, from broker.Position, limit int) ([]broker.Delivery, error) {
	p, err := b.at(ctx, topic)
	if err != nil || from.Partition != 0 {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := p.js.CreateConsumer(ctx, p.stream, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from.Offset, 1), AckPolicy: jetstream.AckNonePolicy,
		InactiveThreshold: time.Minute, MemoryStorage: true, Replicas: 1,
	})
	if err != nil {
		return nil, failure("topic "+topic, err)
	}
	defer func() { _ = p.js.DeleteConsumer(ctx, p.stream, c.CachedInfo().Name) }() // else it goes by itself
	batch, err := c.FetchNoWait(limit)
	if err != nil {
		return nil, failure("topic "+topic, err)
	}
	var all []broker.Delivery
	for m := range batch.Messages() {
		d, err := delivery(m)
		if err != nil {
			return nil, err
		}
		d.Token, d.Attempt = "", 0
		all = append(all, d)
	}
	return all, failure("topic "+topic, ignoreEmpty(batch.Error()))
}

// ignoreEmpty passes over that there was nothing more to fetch.
func ignoreEmpty(err error) error {
	if errors.Is(err, jetstream.ErrNoMessages) {
		return nil
	}
	return err
}
