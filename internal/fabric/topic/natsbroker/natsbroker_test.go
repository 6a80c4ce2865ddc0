package natsbroker_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker/brokertest"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func start(t testing.TB) *natsserver.Server {
	t.Helper()
	s, err := natsserver.Start(context.Background(), natsserver.Config{Dir: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// cluster starts a NATS server as somebody else runs it, with one user.
func cluster(t testing.TB, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true, Username: "terrace", Password: "secret",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

func external(t testing.TB, url string) *natsbroker.Broker {
	t.Helper()
	b, err := natsbroker.External(natsbroker.Cluster{URL: url, Username: "terrace", Password: "secret"}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func kill(_ testing.TB, b broker.Broker) { natsbroker.Kill(b.(*natsbroker.Broker)) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	s := start(t)
	brokertest.Run(t, brokertest.Driver{
		Open: func(testing.TB) broker.Broker { return natsbroker.Embedded(s, quiet()) }, Kill: kill,
	})
}

func TestExternal(t *testing.T) {
	t.Parallel()
	s := cluster(t, t.TempDir(), -1)
	brokertest.Run(t, brokertest.Driver{
		Open: func(t testing.TB) broker.Broker { return external(t, s.ClientURL()) }, Kill: kill,
	})
}

func orders() broker.Topic {
	return broker.Topic{Name: "acme.shop.dev.orders", Partitions: 1, Retention: time.Hour, RetentionBytes: 1 << 20, MaxMessage: 1 << 16}
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

// The users of a cluster are its own, whether it answers or not.
func TestAClusterTakesNoGrants(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"there": cluster(t, t.TempDir(), -1).ClientURL(), "away since the start": "nats://127.0.0.1:1"} {
		b := external(t, url)
		defer b.Close()
		if name == "there" {
			must(t, b.Ensure(bounded(t), orders()))
		} else if err := b.Ensure(bounded(t), orders()); !kernel.Is(err, kernel.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if err := b.Grant(bounded(t), orders().Name, broker.Principal{Name: "p", Publish: true}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("%s: a grant: %v", name, err)
		}
	}
}

// The server goes away and comes back: calls say so, and nothing is lost.
func TestServerAway(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), bounded(t)
	s := cluster(t, dir, -1)
	port := s.Addr().(*net.TCPAddr).Port
	b := external(t, s.ClientURL())
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	must(t, b.EnsureGroup(ctx, orders().Name, broker.Group{Name: "g", AckWait: 2 * time.Second, MaxInFlight: 10}))
	publish := func(id string) error {
		_, err := b.Publish(ctx, orders().Name, []broker.Message{{ID: id, Type: "t", Key: "k"}})
		return err
	}
	must(t, publish("1"))
	must(t, publish("2"))
	first, err := b.Fetch(ctx, orders().Name, "g", 1, time.Minute)
	must(t, err)
	s.Shutdown()
	s.WaitForShutdown()
	wait(t, "the broker notices", func() bool { return kernel.Is(publish("lost"), kernel.Unavailable) })
	if err := b.Ack(ctx, orders().Name, "g", first[0].Token); !kernel.Is(err, kernel.Unavailable) {
		t.Fatalf("%v", err)
	}
	cluster(t, dir, port)
	wait(t, "the broker comes back", func() bool { return publish("3") == nil })
	var got []string
	for len(got) < 3 {
		all, err := b.Fetch(ctx, orders().Name, "g", 1, time.Second)
		if kernel.Is(err, kernel.Unavailable) {
			continue
		}
		must(t, err)
		for _, d := range all {
			must(t, b.Ack(ctx, orders().Name, "g", d.Token))
			got = append(got, d.ID)
		}
	}
	if strings.Join(got, " ") != "1 2 3" {
		t.Fatalf("got %v", got)
	}
}

// Message.Once keeps a second one out, alone and among others.
func TestOnce(t *testing.T) {
	t.Parallel()
	ctx, b := bounded(t), natsbroker.Embedded(start(t), quiet())
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	one, two := broker.Message{ID: "1", Once: "a"}, broker.Message{ID: "2", Once: "b"}
	for _, batch := range [][]broker.Message{{one}, {one}, {one, two}, {one, two}} {
		_, err := b.Publish(ctx, orders().Name, batch)
		must(t, err)
	}
	stats, err := b.Stats(ctx, orders().Name)
	must(t, err)
	if stats.Messages != 2 {
		t.Fatalf("%d messages", stats.Messages)
	}
}

// A single server cannot keep three copies.
func TestReplicas(t *testing.T) {
	t.Parallel()
	b := natsbroker.Embedded(start(t), quiet())
	defer b.Close()
	topic := orders()
	topic.Replicas = 3
	if err := b.Ensure(bounded(t), topic); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("%v", err)
	}
}

// program is a client with credentials of its own.
func program(t testing.TB, s *natsserver.Server, user, password string) (*nats.Conn, chan error) {
	t.Helper()
	refused := make(chan error, 16)
	conn, err := nats.Connect(s.URL(), nats.UserInfo(user, password), nats.NoReconnect(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	must(t, err)
	t.Cleanup(conn.Close)
	return conn, refused
}

func TestAccess(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), bounded(t)
	b := natsbroker.Embedded(s, quiet())
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	must(t, b.Grant(ctx, orders().Name, broker.Principal{Name: "writer", Password: "w-password", Publish: true}))
	must(t, b.Grant(ctx, orders().Name, broker.Principal{Name: "reader", PasswordHash: broker.HashPassword("r-password"), Consume: true}))

	writer, _ := program(t, s, "writer", "w-password")
	js, err := jetstream.New(writer)
	must(t, err)
	_, err = js.PublishMsg(ctx, &nats.Msg{Subject: "orders", Header: nats.Header{"ce-specversion": {"1.0"}, "ce-type": {"made"}, "ce-id": {"1"}}, Data: []byte("x")})
	must(t, err)
	got, err := b.Read(ctx, orders().Name, broker.Position{}, 10)
	must(t, err)
	if len(got) != 1 || got[0].Type != "made" || got[0].ID != "1" {
		t.Fatalf("%+v", got)
	}
	reads(t, s, "reader", "r-password")

	must(t, b.Revoke(ctx, orders().Name, "writer"))
	must(t, b.Revoke(ctx, orders().Name, "writer"))
	wait(t, "the writer is cut off", func() bool { return writer.IsClosed() })
	if _, err := nats.Connect(s.URL(), nats.UserInfo("writer", "w-password")); err == nil {
		t.Fatal("a revoked writer comes in")
	}
}

// reads sees that a reader reads the stream, and that it publishes nothing.
func reads(t *testing.T, s *natsserver.Server, user, password string) {
	t.Helper()
	conn, refused := program(t, s, user, password)
	js, err := jetstream.New(conn)
	must(t, err)
	c, err := js.CreateConsumer(bounded(t), "orders", jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy})
	must(t, err)
	m, err := c.Next()
	must(t, err)
	must(t, m.DoubleAck(bounded(t)))
	must(t, conn.Publish("orders", []byte("y")))
	select {
	case err := <-refused:
		if !strings.Contains(err.Error(), "ermissions") {
			t.Fatal(err)
		}
	case <-bounded(t).Done():
		t.Fatal("a reader published")
	}
}

func wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx := bounded(t)
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatal(what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Whose users are not Terrace's are not made by it.
func TestExternalAccess(t *testing.T) {
	t.Parallel()
	ctx, b := bounded(t), external(t, cluster(t, t.TempDir(), -1).ClientURL())
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	if err := b.Grant(ctx, orders().Name, broker.Principal{Name: "w", Password: "p"}); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("%v", err)
	}
	if err := b.Revoke(ctx, orders().Name, "w"); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("%v", err)
	}
}
