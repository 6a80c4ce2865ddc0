package topic_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
)

// program is what uses a topic with the broker's own protocol.
type program struct {
	*nats.Conn

	js     jetstream.JetStream
	denied chan string
	back   chan struct{}
}

// connect signs in, and comes again when it is cut off.
func connect(t *testing.T, w *world, user, password, inbox string) *program {
	t.Helper()
	p := &program{denied: make(chan string, 64), back: make(chan struct{}, 8)}
	options := []nats.Option{
		nats.UserInfo(user, password), nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.denied <- err.Error() }),
		nats.ReconnectHandler(func(*nats.Conn) { p.back <- struct{}{} }),
	}
	if inbox != "" {
		options = append(options, nats.CustomInboxPrefix(inbox))
	}
	var err error
	if p.Conn, err = nats.Connect(w.server.URL(), options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if p.js, err = jetstream.New(p.Conn); err != nil {
		t.Fatal(err)
	}
	return p
}

// granted makes a grant, and connects with it.
func granted(t *testing.T, w *world, name string, spec topic.GrantSpec) *program {
	t.Helper()
	g, err := w.CreateGrant(w.ctx, dev(), name, spec)
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, w, g.Credentials[0].Username, g.Password, "_INBOX_"+spec.Name)
}

// refused sees that the server takes none of these messages from a program.
func (p *program) refused(ctx context.Context, t *testing.T, subjects ...string) {
	t.Helper()
	for _, subject := range subjects {
		if err := p.Publish(subject, nil); err != nil {
			t.Fatal(err)
		}
		select {
		case said := <-p.denied:
			if !strings.Contains(said, `Publish to "`+subject+`"`) && !strings.Contains(strings.ToLower(said), strings.ToLower(subject)) {
				t.Fatalf("%s: %s", subject, said)
			}
		case <-ctx.Done():
			t.Fatalf("%s is taken", subject)
		}
	}
}

// deaf sees that a program may listen at none of these.
func (p *program) deaf(ctx context.Context, t *testing.T, subjects ...string) {
	t.Helper()
	for _, subject := range subjects {
		if _, err := p.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		select {
		case said := <-p.denied:
			if !strings.Contains(said, "ubscription") {
				t.Fatal(said)
			}
		case <-ctx.Done():
			t.Fatalf("it listens at %s", subject)
		}
	}
}

// consume makes a consumer, and takes one event by it.
func (p *program) consume(ctx context.Context, t *testing.T, stream, name string) {
	t.Helper()
	c, err := p.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := m.DoubleAck(ctx); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// using are the calls by which somebody would use or end a consumer.
func using(stream, consumer string) []string {
	at := stream + "." + consumer
	return []string{
		"$JS.API.CONSUMER.MSG.NEXT." + at, "$JS.API.CONSUMER.DELETE." + at, "$JS.API.CONSUMER.CREATE." + at, "$JS.API.CONSUMER.DURABLE.CREATE." + at,
		"$JS.API.CONSUMER.INFO." + at, "$JS.API.CONSUMER.PAUSE." + at, "$JS.ACK." + at + ".1.1.1.1.0", "$JS.ACK._.x." + at + ".1.1.1.1.0",
		"$JS.API.CONSUMER.CREATE." + stream, // with the name in its body
	}
}

// TestAGrantHasConsumersOfItsOwn: it reaches neither a subscription of its name nor the
// consumers of another grant, and hears nothing of what others are sent.
func TestAGrantHasConsumersOfItsOwn(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{})
	w.publish(t, "orders", placed("e1", "o1", `{}`))
	billing := granted(t, w, "orders", topic.GrantSpec{Name: "billing", Consume: true})
	audit := granted(t, w, "orders", topic.GrantSpec{Name: "audit", Publish: true, Consume: true})
	writer := granted(t, w, "orders", topic.GrantSpec{Name: "writer", Publish: true})
	billing.consume(w.ctx, t, "orders", "billing_1")
	audit.consume(w.ctx, t, "orders", "audit_16")
	ordered, err := audit.js.OrderedConsumer(w.ctx, "orders", jetstream.OrderedConsumerConfig{NamePrefix: "audit"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ordered.Next(jetstream.FetchMaxWait(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.js.Publish(w.ctx, "orders", []byte("x")); err != nil {
		t.Fatal(err)
	}
	billing.refused(w.ctx, t, append(append(using("orders", "billing"), using("orders", "audit_1")...), "orders", "$JS.API.STREAM.DELETE.orders", "$JS.API.CONSUMER.LIST.orders")...)
	audit.refused(w.ctx, t, using("orders", "billing")...)
	writer.refused(w.ctx, t, append(using("orders", "writer_1"), "$JS.API.DIRECT.GET.orders")...)
	for _, p := range []*program{billing, audit, writer} {
		p.deaf(w.ctx, t, ">", "_INBOX.>", "_INBOX_other.>", "_TERRACE.>", "$JS.>")
	}
	writer.deaf(w.ctx, t, "orders")
	if got := ids(w.pull(t, "orders", "billing", 1)); got[0] != "e1" {
		t.Errorf("the subscription has %v", got)
	}
}

// TestTheTopicOfAWorkload: its own program names consumers as it likes, also once there are a
// subscription and a grant, which it does not reach; that of another topic sees nothing of it.
func TestTheTopicOfAWorkload(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	const password = "0123456789abcdef"
	for _, name := range []string{"orders", "parcels"} {
		if _, err := w.Provide(w.ctx, dev(), name, topic.Settings{Subject: "changes"}, password); err != nil {
			t.Fatal(err)
		}
	}
	own, other := connect(t, w, "acme.shop.dev.orders", password, ""), connect(t, w, "acme.shop.dev.parcels", password, "")
	heard, err := other.SubscribeSync("changes.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Flush(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := own.js.Publish(w.ctx, "changes.one", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	own.consume(w.ctx, t, "orders", "worker")
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{})
	await(t, own.back)
	granted(t, w, "orders", topic.GrantSpec{Name: "audit", Consume: true})
	await(t, own.back)
	own.consume(w.ctx, t, "orders", "worker")
	own.refused(w.ctx, t, append(using("orders", "billing"), using("orders", "audit_1")...)...)
	for name := range other.js.StreamNames(w.ctx).Name() {
		if name != "parcels" {
			t.Errorf("the other topic's program sees %s", name)
		}
	}
	if _, err := other.js.Publish(w.ctx, "changes.two", nil); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.NextMsgWithContext(w.ctx); err != nil || m.Subject != "changes.two" {
		t.Errorf("the other topic's program hears %v %v", m, err)
	}
	other.refused(w.ctx, t, "$JS.API.STREAM.INFO.orders", "$JS.API.CONSUMER.MSG.NEXT.orders.worker")
	if err := w.Unsubscribe(w.ctx, dev(), "orders", "billing"); err != nil {
		t.Fatal(err)
	}
}
