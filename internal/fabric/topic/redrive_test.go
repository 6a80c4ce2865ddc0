package topic_test

import (
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
)

// kafka has a world carry topics on kfake, a fake of a Kafka cluster, where they have
// partitions.
func kafka(t *testing.T) *world {
	t.Helper()
	w := sqlite(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	carrier, err := kafkabroker.New(kafkabroker.Cluster{Brokers: cluster.ListenAddrs()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Close)
	config := w.Config
	config.Broker = carrier
	w.Service = topic.New(config)
	return w
}

// TestDeadLettersOfAllPartitions are listed, page by page, and delivered again.
func TestDeadLettersOfAllPartitions(t *testing.T) {
	t.Parallel()
	w := kafka(t)
	w.topic(t, "orders", topic.Settings{Partitions: 3})
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{MaxDeliveries: 1})
	w.topic(t, "orders-dead", topic.Settings{Partitions: 3, Validation: topic.Off})
	var want []string
	for i := range 9 {
		id := "e" + strconv.Itoa(i)
		want = append(want, id)
		w.publish(t, "orders", placed(id, "o"+strconv.Itoa(i), `{}`))
	}
	all := w.pull(t, "orders", "billing", 9)
	w.acknowledge(t, "orders", "billing", topic.Acknowledgement{Failed: tokens(all)})
	if all, err := w.Pull(w.ctx, dev(), "orders", "billing", 9, 100*time.Millisecond); err != nil || len(all) > 0 {
		t.Fatalf("%v %v", ids(all), err)
	}
	var letters []string
	partitions := map[int]bool{}
	for next := (&broker.Position{}); next != nil; {
		page, after, err := w.ListDead(w.ctx, dev(), "orders", "billing", *next, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			partitions[r.Partition] = true
		}
		letters, next = append(letters, ids(page)...), after
	}
	slices.Sort(letters)
	if !slices.Equal(letters, want) || len(partitions) < 2 {
		t.Fatalf("%v lie in %v", letters, partitions)
	}
	if err := w.Replay(w.ctx, dev(), "orders", "billing", topic.Replayed{Dead: true}); err != nil {
		t.Fatal(err)
	}
	got := ids(w.pull(t, "orders", "billing", 9))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%v come again", got)
	}
}
