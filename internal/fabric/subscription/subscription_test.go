package subscription_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ce "github.com/cloudevents/sdk-go/v2/event"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func runs() subscription.Filter {
	return subscription.Filter{Prefix: map[string]string{"type": "dev.terrace.run."}}
}

func verify(t *testing.T, secret string, in received) {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Verify(in.body, in.header); err != nil {
		t.Errorf("the signature %q is not valid: %v", in.header.Get("webhook-signature"), err)
	}
}

func TestEventsArriveSignedAndInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := newReceiver(t)
		w.publish(t, "run.created", 1) // before the subscription
		created := w.create(t, "chat", r.URL, runs())
		w.run(t)
		var want []string
		for range 20 {
			want = append(want, w.publish(t, "run.succeeded", 1)...)
			w.publish(t, "secret.changed", 1) // filtered
		}
		for _, id := range want {
			in := r.next(t)
			if in.event.ID != id {
				t.Fatalf("got %s, want %s", in.event.ID, id)
			}
			verify(t, created.Secret, in)
			e := ce.New()
			if err := e.UnmarshalJSON(in.body); err != nil || e.Validate() != nil || in.header.Get("webhook-id") != id {
				t.Fatalf("no CloudEvent: %v, %v", err, e.Validate())
			}
			if got := in.header.Get("Content-Type"); got != "application/cloudevents+json; charset=utf-8" {
				t.Fatalf("content type %s", got)
			}
		}
		eventually(t, "all are recorded", func() bool { return w.count(t, "chat", subscription.Delivered) == 20 })
	})
}

// TestACrashBetweenSendingAndRecordingSendsAgain has the store refuse the
// records of a first process: what it sent is sent again by a second one.
func TestACrashBetweenSendingAndRecordingSendsAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := newReceiver(t)
		w.create(t, "chat", r.URL)
		ids := w.publish(t, "run.succeeded", 3)
		first := w.config
		first.Store = crashing{w.store}
		crashed := &world{Service: subscription.New(first)}
		stop := crashed.run(t)
		for _, id := range ids {
			if in := r.next(t); in.event.ID != id {
				t.Fatalf("got %s, want %s", in.event.ID, id)
			}
		}
		stop()
		for len(r.requests) > 0 {
			<-r.requests
		}
		w.run(t)
		for _, id := range ids {
			if in := r.next(t); in.event.ID != id {
				t.Fatalf("again: got %s, want %s", in.event.ID, id)
			}
		}
		eventually(t, "all are recorded", func() bool { return w.count(t, "chat", subscription.Delivered) == 3 })
	})
}

type crashing struct{ subscription.Store }

func (crashing) Advance(context.Context, string, uint64, uint64, []subscription.Delivery) error {
	return errors.New("killed")
}

func TestAFailingSinkIsTriedAgainThenPausedAndRedelivered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := newReceiver(t)
		r.say(status(http.StatusInternalServerError))
		w.create(t, "chat", r.URL)
		stop := w.run(t)
		ids := w.publish(t, "run.succeeded", 2)
		for range 3 {
			if in := r.next(t); in.event.ID != ids[0] {
				t.Fatalf("the second is sent before the first was taken: %s", in.event.ID)
			}
		}
		// A restart goes on with the attempts.
		stop()
		w.run(t)
		r.next(t)
		eventually(t, "it is recorded as tried", func() bool { return w.count(t, "chat", subscription.Retrying) == 1 })
		w.clock.jump(25 * time.Hour)
		eventually(t, "it is paused", func() bool {
			sub, err := w.Get(asAdmin(), shop, "chat")
			return err == nil && sub.Status == subscription.Paused && strings.Contains(sub.Reason, "500")
		})
		if !w.journal.has("subscription.paused") || !w.journal.has("subscription.dead_lettered") || w.count(t, "chat", subscription.Dead) != 1 {
			t.Fatal("there is no fact of the pause, or no dead delivery")
		}
		if _, err := w.Redeliver(asAdmin(), shop, "chat", nil); !kernel.Is(err, kernel.Refused) {
			t.Fatalf("redelivered to a paused sink: %v", err)
		}
		r.say(nil)
		if _, err := w.Resume(asAdmin(), shop, "chat"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "what waited is delivered", func() bool { return w.count(t, "chat", subscription.Delivered) == 1 })
		if n, err := w.Redeliver(asAdmin(), shop, "chat", nil); err != nil || n != 1 {
			t.Fatalf("redeliver %d, %v", n, err)
		}
		eventually(t, "the dead one is delivered", func() bool {
			return w.count(t, "chat", subscription.Delivered) == 2 && w.count(t, "chat", subscription.Dead) == 0
		})
		for len(r.requests) > 0 {
			<-r.requests
		}
		// One that was delivered is sent again from the stream.
		if n, err := w.Redeliver(asAdmin(), shop, "chat", ids[1:]); err != nil || n != 1 {
			t.Fatalf("redeliver %d, %v", n, err)
		}
		if in := r.next(t); in.event.ID != ids[1] {
			t.Fatalf("got %s", in.event.ID)
		}
	})
}

