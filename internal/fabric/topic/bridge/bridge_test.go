package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/bridge"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Two bridges, one each way: what was published on one side is on both, once.
func TestBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	there, back := w.bridge(w.nats, w.kafka), w.bridge(w.kafka, w.nats)
	w.publish(w.nats, 0, 20)
	w.publish(w.kafka, 20, 20)
	w.start(there)
	w.start(back)
	w.until("each has seen all", func() bool {
		a, b := there.Status(), back.Status()
		return a.Passed >= 20 && a.Skipped >= 20 && b.Passed >= 20 && b.Skipped >= 20
	})
	for _, e := range []bridge.End{w.nats, w.kafka} {
		if n := w.check(e, 40); n != 0 {
			t.Errorf("%s: %d are there twice", e.Name, n)
		}
	}
	got := w.read(w.kafka)
	for _, d := range got {
		if d.ID == "3" && (d.Headers[bridge.Via] != w.nats.Name || d.Headers["source"] != "/test" || d.Type != "t" || string(d.Data) != "x") {
			t.Errorf("%+v", d.Message)
		}
	}
}

// A bridge whose group is removed, since it was deleted, stands still and makes none.
func TestADeletedBridgeStandsStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, b := range []*bridge.Bridge{w.bridge(w.nats, w.kafka), w.bridge(w.kafka, w.nats)} {
		must(t, b.From.Broker.RemoveGroup(w.ctx, b.From.Topic, b.Name))
		w.start(b)
		w.until("it stands still", func() bool { return b.Status().Failures > 1 })
		if _, err := b.From.Broker.Lag(w.ctx, b.From.Topic, b.Name); !kernel.Is(err, kernel.NotFound) || !kernel.Is(b.Status().Failing, kernel.NotFound) {
			t.Errorf("%s: %v, %v", b.From.Name, err, b.Status().Failing)
		}
	}
}

// A side is away for three minutes of the bridge's time, while messages
// come: nothing is lost, and of each key the order is kept.
func TestAway(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a server goes away for long in it")
	}
	for name, tc := range map[string]struct {
		from, to func(*world) bridge.End
		away     func(*world) outage
	}{
		"kafka, which is written":  {(*world).atNATS, (*world).atKafka, (*world).kafkaOutage},
		"kafka, which is read":     {(*world).atKafka, (*world).atNATS, (*world).kafkaOutage},
		"nats, which is written":   {(*world).atKafka, (*world).atNATS, (*world).natsOutage},
		"nats, which is read from": {(*world).atNATS, (*world).atKafka, (*world).natsOutage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			from, to, away := tc.from(w), tc.to(w), tc.away(w)
			b := w.bridge(from, to)
			var mu sync.Mutex
			var elapsed time.Duration
			down := false
			b.Pause = func(ctx context.Context, d time.Duration) error { // its clock
				mu.Lock()
				defer mu.Unlock()
				if elapsed += d; down && elapsed >= 3*time.Minute {
					away.end()
					down = false
				}
				return breathe(ctx)
			}
			w.start(b)
			w.publish(from, 0, 30)
			w.until("some passed", func() bool { return b.Status().Passed > 0 })
			mu.Lock()
			elapsed, down = 0, true
			away.begin()
			mu.Unlock()
			next := 30
			if from.Name != away.name { // else it notices by fetching
				next = 45
				w.publish(from, 30, 15)
			}
			w.until("it is back", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return !down
			})
			w.publish(from, next, 60-next)
			w.until("all passed", func() bool { return b.Status().Passed >= 60 && w.distinct(to) == 60 })
			t.Logf("%d of 60 are there twice; %+v", w.check(to, 60), b.Status())
		})
	}
}

// cut ends a process at one of the bridge's calls, before or after it was carried out.
type cut struct {
	broker.Broker
	calls *int
	at    int
	after bool
	kill  context.CancelFunc
}

var errKilled = errors.New("the process was killed")

func (c cut) Publish(ctx context.Context, topic string, m []broker.Message) (places []broker.Position, err error) {
	err = c.call(func() error { places, err = c.Broker.Publish(ctx, topic, m); return err })
	return places, err
}

func (c cut) Ack(ctx context.Context, topic, group string, tokens ...string) error {
	return c.call(func() error { return c.Broker.Ack(ctx, topic, group, tokens...) })
}

func (c cut) call(do func() error) error {
	*c.calls++
	if *c.calls != c.at {
		return do()
	}
	if c.after {
		_ = do()
	}
	c.kill()
	return errKilled
}

// The process ends at every one of its first calls, before and after it.
func TestRestartAtAnyInstant(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string][2]func(*world) bridge.End{
		"to kafka": {(*world).atNATS, (*world).atKafka}, "to nats": {(*world).atKafka, (*world).atNATS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := 0
			for at := 1; at <= 3; at++ {
				for _, after := range []bool{false, true} {
					w.publish(ends[0](w), n, 20)
					n += 20
					w.reopen()
					ctx, kill := context.WithCancel(w.ctx)
					b, calls := w.bridge(ends[0](w), ends[1](w)), 0
					b.From.Broker = cut{b.From.Broker, &calls, at, after, kill}
					b.To.Broker = cut{b.To.Broker, &calls, at, after, kill}
					time.AfterFunc(2*time.Second, kill) // there may be fewer calls
					if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
						t.Fatal(err)
					}
				}
			}
			w.reopen()
			w.start(w.bridge(ends[0](w), ends[1](w)))
			w.until("all passed", func() bool { return w.distinct(ends[1](w)) == n })
			t.Logf("%d of %d are there twice", w.check(ends[1](w), n), n)
		})
	}
}

// What the other side will never take is rejected, and the bridge goes on.
func TestReject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bridge(w.kafka, w.nats)
	var rejected []string
	b.Reject = func(_ context.Context, d broker.Delivery, why error) error {
		if !kernel.Is(why, kernel.TooLarge) {
			t.Errorf("%v", why)
		}
		rejected = append(rejected, d.ID)
		return nil
	}
	w.publish(w.kafka, 0, 3)
	_, err := w.kafka.Broker.Publish(w.ctx, w.kafka.Topic, []broker.Message{{ID: "large", Type: "t", Key: "k", Data: bytes.Repeat([]byte("x"), 100<<10)}})
	must(t, err)
	w.publish(w.kafka, 3, 3)
	w.start(b)
	w.until("it goes on", func() bool { s := b.Status(); return s.Passed == 6 && s.Rejected == 1 })
	w.check(w.nats, 6)
	if fmt.Sprint(rejected) != "[large]" {
		t.Fatal(rejected)
	}
}
