package event_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const password = "a-long-and-random-password"

func newBroker(t testing.TB, d *db.DB, s *natsserver.Server) *event.Broker {
	t.Helper()
	b := &event.Broker{Store: eventsql.NewTopics(d), Server: s, Journal: newLog(d), Tx: d, Log: quiet()}
	if err := b.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b
}

func create(t testing.TB, b *event.Broker, scope kernel.Scope, spec event.TopicSpec) event.Topic {
	t.Helper()
	topic, err := b.CreateTopic(context.Background(), scope, spec)
	if err != nil {
		t.Fatal(err)
	}
	return topic
}

// connect connects as a workload does, over the network.
func connect(s *natsserver.Server, user, password string, options ...nats.Option) (*nats.Conn, error) {
	return nats.Connect(s.URL(), append(options, nats.UserInfo(user, password), nats.NoReconnect())...)
}

func client(t testing.TB, s *natsserver.Server, topic event.Topic) (*nats.Conn, jetstream.JetStream, chan error) {
	t.Helper()
	refused := make(chan error, 16)
	conn, err := connect(s, topic.Username, password, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js, refused
}

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestTopicStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		store := eventsql.NewTopics(d)
		topic := event.Topic{
			Scope: dev, Name: "orders", Subject: "orders", Retention: time.Hour, PasswordHash: "salt$hash",
			Username: "acme.shop.dev.orders", CreatedAt: kernel.Clock(nil).Now(),
		}
		for range 2 {
			if err := store.Put(ctx, topic); err != nil {
				t.Fatal(err)
			}
			topic.Subject = "orders.created"
		}
		topic.Subject = "orders.created"
		if got, err := store.Get(ctx, dev, "orders"); err != nil || got != topic {
			t.Fatalf("got %+v, want %+v, %v", got, topic, err)
		}
		other := kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}
		if _, err := store.Get(ctx, other, "orders"); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("another tenant: %v", err)
		}
		if found, err := store.Delete(ctx, other, "orders"); err != nil || found {
			t.Fatalf("another tenant deletes: %v, %v", found, err)
		}
		for i := range 3 {
			more := topic
			more.Name = fmt.Sprintf("t%d", i)
			if err := store.Put(ctx, more); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := store.All(ctx); err != nil || len(all) != 4 {
			t.Fatalf("all %d, %v", len(all), err)
		}
		for _, want := range []bool{true, false} {
			if found, err := store.Delete(ctx, dev, "orders"); err != nil || found != want {
				t.Fatalf("delete: %v, %v", found, err)
			}
		}
	})
}