// TestARefusedEventIsPutAside: the events after it go on.
func TestARefusedEventIsPutAside(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t)
	var n atomic.Int32
	r.say(func(w http.ResponseWriter) {
		code := http.StatusNoContent
		if n.Add(1) <= subscription.MaxAttempts {
			code = http.StatusUnprocessableEntity
		}
		w.WriteHeader(code)
	})
	w.create(t, "chat", r.URL)
	w.run(t)
	w.publish(t, "run.succeeded", 2)
	eventually(t, "the second is delivered", func() bool { return w.count(t, "chat", subscription.Delivered) == 1 })
	if w.count(t, "chat", subscription.Dead) != 1 {
		t.Fatal("the first is not kept")
	}
	r.say(status(http.StatusGone))
	w.publish(t, "run.succeeded", 1)
	eventually(t, "a sink that is gone is paused", func() bool {
		sub, err := w.Get(asAdmin(), shop, "chat")
		return err == nil && sub.Status == subscription.Paused
	})
}

// TestAPauseCountsForNothing: what waited for long because of it is tried for its
// whole time.
func TestAPauseCountsForNothing(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t)
	r.say(status(http.StatusInternalServerError))
	w.create(t, "chat", r.URL)
	stop := w.run(t)
	w.publish(t, "run.succeeded", 1)
	eventually(t, "it is tried", func() bool { return w.count(t, "chat", subscription.Retrying) == 1 })
	if _, err := w.Pause(asAdmin(), shop, "chat", "it moves"); err != nil {
		t.Fatal(err)
	}
	stop() // a try that is under way would see the jump as 50 hours of failures
	w.clock.jump(50 * time.Hour)
	w.run(t)
	if _, err := w.Resume(asAdmin(), shop, "chat"); err != nil {
		t.Fatal(err)
	}
	for len(r.requests) > 0 {
		<-r.requests
	}
	for range 3 {
		r.next(t)
	}
	if sub, err := w.Get(asAdmin(), shop, "chat"); err != nil || sub.Status != subscription.Active || w.count(t, "chat", subscription.Dead) != 0 {
		t.Fatalf("%+v, %v", sub, err)
	}
	r.say(nil)
	eventually(t, "it is delivered", func() bool { return w.count(t, "chat", subscription.Delivered) == 1 })
}

// TestASlowSinkBlocksNoOther has one sink that never answers.
func TestASlowSinkBlocksNoOther(t *testing.T) {
	t.Parallel()
	w, r, slow := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t), newReceiver(t)
	release := make(chan struct{})
	slow.say(func(http.ResponseWriter) { <-release })
	t.Cleanup(func() { close(release) })
	w.create(t, "slow", slow.URL)
	w.create(t, "fast", r.URL)
	w.run(t)
	ids := w.publish(t, "run.succeeded", 50)
	slow.next(t)
	for _, id := range ids {
		if in := r.next(t); in.event.ID != id {
			t.Fatalf("got %s, want %s", in.event.ID, id)
		}
	}
}

func TestRotationSignsWithBoth(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t)
	created := w.create(t, "chat", r.URL)
	w.run(t)
	rotated, err := w.Rotate(asAdmin(), shop, "chat", "")
	if err != nil || rotated.Secret == created.Secret {
		t.Fatalf("%v", err)
	}
	if _, err := w.Test(asAdmin(), shop, "chat"); err != nil {
		t.Fatal(err)
	}
	in := r.next(t)
	verify(t, created.Secret, in)
	verify(t, rotated.Secret, in)
	w.clock.jump(25 * time.Hour)
	if _, err := w.Test(asAdmin(), shop, "chat"); err != nil {
		t.Fatal(err)
	}
	if in := r.next(t); strings.Contains(in.header.Get("webhook-signature"), " ") {
		t.Error("the former secret signs for ever")
	}
}

func TestScopesAndOwnFacts(t *testing.T) {
	t.Parallel()
	w, r, all := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t), newReceiver(t)
	if _, err := w.Create(asAdmin(), tenant, subscription.Spec{Name: "all", Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: all.URL, Mode: subscription.Binary}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(asAdmin(), kernel.Scope{Tenant: "acme", Project: "other"}, subscription.Spec{Name: "other", Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: r.URL}}}); err != nil {
		t.Fatal(err)
	}
	w.run(t)
	id := w.publish(t, "run.succeeded", 1)[0]
	in := all.next(t)
	if in.header.Get("ce-id") != id || in.header.Get("ce-project") != "shop" || in.header.Get("Content-Type") != "application/json" || string(in.body) != `{"n":1}` {
		t.Fatalf("binary: %v %s", in.header, in.body)
	}
	if len(r.requests) != 0 {
		t.Fatal("another project's subscription got it")
	}
	// Names are of a scope; deletion removes the deliveries.
	if err := w.Delete(asAdmin(), tenant, "all"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Get(asAdmin(), tenant, "all"); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("%v", err)
	}
}

// TestTenThousandEventsInAMinute prints the rate of signed webhooks to one sink.
func TestTenThousandEventsInAMinute(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it sends 10,000 webhooks")
	}
	const n = 10_000
	w, r, other := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t), newReceiver(t)
	w.create(t, "chat", r.URL)
	w.create(t, "other", other.URL, subscription.Filter{Exact: map[string]string{"type": "dev.terrace.run.failed"}})
	w.publish(t, "run.succeeded", n)
	w.publish(t, "run.failed", 1)
	begun := time.Now()
	w.run(t)
	other.next(t)
	alone := time.Since(begun)
	for range n + 1 {
		r.next(t)
	}
	took := time.Since(begun)
	t.Logf("%d webhooks in %s, %.0f a minute; another subscription had its one event after %s", n, took.Round(time.Millisecond), n/took.Minutes(), alone.Round(time.Millisecond))
}
