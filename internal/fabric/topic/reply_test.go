package topic_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
)

// TestAReplyIsNoCallOfTheStream: NATS answers to whatever subject a request names, with rights of
// its own. No program deletes the stream of its topic by that, or empties it.
func TestAReplyIsNoCallOfTheStream(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]func(t *testing.T, w *world, p *program){
		"a pull without an event":        pullInto,
		"an acknowledgement":             acknowledgeInto,
		"an event that is asked in vain": readInto,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sqlite(t)
			w.topic(t, "orders", topic.Settings{})
			w.publish(t, "orders", placed("e1", "o1", `{}`), placed("e2", "o1", `{}`))
			p := granted(t, w, "orders", topic.GrantSpec{Name: "mallory", Publish: true, Consume: true})
			attack(t, w, p)
			if err := p.FlushTimeout(10 * time.Second); err != nil {
				t.Fatal(err)
			}
			stats, err := w.Stats(w.ctx, dev(), "orders")
			if err != nil || stats.Messages != 2 {
				t.Errorf("the stream has %d events: %v", stats.Messages, err)
			}
		})
	}
}

// pullInto has the answer that there is no event go to the call that deletes the stream.
func pullInto(t *testing.T, w *world, p *program) {
	t.Helper()
	_, err := p.js.CreateConsumer(w.ctx, "orders", jetstream.ConsumerConfig{Durable: "mallory_1", AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverNewPolicy})
	must(t, err)
	must(t, p.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.orders.mallory_1", "$JS.API.STREAM.DELETE.orders", []byte(`{"batch":1,"no_wait":true}`)))
	settled(t, w, p)
}

// acknowledgeInto has the answer to an acknowledgement go there.
func acknowledgeInto(t *testing.T, w *world, p *program) {
	t.Helper()
	c, err := p.js.CreateConsumer(w.ctx, "orders", jetstream.ConsumerConfig{Durable: "mallory_1", AckPolicy: jetstream.AckExplicitPolicy})
	must(t, err)
	m, err := c.Next()
	must(t, err)
	must(t, p.PublishRequest(m.Reply(), "$JS.API.STREAM.DELETE.orders", nil))
	settled(t, w, p)
}

// readInto has the answer that there is no such event go there.
func readInto(t *testing.T, w *world, p *program) {
	t.Helper()
	must(t, p.PublishRequest("$JS.API.DIRECT.GET.orders", "$JS.API.STREAM.DELETE.orders", []byte(`{"seq":999}`)))
	settled(t, w, p)
}

// settled waits until the server has done what a program has asked before: it answers to all calls
// of one that reads.
func settled(t *testing.T, w *world, p *program) {
	t.Helper()
	for _, call := range []string{"STREAM.INFO.orders", "STREAM.NAMES", "STREAM.LIST", "STREAM.MSG.GET.orders", "STREAM.INFO.orders"} {
		if _, err := p.RequestWithContext(w.ctx, "$JS.API."+call, nil); err != nil {
			t.Fatalf("%s: %v", call, err)
		}
	}
}