func TestPublishAndConsume(t *testing.T) {
	t.Parallel()
	d, s := dbtest.SQLite(t, eventsql.Migrations()), startServer(t, t.TempDir())
	topic := create(t, newBroker(t, d, s), dev, event.TopicSpec{Name: "orders", Subject: "orders.created", Password: password})
	conn, js, _ := client(t, s, topic)
	ctx := bounded(t)
	for _, subject := range []string{"orders.created", "orders.created.eu"} {
		if _, err := js.Publish(ctx, subject, []byte("hello")); err != nil {
			t.Fatalf("publish %s: %v", subject, err)
		}
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, "orders", jetstream.ConsumerConfig{Durable: "billing", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m, err := consumer.Next(jetstream.FetchContext(ctx))
		if err != nil || string(m.Data()) != "hello" {
			t.Fatalf("consume: %v", err)
		}
		if err := m.DoubleAck(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// Without JetStream, too.
	sub, err := conn.SubscribeSync("orders.created.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Publish("orders.created.us", []byte("plain")), conn.Flush()); err != nil {
		t.Fatal(err)
	}
	if m, err := sub.NextMsgWithContext(ctx); err != nil || string(m.Data) != "plain" {
		t.Fatalf("core: %v", err)
	}
}

func TestOneTopicCannotTouchAnother(t *testing.T) {
	t.Parallel()
	d, s := dbtest.SQLite(t, eventsql.Migrations()), startServer(t, t.TempDir())
	b := newBroker(t, d, s)
	mine := create(t, b, dev, event.TopicSpec{Name: "mine", Password: password})
	yours := create(t, b, dev, event.TopicSpec{Name: "yours", Password: password})
	conn, js, refused := client(t, s, mine)
	for _, subject := range []string{"yours", "terrace.acme.run.created", "$JS.API.STREAM.DELETE.mine", "$JS.API.STREAM.CREATE.more", "$SYS.REQ.SERVER.PING"} {
		if err := errors.Join(conn.Publish(subject, nil), conn.Flush()); err != nil {
			t.Fatal(err)
		}
		if err := <-refused; !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), subject) {
			t.Fatalf("publish to %s: %v", subject, err)
		}
	}
	for _, subject := range []string{"yours", "terrace.>", ">", "$SYS.>"} {
		if _, err := conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := <-refused; !errors.Is(err, nats.ErrPermissionViolation) {
			t.Fatalf("subscribe to %s: %v", subject, err)
		}
	}
	names := js.StreamNames(bounded(t))
	var streams []string
	for name := range names.Name() {
		streams = append(streams, name)
	}
	if strings.Join(streams, " ") != "mine" {
		t.Fatalf("sees the streams %v, %v", streams, names.Err())
	}
	// Inboxes of others cannot be seen: each topic has an account of its own.
	spy, err := conn.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	_, yoursJS, _ := client(t, s, yours)
	if _, err := yoursJS.Publish(bounded(t), "yours", []byte("private")); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := spy.Pending(); err != nil || n != 0 {
		t.Fatalf("%d messages of another topic's inbox seen, %v", n, err)
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	d, s := dbtest.SQLite(t, eventsql.Migrations()), startServer(t, t.TempDir())
	b := newBroker(t, d, s)
	topic := create(t, b, dev, event.TopicSpec{Name: "orders", Password: password})
	for _, c := range []struct{ user, password string }{
		{topic.Username, "wrong"}, {topic.Username, ""}, {"", ""}, {"terrace/", ""}, {"terrace/", password}, {"terrace/" + topic.Username, password}, {"nobody", password},
	} {
		if conn, err := connect(s, c.user, c.password); err == nil {
			conn.Close()
			t.Errorf("%q with %q is let in", c.user, c.password)
		}
	}
	var hash string
	row := d.Reader(context.Background()).QueryRowContext(context.Background(), "SELECT password_hash FROM event_topics")
	if err := row.Scan(&hash); err != nil || strings.Contains(hash, password) {
		t.Fatalf("kept as %q, %v", hash, err)
	}
	// Another password replaces the first, and cuts off who used it.
	closed := make(chan struct{})
	conn, err := connect(s, topic.Username, password, nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	create(t, b, dev, event.TopicSpec{Name: "orders", Password: "another-long-password"})
	select {
	case <-closed:
	case <-bounded(t).Done():
		t.Fatal("the connection with the former password stays")
	}
	if conn, err := connect(s, topic.Username, password); err == nil {
		conn.Close()
		t.Fatal("the former password is let in")
	}
}

func TestTopicSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, s := dbtest.SQLite(t, eventsql.Migrations()), startServer(t, dir)
	b := newBroker(t, d, s)
	topic := create(t, b, dev, event.TopicSpec{Name: "orders", Password: password})
	again := create(t, b, dev, event.TopicSpec{Name: "orders", Password: password})
	if topic != again {
		t.Fatalf("the same again changes %+v to %+v", topic, again)
	}
	_, js, _ := client(t, s, topic)
	if _, err := js.Publish(bounded(t), "orders", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	url := s.URL()
	s.Close()
	s = startServer(t, dir)
	if s.URL() != url {
		t.Errorf("the address moved from %s to %s", url, s.URL())
	}
	newBroker(t, d, s)
	_, js, _ = client(t, s, topic)
	stream, err := js.Stream(bounded(t), "orders")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.GetMsg(bounded(t), 1); err != nil || string(m.Data) != "kept" {
		t.Fatalf("after the restart: %v", err)
	}
}

func TestDeleteTopic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, s := dbtest.SQLite(t, eventsql.Migrations()), startServer(t, dir)
	b := newBroker(t, d, s)
	topic := create(t, b, dev, event.TopicSpec{Name: "orders", Password: password})
	closed := make(chan struct{})
	conn, err := connect(s, topic.Username, password, nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(bounded(t), "orders", []byte("old")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.DeleteTopic(context.Background(), dev, "orders"); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-closed:
	case <-bounded(t).Done():
		t.Fatal("the client stays connected")
	}
	if conn, err := connect(s, topic.Username, password); err == nil {
		conn.Close()
		t.Fatal("the credentials of a deleted topic are let in")
	}
	create(t, b, dev, event.TopicSpec{Name: "orders", Password: password})
	_, js, _ = client(t, s, topic)
	stream, err := js.Stream(bounded(t), "orders")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := stream.Info(bounded(t)); err != nil || info.State.Msgs != 0 {
		t.Fatalf("a new topic holds old messages: %v", err)
	}
}

// TestSweepsAfterACrash deletes a topic in the database alone, as a crash
// before the stream's deletion leaves it.
func TestSweepsAfterACrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, s := dbtest.SQLite(t, eventsql.Migrations()), startServer(t, dir)
	topic := create(t, newBroker(t, d, s), dev, event.TopicSpec{Name: "orders", Password: password})
	_, js, _ := client(t, s, topic)
	if _, err := js.Publish(bounded(t), "orders", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if _, err := eventsql.NewTopics(d).Delete(context.Background(), dev, "orders"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	newBroker(t, d, startServer(t, dir))
	folder := filepath.Join(dir, "jetstream", topic.Username)
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is left: %v", folder, err)
	}
}

func TestRefusesTopics(t *testing.T) {
	t.Parallel()
	b := &event.Broker{}
	cases := []struct {
		reason string
		spec   event.TopicSpec
	}{
		{"no name", event.TopicSpec{Password: password}},
		{"a name with a dot", event.TopicSpec{Name: "a.b", Password: password}},
		{"a wildcard", event.TopicSpec{Name: "a", Subject: "a.*", Password: password}},
		{"the server's own subjects", event.TopicSpec{Name: "a", Subject: "$JS.API", Password: password}},
		{"inboxes", event.TopicSpec{Name: "a", Subject: "_INBOX.a", Password: password}},
		{"a short password", event.TopicSpec{Name: "a", Password: "short"}},
		{"a retention below a minute", event.TopicSpec{Name: "a", Password: password, Retention: time.Second}},
	}
	for _, c := range cases {
		if _, err := b.CreateTopic(context.Background(), dev, c.spec); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

func TestSaysWhichPortIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener
	_, err = natsserver.Start(context.Background(), natsserver.Config{Dir: t.TempDir(), Port: port, Log: quiet()})
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), strconv.Itoa(port)) {
		t.Fatalf("got %v", err)
	}
}
