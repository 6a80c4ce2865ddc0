package kafkabroker

import (
	"context"
	"errors"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// defaultLimit is Kafka's own bound of a batch, in bytes.
const defaultLimit = 1_000_012

// bound is a topic's bound of a message, in bytes, without the overhead; stale is
// whether it may have changed.
type bound struct {
	bytes int
	stale bool
}

// Publish produces messages, and returns when every in-sync replica has them. Where
// the client gives one up it gives up the later ones of its partition too.
func (b *Broker) Publish(ctx context.Context, topic string, messages []broker.Message) ([]broker.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	limit, err := b.limitOf(ctx, topic)
	if err != nil {
		return nil, failure("publish to topic "+topic, err)
	}
	records := make([]*kgo.Record, len(messages))
	for i, m := range messages {
		if records[i], err = record(topic, m, limit); err != nil {
			b.forget(topic) // another process may have changed the bound
			return nil, err
		}
	}
	err = b.producing().ProduceSync(ctx, records...).FirstErr()
	if isOf(err, kerr.UnknownTopicID) { // it was deleted and made anew: the client remembers the old one
		if err = b.renew(); err == nil {
			err = b.producing().ProduceSync(ctx, records...).FirstErr()
		}
	}
	if err != nil {
		if kindOf(err) == kernel.NotFound || kindOf(err) == kernel.TooLarge {
			b.forget(topic)
		}
		return nil, failure("publish to topic "+topic, err)
	}
	places := make([]broker.Position, len(records))
	for i, r := range records {
		places[i] = broker.Position{Partition: int(r.Partition), Offset: uint64(r.Offset)}
	}
	return places, nil
}

func record(topic string, m broker.Message, limit int) (*kgo.Record, error) {
	headers, err := broker.Kafka().Encode(m)
	if err != nil {
		return nil, err
	}
	r := &kgo.Record{Topic: topic, Value: m.Data}
	if m.Key != "" {
		r.Key = []byte(m.Key)
	}
	size := len(r.Key) + len(r.Value)
	for _, h := range headers {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Name, Value: []byte(h.Value)})
		size += len(h.Name) + len(h.Value)
	}
	if size > limit {
		return nil, kernel.Errorf(kernel.TooLarge, "a message of %d bytes is over the topic's bound of %d", size, limit)
	}
	return r, nil
}

// limitOf is the topic's bound of a message, which the cluster is asked for once.
func (b *Broker) limitOf(ctx context.Context, topic string) (int, error) {
	b.mu.Lock()
	known, ok := b.limits[topic]
	b.mu.Unlock()
	if ok && !known.stale {
		return known.bytes, nil
	}
	if _, err := b.describe(ctx, topic); err != nil {
		return 0, err
	}
	limit := defaultLimit - overhead
	configs, err := b.admin.DescribeTopicConfigs(ctx, topic)
	switch {
	case err == nil && len(configs) == 1 && configs[0].Err == nil:
		for _, c := range configs[0].Configs {
			if n, err := strconv.Atoi(c.MaybeValue()); c.Key == maxMessageConfig && err == nil {
				limit = max(n-overhead, 1)
			}
		}
	case err != nil && !errors.As(err, new(*kerr.Error)):
		return 0, err // away; a cluster that tells nothing has its default
	}
	return limit, b.limit(topic, limit)
}

// limit keeps a topic's bound.
func (b *Broker) limit(topic string, n int) error {
	if n <= 0 {
		n = defaultLimit - overhead
	}
	b.mu.Lock()
	before, known := b.limits[topic]
	b.limits[topic] = bound{bytes: n}
	b.mu.Unlock()
	if known && before.bytes != n {
		return b.renew()
	}
	return nil
}

// forget has the bound be asked for again.
func (b *Broker) forget(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.limits[topic]; ok {
		b.limits[topic] = bound{known.bytes, true}
	}
}

// batchLimit bounds the client's batches of a topic, which the cluster holds against
// the bound of a message.
func (b *Broker) batchLimit(topic string) int32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, ok := b.limits[topic]; ok {
		return int32(n.bytes + overhead)
	}
	return defaultLimit
}
