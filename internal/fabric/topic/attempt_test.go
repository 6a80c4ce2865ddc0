package topic_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
)

// process is a process that serves topics, on what the world has.
func (w *world) process(do func(w *world)) {
	config := w.Config
	config.Broker = natsbroker.Embedded(w.server, slog.New(slog.DiscardHandler))
	defer config.Broker.Close()
	other := *w
	other.Service = topic.New(config)
	do(&other)
}

// buried waits for dead letters, and returns them.
func (w *world) buried(t *testing.T, name string, n int) (all []broker.Delivery) {
	t.Helper()
	account := topic.Account(dev(), name+"-dead")
	if err := w.Broker.EnsureGroup(w.ctx, account, broker.Group{Name: "test", AckWait: time.Minute, MaxInFlight: 100}); err != nil {
		t.Fatal(err)
	}
	for len(all) < n {
		some, err := w.Broker.Fetch(w.ctx, account, "test", n-len(all), 30*time.Second)
		if err != nil || len(some) == 0 {
			t.Fatalf("%d of %d dead letters come: %v", len(all), n, err)
		}
		all = append(all, some...)
	}
	return all
}

// TestPostsAreCountedOverRestarts: what three processes have posted once each has been posted
// three times.
func TestPostsAreCountedOverRestarts(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	r := receive(t, func(string, int) int { return http.StatusInternalServerError })
	w.subscribe(t, "orders", "chat", topic.SubscriptionSettings{URL: r.URL, MaxDeliveries: 3})
	w.publish(t, "orders", placed("e1", "o1", `{}`))
	w.FirstPause, w.MaxPause = time.Hour, time.Hour
	for n := 1; n <= 3; n++ {
		w.process(func(w *world) {
			ctx, cancel := context.WithCancel(w.ctx)
			var all sync.WaitGroup
			all.Go(func() { _ = w.Push(ctx) })
			until(t, "it is not posted again", r.changed, func() bool { return r.tried("e1") == n })
			if n == 3 {
				dead := w.buried(t, "orders", 1)
				if dead[0].ID != "e1" || dead[0].Headers["deadletterattempts"] != "3" {
					t.Errorf("%+v", dead[0])
				}
			}
			cancel()
			all.Wait()
		})
	}
	if n := r.tried("e1"); n != 3 {
		t.Errorf("it was posted %d times", n)
	}
	if kept, err := w.Attempts.Attempts(w.ctx, topic.AttemptsOf{Topic: topic.Topic{Scope: dev(), Name: "orders"}, Subscription: "chat"}); err != nil || len(kept) > 0 {
		t.Errorf("of what is dead attempts are kept: %v %v", kept, err)
	}
}

// TestPullsAreCountedOverRestarts in the same way, also what nobody has answered to.
func TestPullsAreCountedOverRestarts(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{MaxDeliveries: 3})
	w.publish(t, "orders", placed("e1", "o1", `{}`), placed("e2", "o2", `{}`))
	for n := 1; n <= 3; n++ {
		w.process(func(w *world) {
			for _, r := range w.pull(t, "orders", "billing", map[int]int{1: 2, 2: 1, 3: 1}[n]) {
				a := topic.Acknowledgement{Failed: []string{r.Token}}
				if r.Event.ID == "e2" {
					a = topic.Acknowledgement{Done: []string{r.Token}}
				}
				if r.Event.ID == "e1" && r.Attempt != n {
					t.Errorf("attempt %d is told as %d", n, r.Attempt)
				}
				w.acknowledge(t, "orders", "billing", a)
			}
		})
	}
	w.process(func(w *world) {
		if all, err := w.Pull(w.ctx, dev(), "orders", "billing", 1, 2*time.Second); err != nil || len(all) > 0 {
			t.Fatalf("%v %v", ids(all), err)
		}
		if dead := w.buried(t, "orders", 1); dead[0].ID != "e1" {
			t.Errorf("%+v", dead[0])
		}
	})
}
