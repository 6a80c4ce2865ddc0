package kafkabroker

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// Read reads a partition with a client that is gone afterwards.
func (b *Broker) Read(ctx context.Context, topic string, from broker.Position, limit int) ([]broker.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	ends, err := b.ends(ctx, topic)
	if err != nil {
		return nil, failure("topic "+topic, err)
	}
	partition := int32(from.Partition)
	end := ends[partition]
	start := max(from.Offset, end.First)
	if start >= end.Next || limit <= 0 {
		return nil, nil
	}
	var all []broker.Delivery
	err = b.scan(ctx, topic, map[int32]uint64{partition: start}, func(r *kgo.Record) bool {
		if uint64(r.Offset) < end.Next && len(all) < limit {
			all = append(all, delivery(r))
		}
		return len(all) < limit && uint64(r.Offset)+1 < end.Next
	})
	return all, failure("topic "+topic, err)
}

// scan reads partitions from offsets on, until yield returns false. Where nothing comes
// any more, as after the marks of transactions, it ends too.
func (b *Broker) scan(ctx context.Context, topic string, from map[int32]uint64, yield func(r *kgo.Record) bool) error {
	offsets := map[int32]kgo.Offset{}
	for p, o := range from {
		offsets[p] = kgo.NewOffset().At(int64(o))
	}
	client, err := b.connect(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}), kgo.FetchMaxWait(200*time.Millisecond))
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		pause, cancel := context.WithTimeout(ctx, 2*time.Second)
		fetches := client.PollFetches(pause)
		cancel()
		if err := fetches.Err0(); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				return ctx.Err()
			}
			return err
		}
		for _, e := range fetches.Errors() {
			return e.Err
		}
		more := true
		fetches.EachRecord(func(r *kgo.Record) { more = more && yield(r) })
		if !more {
			return nil
		}
	}
}

// delivery reads a record.
func delivery(r *kgo.Record) broker.Delivery {
	headers := make([]broker.Header, len(r.Headers))
	for i, h := range r.Headers {
		headers[i] = broker.Header{Name: h.Key, Value: string(h.Value)}
	}
	m := broker.Kafka().Decode(headers, r.Value)
	if len(r.Key) > 0 {
		m.Key = string(r.Key)
	}
	return broker.Delivery{
		Message: m, Position: broker.Position{Partition: int(r.Partition), Offset: uint64(r.Offset)}, Stored: r.Timestamp.UTC(),
	}
}
