package kafkabroker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// overhead is what a batch of one message needs more than the message.
const overhead = 1 << 10

const maxMessageConfig = "max.message.bytes"

// settings are the topic's settings in Kafka's words. What a program says of the time
// is not taken: one seeks by when the cluster had a message.
func settings(t broker.Topic) map[string]string {
	s := map[string]string{"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
	if t.Retention > 0 {
		s["retention.ms"] = strconv.FormatInt(t.Retention.Milliseconds(), 10)
	}
	if t.RetentionBytes > 0 {
		s["retention.bytes"] = strconv.FormatInt(t.RetentionBytes/int64(max(t.Partitions, 1)), 10)
	}
	if t.MaxMessage > 0 {
		s[maxMessageConfig] = strconv.Itoa(t.MaxMessage + overhead)
	}
	if t.Replicas >= 3 { // what was acknowledged outlives a server
		s["min.insync.replicas"] = "2"
	}
	return s
}

// Ensure makes or changes a topic.
func (b *Broker) Ensure(ctx context.Context, t broker.Topic) error {
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	configs, replicas := map[string]*string{}, int16(t.Replicas)
	for name, value := range settings(t) {
		configs[name] = &value
	}
	if replicas == 0 {
		replicas = -1 // the cluster's default
	}
	made, err := b.admin.CreateTopic(ctx, int32(max(t.Partitions, 1)), replicas, configs, t.Name)
	if err == nil {
		err = made.Err
	}
	if isOf(err, kerr.TopicAlreadyExists) {
		err = b.change(ctx, t)
	}
	if err != nil {
		return failure("topic "+t.Name, err)
	}
	if err := b.limit(t.Name, t.MaxMessage); err != nil {
		return err
	}
	return failure("topic "+t.Name, b.appear(ctx, t))
}

// appear waits until the cluster's servers know of a topic, with all its partitions.
func (b *Broker) appear(ctx context.Context, t broker.Topic) error {
	for {
		ends, err := b.ends(ctx, t.Name)
		if err == nil && len(ends) >= t.Partitions {
			return nil
		}
		if err != nil && kindOf(err) != kernel.NotFound && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		b.client.PurgeTopicsFromClient(t.Name) // what it remembers is of before
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// change brings a topic that is there to what t says.
func (b *Broker) change(ctx context.Context, t broker.Topic) error {
	meta, err := b.describe(ctx, t.Name)
	if err != nil {
		return err
	}
	if n := len(meta.Partitions); n > t.Partitions {
		return kernel.Errorf(kernel.Refused, "topic %s has %d partitions, and Kafka takes none away", t.Name, n).
			WithFix("ask for %d or more, or make another topic", n)
	} else if n < t.Partitions {
		grown, err := b.admin.UpdatePartitions(ctx, t.Partitions, t.Name)
		if err == nil {
			err = grown.Error()
		}
		if err != nil {
			return err
		}
	}
	if n := meta.Partitions.NumReplicas(); t.Replicas > 0 && n != t.Replicas {
		return kernel.Errorf(kernel.Refused, "topic %s has %d replicas, not %d", t.Name, n, t.Replicas).
			WithFix("reassign its partitions with the cluster's own tools, or ask for %d", n)
	}
	return b.configure(ctx, t)
}

// configure changes the settings that differ.
func (b *Broker) configure(ctx context.Context, t broker.Topic) error {
	described, err := b.admin.DescribeTopicConfigs(ctx, t.Name)
	if err != nil {
		return err
	}
	want, changes := settings(t), []kadm.AlterConfig(nil)
	for _, c := range described[0].Configs {
		if value, ok := want[c.Key]; ok && c.MaybeValue() != value {
			changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: c.Key, Value: &value})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	altered, err := b.admin.AlterTopicConfigs(ctx, changes, t.Name)
	if err == nil {
		err = altered[0].Err
	}
	return err
}

func (b *Broker) describe(ctx context.Context, topic string) (kadm.TopicDetail, error) {
	all, err := b.admin.ListTopics(ctx, topic)
	if err != nil {
		return kadm.TopicDetail{}, err
	}
	d, ok := all[topic]
	if !ok {
		return d, kernel.Errorf(kernel.NotFound, "there is no topic %s", topic)
	}
	return d, d.Err
}

// Remove deletes a topic, its groups, and what programs may do with it.
func (b *Broker) Remove(ctx context.Context, topic string) error {
	for _, s := range b.take(topic, "") {
		s.end()
	}
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	b.forget(topic)
	if err := b.removeGroups(ctx, topic); err != nil {
		return failure("topic "+topic, err)
	}
	if err := b.removeGrants(ctx, topic); err != nil {
		return failure("topic "+topic, err)
	}
	gone, err := b.admin.DeleteTopic(ctx, topic)
	if err == nil {
		err = gone.Err
	}
	b.client.PurgeTopicsFromClient(topic)
	if isOf(err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID) {
		return nil
	}
	return failure("topic "+topic, err)
}

func (b *Broker) removeGroups(ctx context.Context, topic string) error {
	groups, err := b.admin.ListGroups(ctx)
	if err != nil {
		return err
	}
	var own []string
	for _, name := range groups.Groups() {
		if strings.HasPrefix(name, topic+".") {
			own = append(own, name)
		}
	}
	if len(own) == 0 {
		return nil
	}
	removed, err := b.admin.DeleteGroups(ctx, own...)
	if err != nil {
		return err
	}
	if err := removed.Error(); !isOf(err, kerr.GroupIDNotFound) {
		return err
	}
	return nil
}

// Stats tells where the partitions begin and end.
func (b *Broker) Stats(ctx context.Context, topic string) (broker.Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	ends, err := b.ends(ctx, topic)
	if err != nil {
		return broker.Stats{}, failure("topic "+topic, err)
	}
	stats := broker.Stats{Partitions: make([]broker.Ends, len(ends))}
	for p, e := range ends {
		if int(p) >= len(ends) {
			return broker.Stats{}, fmt.Errorf("topic %s: partition %d of %d", topic, p, len(ends))
		}
		stats.Partitions[p] = e
		stats.Messages += e.Next - e.First
	}
	return stats, nil
}

// ends are the ends of each partition.
func (b *Broker) ends(ctx context.Context, topic string) (map[int32]broker.Ends, error) {
	first, err := b.admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = first.Error()
	}
	if err != nil {
		return nil, err
	}
	next, err := b.admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = next.Error()
	}
	if err != nil {
		return nil, err
	}
	all := map[int32]broker.Ends{}
	next.Each(func(o kadm.ListedOffset) {
		start, _ := first.Lookup(topic, o.Partition)
		all[o.Partition] = broker.Ends{First: uint64(start.Offset), Next: uint64(max(o.Offset, start.Offset))}
	})
	if len(all) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "there is no topic %s", topic)
	}
	return all, nil
}
