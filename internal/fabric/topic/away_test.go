package topic_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// silent are brokers that do not tell how far behind groups of some topics are, as one that is
// away.
type silent struct {
	broker.Broker

	of    string
	waits bool
	asked *atomic.Int64
}

func (s silent) Lag(ctx context.Context, account, group string) (broker.Lag, error) {
	if !strings.HasSuffix(account, s.of) {
		return s.Broker.Lag(ctx, account, group)
	}
	s.asked.Add(1)
	if s.waits {
		<-ctx.Done()
	}
	return broker.Lag{}, kernel.Errorf(kernel.Unavailable, "the broker is away")
}

// Bridges run while a broker does not tell how far behind they are.
func TestBridgesWaitForNoLag(t *testing.T) {
	t.Parallel()
	one := newDaemon(t, dbtest.SQLite(t, topicsql.Migrations()), "one", fakeKafka(t))
	one.Broker = silent{one.Broker, "orders", true, new(atomic.Int64)}
	for _, name := range []string{"orders", "copies", "others"} {
		_, err := one.Apply(one.ctx, dev(), name, topic.Settings{})
		must(t, err)
	}
	_, err := one.ApplyBridge(one.ctx, dev(), "orders", "copy", topic.BridgeSettings{To: "copies", From: topic.FromOldest})
	must(t, err)
	one.put(t, "orders", 0, 1)
	stop := one.run(t)
	one.consumed(t, "copies", "all", 1)
	_, err = one.ApplyBridge(one.ctx, dev(), "orders", "other", topic.BridgeSettings{To: "others", From: topic.FromOldest})
	must(t, err)
	one.consumed(t, "others", "all", 1)
	stop()
}

// A broker that is away is asked once in a round, and the subscriptions of others are measured.
func TestABrokerThatIsAwayIsAskedOnce(t *testing.T) {
	t.Parallel()
	one := newDaemon(t, dbtest.SQLite(t, topicsql.Migrations()), "one", fakeKafka(t))
	registry := prometheus.NewRegistry()
	var err error
	one.Metrics, err = topic.NewMetrics(registry)
	must(t, err)
	for name, at := range map[string]string{"shared": "events", "orders": "embedded"} {
		_, err := one.Apply(one.ctx, dev(), name, topic.Settings{Broker: at})
		must(t, err)
		for _, sub := range []string{"a", "b", "c"} {
			_, err := one.Subscribe(one.ctx, dev(), name, sub, topic.SubscriptionSettings{}, topic.FromOldest)
			must(t, err)
		}
	}
	asked := new(atomic.Int64)
	one.Broker = silent{one.Broker, "shared", false, asked}
	must(t, one.Measure(one.ctx))
	all, err := registry.Gather()
	must(t, err)
	measured := 0
	for _, family := range all {
		if family.GetName() == "terrace_topic_subscription_pending_events" {
			measured = len(family.GetMetric())
		}
	}
	if asked.Load() != 1 || measured != 3 {
		t.Errorf("it was asked %d times, and %d subscriptions are measured", asked.Load(), measured)
	}
}

// Why a broker does not answer is not for members of tenants.
func TestWhyABrokerIsAwayIsNotTold(t *testing.T) {
	t.Parallel()
	cluster := fakeKafka(t)
	one := newDaemon(t, dbtest.SQLite(t, topicsql.Migrations()), "one", cluster)
	cluster.Close()
	all, err := one.BrokersOf(one.ctx, "acme")
	must(t, err)
	for _, b := range all {
		if b.Name == "events" && (b.OK || b.Message != "the log of the daemon says why") {
			t.Errorf("%+v", b)
		}
	}
}
