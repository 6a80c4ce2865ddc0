package kafkabroker_test

import (
	"log/slog"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker/brokertest"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// fake starts kfake, a fake of a Kafka cluster: the protocol is real, the servers are
// not. No server that really keeps what it is sent, and that a test could start, is to
// be had as a package here.
func fake(t testing.TB, options ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func open(t testing.TB, c kafkabroker.Cluster) *kafkabroker.Broker {
	t.Helper()
	b, err := kafkabroker.New(c, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFake runs the suite against a fake cluster (kfake).
func TestFake(t *testing.T) {
	t.Parallel()
	c := fake(t)
	brokertest.Run(t, brokertest.Driver{
		Partitions: true,
		Open:       func(t testing.TB) broker.Broker { return open(t, kafkabroker.Cluster{Brokers: c.ListenAddrs()}) },
		// A member that says nothing is waited for by the cluster: here it leaves.
		Kill: func(_ testing.TB, b broker.Broker) { b.Close() },
	})
}
