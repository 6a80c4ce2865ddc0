package topic_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// client connects as a program does, over the network; closed is told when it is cut off.
func client(w *world, user, password string, options ...nats.Option) (conn *nats.Conn, closed chan struct{}, err error) {
	closed = make(chan struct{})
	options = append(options, nats.UserInfo(user, password), nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	conn, err = nats.Connect(w.server.URL(), options...)
	return conn, closed, err
}

func signsIn(t *testing.T, w *world, user, password string, want bool) {
	t.Helper()
	conn, _, err := client(w, user, password)
	if err == nil {
		conn.Close()
	}
	if (err == nil) != want {
		t.Errorf("%s signs in: %v, want %v", user, err, want)
	}
}

// TestAGrantOpensWhatItSays: one that may publish puts events there, one that may consume takes
// them, and neither does the other.
func TestAGrantOpensWhatItSays(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	publisher, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: "checkout", Workload: "checkout", Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: "billing", Project: "money", Consume: true})
	if err != nil {
		t.Fatal(err)
	}
	for user, may := range map[string]struct {
		g                topic.CreatedGrant
		publish, consume bool
	}{"publisher": {publisher, true, false}, "consumer": {consumer, false, true}} {
		conn, _, err := client(w, may.g.Credentials[0].Username, may.g.Password, nats.CustomInboxPrefix("_INBOX_"+may.g.Name))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// What is denied the server tells the connection, and it answers nothing.
		denied := make(chan struct{}, 2)
		conn.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) { denied <- struct{}{} })
		if err := allowed(w.ctx, denied, func(ctx context.Context, js jetstream.JetStream) error {
			_, err := js.Publish(ctx, "orders", []byte("x"))
			return err
		}, conn); (err == nil) != may.publish {
			t.Errorf("%s publishes: %v", user, err)
		}
		if err := allowed(w.ctx, denied, func(ctx context.Context, js jetstream.JetStream) error {
			_, err := js.CreateOrUpdateConsumer(ctx, "orders", jetstream.ConsumerConfig{Durable: may.g.Name + "_1", AckPolicy: jetstream.AckExplicitPolicy})
			return err
		}, conn); (err == nil) != may.consume {
			t.Errorf("%s consumes: %v", user, err)
		}
	}
	if _, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: "billing", Consume: true}); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("twice: %v", err)
	}
	if _, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: "nobody"}); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("nothing allowed: %v", err)
	}
}

// allowed does something until it is answered or denied.
func allowed(ctx context.Context, denied <-chan struct{}, do func(ctx context.Context, js jetstream.JetStream) error, conn *nats.Conn) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-denied:
			cancel()
		case <-ctx.Done():
		}
	}()
	return do(ctx, js)
}

// TestRotationAndRevocation: the credential before opens the topic for the overlap, and who is
// connected by a grant that is revoked is cut off.
func TestRotationAndRevocation(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w.Clock = func() time.Time { return now }
	w.topic(t, "orders", topic.Settings{})
	first, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: "checkout", Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.RotateGrant(w.ctx, dev(), "orders", "checkout", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	conn, cut, err := client(w, first.Credentials[0].Username, first.Password)
	if err != nil {
		t.Fatal("within the overlap: ", err)
	}
	defer conn.Close()
	now = now.Add(time.Hour)
	if err := w.EndCredentials(w.ctx); err != nil {
		t.Fatal(err)
	}
	await(t, cut)
	signsIn(t, w, first.Credentials[0].Username, first.Password, false)
	third, cut, err := client(w, second.Credentials[0].Username, second.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if _, err := w.Start(w.ctx); err != nil { // as after a restart
		t.Fatal(err)
	}
	signsIn(t, w, second.Credentials[0].Username, second.Password, true)
	if err := w.RevokeGrant(w.ctx, dev(), "orders", "checkout"); err != nil {
		t.Fatal(err)
	}
	await(t, cut)
	signsIn(t, w, second.Credentials[0].Username, second.Password, false)
	if err := w.RevokeGrant(w.ctx, dev(), "orders", "checkout"); !kernel.Is(err, kernel.NotFound) {
		t.Error(err)
	}
}

// away is a broker that revokes nothing, since it is away.
type away struct {
	broker.Broker

	asked *atomic.Int64
}

func (a away) Revoke(context.Context, string, string) error {
	a.asked.Add(1)
	return kernel.Errorf(kernel.Unavailable, "the broker is away")
}

// TestARevocationIsMadeUpFor: what a grant opened ends once the broker is there again.
func TestARevocationIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	g, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: "checkout", Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	there := w.Broker
	w.Broker = away{there, new(atomic.Int64)}
	if err := w.RevokeGrant(w.ctx, dev(), "orders", "checkout"); !kernel.Is(err, kernel.Unavailable) {
		t.Error(err)
	}
	w.Broker = there
	if err := w.EndCredentials(w.ctx); err != nil {
		t.Error(err)
	}
	signsIn(t, w, g.Credentials[0].Username, g.Password, false)
	if all, err := w.ListGrants(w.ctx, dev(), "orders"); err != nil || len(all) > 0 {
		t.Errorf("%+v %v", all, err)
	}
}

func await(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal(errors.New("nobody is cut off"))
	}
}

// TestARevocationIsGivenUp: a broker that is away is asked once in a round, and after 30 days it is
// taken to be gone for good; until then what was revoked is shown.
func TestARevocationIsGivenUp(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w.Clock = func() time.Time { return now }
	w.topic(t, "orders", topic.Settings{})
	gone := away{w.Broker, new(atomic.Int64)}
	w.Broker = gone
	for _, name := range []string{"a", "b", "c"} {
		_, err := w.CreateGrant(w.ctx, dev(), "orders", topic.GrantSpec{Name: name, Publish: true})
		must(t, err)
		if err := w.RevokeGrant(w.ctx, dev(), "orders", name); !kernel.Is(err, kernel.Unavailable) {
			t.Error(err)
		}
	}
	for _, one := range []struct{ days, want int }{{1, 3}, {31, 0}} {
		days, want := one.days, one.want
		gone.asked.Store(0)
		now = time.Date(2026, 3, 1+days, 12, 0, 0, 0, time.UTC)
		if err := w.EndCredentials(w.ctx); !kernel.Is(err, kernel.Unavailable) || gone.asked.Load() != 1 {
			t.Errorf("after %d days it is asked %d times: %v", days, gone.asked.Load(), err)
		}
		all, err := w.ListGrants(w.ctx, dev(), "orders")
		if err != nil || len(all) != want {
			t.Errorf("after %d days: %+v %v", days, all, err)
		}
	}
}
