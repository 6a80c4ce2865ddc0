package kafkabroker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func orders() broker.Topic {
	return broker.Topic{Name: "acme.shop.dev.orders", Partitions: 2, Replicas: 1, Retention: time.Hour, MaxMessage: 1 << 16}
}

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// program is a client with credentials of its own.
func program(t testing.TB, c *kfake.Cluster, user, password string, more ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(c.ListenAddrs()...), kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()),
		kgo.RequestRetries(1), kgo.RecordRetries(1), kgo.UnknownTopicRetries(1), kgo.DefaultProduceTopic(orders().Name),
	}, more...)...)
	must(t, err)
	t.Cleanup(client.Close)
	return client
}

// Users and their ACLs, on a fake cluster (kfake) that has both.
func TestAccess(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	c := fake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("SCRAM-SHA-512", "terrace", "secret"))
	b := open(t, kafkabroker.Cluster{Brokers: c.ListenAddrs(), Mechanism: kafkabroker.ScramSHA512, Username: "terrace", Password: "secret"})
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	must(t, b.Grant(ctx, orders().Name, broker.Principal{Name: "writer", Password: "w-password", Publish: true}))
	must(t, b.Grant(ctx, orders().Name, broker.Principal{Name: "reader", Password: "r-password", Consume: true}))

	writer := program(t, c, "writer", "w-password")
	must(t, writer.ProduceSync(ctx, &kgo.Record{Key: []byte("k"), Value: []byte("x"), Headers: []kgo.RecordHeader{{Key: "ce_type", Value: []byte("made")}}}).FirstErr())
	reader := program(t, c, "reader", "r-password", kgo.ConsumerGroup("reader-1"), kgo.ConsumeTopics(orders().Name))
	got := reader.PollFetches(ctx)
	must(t, got.Err())
	if d := got.Records(); len(d) != 1 || string(d[0].Key) != "k" {
		t.Fatalf("%v", d)
	}
	if err := program(t, c, "reader", "r-password").ProduceSync(ctx, kgo.StringRecord("y")).FirstErr(); !errors.Is(err, kerr.TopicAuthorizationFailed) && !errors.Is(err, kerr.ClusterAuthorizationFailed) {
		t.Fatalf("a reader publishes: %v", err)
	}

	must(t, b.Revoke(ctx, orders().Name, "writer"))
	must(t, b.Revoke(ctx, orders().Name, "writer"))
	if err := writer.ProduceSync(ctx, kgo.StringRecord("late")).FirstErr(); err == nil {
		t.Fatal("a revoked writer publishes on its open connection")
	}
	if err := program(t, c, "writer", "w-password").Ping(ctx); err == nil {
		t.Fatal("a revoked writer comes in")
	}
	must(t, b.Remove(ctx, orders().Name))
}

// A cluster on which Terrace may not make users says so, with a way out.
func TestNoAccess(t *testing.T) {
	t.Parallel()
	ctx, c := bounded(t), fake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "terrace", "secret", kfake.ACL{
		Resource: 2, Name: "*", Pattern: 3, Operation: 2, Allow: true,
	}))
	b := open(t, kafkabroker.Cluster{Brokers: c.ListenAddrs(), Mechanism: kafkabroker.Plain, Username: "terrace", Password: "secret"})
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	for name, err := range map[string]error{
		"grant":  b.Grant(ctx, orders().Name, broker.Principal{Name: "w", Password: "w-password", Publish: true}),
		"revoke": b.Revoke(ctx, orders().Name, "w"),
	} {
		if !kernel.Is(err, kernel.Refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
