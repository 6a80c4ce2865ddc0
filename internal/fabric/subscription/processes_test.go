package subscription_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// beside is another process on the database.
func (w *world) beside(change func(c *subscription.Config)) *world {
	other := *w
	other.log = &event.Log{Store: eventsql.NewStore(w.db), Log: w.config.Log}
	other.config.Events = other.log
	if change != nil {
		change(&other.config)
	}
	other.Service = subscription.New(other.config)
	return &other
}

// serve has a process follow what others place.
func (w *world) serve(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = w.log.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

// TestTwoProcessesSendEachEventOnce has one take over from the other, which gives
// its subscriptions back.
func TestTwoProcessesSendEachEventOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		other := w.beside(nil)
		var sinks []*receiver
		for i := range 4 {
			sinks = append(sinks, newReceiver(t))
			w.create(t, fmt.Sprintf("sink-%d", i), sinks[i].URL, runs())
		}
		w.serve(t)
		other.serve(t)
		stop := w.run(t)
		other.run(t)
		exactly := func(ids []string) {
			t.Helper()
			for _, r := range sinks {
				for _, id := range ids {
					if in := r.next(t); in.event.ID != id {
						t.Fatalf("got %s, want %s", in.event.ID, id)
					}
				}
			}
		}
		exactly(w.publish(t, "run.succeeded", 30))
		exactly(other.publish(t, "run.failed", 30))
		for i := range sinks { // what is recorded is not sent again, however slow the end is
			name := fmt.Sprintf("sink-%d", i)
			eventually(t, "all are recorded", func() bool { return w.count(t, name, subscription.Delivered) == 60 })
		}
		stop()
		exactly(other.publish(t, "run.failed", 5))
		for _, r := range sinks {
			if len(r.requests) != 0 {
				t.Fatalf("%d events were sent twice", len(r.requests))
			}
		}
	})
}

// killed gives nothing back.
type killed struct{ *subscriptionsql.Store }

func (killed) Release(context.Context, string) error { return nil }

// TestAProcessThatDiesIsSucceeded only when its time is over.
func TestAProcessThatDiesIsSucceeded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := newReceiver(t)
		w.create(t, "chat", r.URL, runs())
		w.clock.stand() // a slow machine ends no lease
		dies := w.beside(func(c *subscription.Config) { c.Store = killed{w.store} })
		stop := dies.run(t)
		dies.publish(t, "run.succeeded", 1)
		r.next(t)
		eventually(t, "it is recorded", func() bool { return w.count(t, "chat", subscription.Delivered) == 1 })
		stop()
		w.run(t)
		id := w.publish(t, "run.succeeded", 1)[0]
		now := w.clock.now()
		if mine, err := w.store.Claim(context.Background(), "dlv_third", now, now.Add(time.Minute)); err != nil || len(mine) != 0 {
			t.Fatalf("a third one takes %+v, %v", mine, err)
		}
		if len(r.requests) != 0 {
			t.Fatal("two deliver at once")
		}
		w.clock.jump(time.Minute)
		w.publish(t, "subscription.created", 1) // has it look again
		if in := r.next(t); in.event.ID != id {
			t.Fatalf("got %s, want %s", in.event.ID, id)
		}
	})
}

// TestAProcessThatWasStoppedSendsNothing once others may.
func TestAProcessThatWasStoppedSendsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := newReceiver(t)
		w.create(t, "chat", r.URL, runs())
		w.clock.stand()
		stopped := w.beside(nil)
		stopped.run(t)
		w.publish(t, "run.succeeded", 1)
		if err := stopped.log.Order(context.Background()); err != nil { // it wakes its worker
			t.Fatal(err)
		}
		r.next(t)
		eventually(t, "it is recorded", func() bool { return w.count(t, "chat", subscription.Delivered) == 1 })
		w.clock.jump(time.Minute)
		w.run(t)
		ids := w.publish(t, "run.succeeded", 3)
		if err := stopped.log.Order(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if in := r.next(t); in.event.ID != id {
				t.Fatalf("got %s, want %s", in.event.ID, id)
			}
		}
		eventually(t, "all are recorded", func() bool { return w.count(t, "chat", subscription.Delivered) == 4 })
		if len(r.requests) != 0 {
			t.Fatal("two deliver at once")
		}
	})
}

// TestATenantHasNotMoreSubscriptionsThanItMay has two who make the last one at the
// same moment.
func TestATenantHasNotMoreSubscriptionsThanItMay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range subscription.MaxPerTenant - 1 {
			w.create(t, fmt.Sprintf("s%d", i), "http://127.0.0.1:9/hook")
		}
		const atOnce = 6
		errs := make(chan error, atOnce)
		for i := range atOnce {
			go func() {
				sink := subscription.Sink{Webhook: &subscription.Webhook{URL: "http://127.0.0.1:9/hook"}}
				_, err := w.Create(asAdmin(), shop, subscription.Spec{Name: fmt.Sprintf("last%d", i), Sink: sink})
				errs <- err
			}()
		}
		made := 0
		for range atOnce {
			err := <-errs
			if err == nil {
				made++
			} else if !kernel.Is(err, kernel.Refused) {
				t.Errorf("%v", err)
			}
		}
		if made != 1 {
			t.Errorf("%d were made", made)
		}
	})
}
