package topic_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// run runs the daemon's bridges, until the function that it returns is called.
func (one *daemon) run(t *testing.T) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(one.ctx)
	over := make(chan error, 1)
	go func() { over <- one.RunBridges(ctx) }()
	return func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
}

// consumed pulls events of a topic from its oldest on until there are n, and returns their ids.
func (one *daemon) consumed(t *testing.T, name, sub string, n int) map[string]int {
	t.Helper()
	_, err := one.Subscribe(one.ctx, dev(), name, sub, topic.SubscriptionSettings{}, topic.FromOldest)
	must(t, err)
	all := map[string]int{}
	for len(all) < n {
		some, err := one.Pull(one.ctx, dev(), name, sub, 100, 5*time.Second)
		must(t, err)
		for _, r := range some {
			all[r.Event.ID]++
		}
		if len(some) > 0 {
			must(t, one.Acknowledge(one.ctx, dev(), name, sub, topic.Acknowledgement{Done: tokens(some)}))
		}
		must(t, one.ctx.Err())
	}
	return all
}

func (one *daemon) put(t *testing.T, name string, first, n int) {
	t.Helper()
	for i := range n {
		_, err := one.Publish(one.ctx, dev(), name, []cloudevent.Event{placed("e"+strconv.Itoa(first+i), "o", "{}")})
		must(t, err)
	}
}

// Bridges take events from the embedded NATS server to a fake of a Kafka cluster (kfake) and
// back, once each, also over a restart of what runs them; and end with a topic.
func TestBridgesTakeEventsThereAndBack(t *testing.T) {
	t.Parallel()
	one := newDaemon(t, dbtest.SQLite(t, topicsql.Migrations()), "one", fakeKafka(t))
	for name, broker := range map[string]string{"orders": "embedded", "copies": "events"} {
		_, err := one.Apply(one.ctx, dev(), name, topic.Settings{Broker: broker})
		must(t, err)
	}
	for _, b := range []struct{ name, to string }{{"orders", "orders"}, {"orders", "nowhere"}} {
		if _, err := one.ApplyBridge(one.ctx, dev(), b.name, "copy", topic.BridgeSettings{To: b.to}); !kernel.Is(err, kernel.Invalid) && !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a bridge to %s: %v", b.to, err)
		}
	}
	_, err := one.ApplyBridge(one.ctx, dev(), "orders", "copy", topic.BridgeSettings{To: "copies", From: topic.FromOldest})
	must(t, err)
	_, err = one.ApplyBridge(one.ctx, dev(), "copies", "back", topic.BridgeSettings{To: "orders", From: topic.FromOldest})
	must(t, err)
	one.put(t, "orders", 0, 5)
	stop := one.run(t)
	one.consumed(t, "copies", "first", 5)
	stop()
	one.put(t, "orders", 5, 5)
	one.put(t, "copies", 10, 5)
	stop = one.run(t)
	for _, name := range []string{"orders", "copies"} {
		if all := one.consumed(t, name, "all", 15); len(all) != 15 {
			t.Errorf("%s has %v", name, all)
		}
	}
	stop()
	there, _, _, err := one.GetBridge(one.ctx, dev(), "orders", "copy")
	if err != nil || there.State.Passed < 10 || there.State.Problem != "" || there.State.SeenAt == nil {
		t.Errorf("%+v %v", there.State, err)
	}
	must(t, one.Delete(one.ctx, dev(), "copies"))
	if all, err := one.ListBridges(one.ctx, dev(), "orders"); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
}
