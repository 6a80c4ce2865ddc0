package topic_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWhatIsReturnedComesAgain, until it is a dead letter with its reason; redriven, it comes
// once more, and is acknowledged.
func TestWhatIsReturnedComesAgain(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{MaxDeliveries: 2, Workload: "billing"})
	w.publish(t, "orders", placed("e1", "o1", `{}`), placed("e2", "o2", `{}`))
	for attempt := 1; attempt <= 2; attempt++ {
		for _, r := range w.pull(t, "orders", "billing", 2-(attempt-1)) {
			a := topic.Acknowledgement{Done: []string{r.Token}}
			if r.Event.ID == "e1" {
				if r.Attempt != attempt {
					t.Errorf("attempt %d is told as %d", attempt, r.Attempt)
				}
				a = topic.Acknowledgement{Failed: []string{r.Token}}
			}
			w.acknowledge(t, "orders", "billing", a)
		}
	}
	var dead []topic.Received
	for deadline := time.Now().Add(30 * time.Second); len(dead) == 0 && time.Now().Before(deadline); {
		if all, err := w.Pull(w.ctx, dev(), "orders", "billing", 1, time.Second); err != nil || len(all) > 0 {
			t.Fatalf("%v %v", ids(all), err)
		}
		var err error
		if dead, _, err = w.ListDead(w.ctx, dev(), "orders", "billing", broker.Position{}, 10); err != nil {
			t.Fatal(err)
		}
	}
	if len(dead) != 1 || dead[0].Event.ID != "e1" || dead[0].Event.Extensions["deadletterreason"] == "" || dead[0].Event.Extensions["deadletterattempts"] != "3" {
		t.Fatalf("%+v", dead)
	}
	if err := w.Replay(w.ctx, dev(), "orders", "billing", topic.Replayed{Dead: true}); err != nil {
		t.Fatal(err)
	}
	again := w.pull(t, "orders", "billing", 1)
	if again[0].Event.ID != "e1" || again[0].Event.Extensions["deadletterreason"] != "" {
		t.Errorf("%+v", again[0].Event)
	}
	w.acknowledge(t, "orders", "billing", topic.Acknowledgement{Done: tokens(again)})
	lag, err := w.LagOf(w.ctx, dev(), "orders", "billing")
	if err != nil || lag.Pending != 0 || lag.InFlight != 0 || lag.OldestAt != nil || lag.Dead != 1 {
		t.Errorf("%+v %v", lag, err)
	}
	if topics, err := w.List(w.ctx, dev(), kernel.PageRequest{}); err != nil || len(topics.Items) != 2 || topics.Items[1].DeadLettersOf != "orders" {
		t.Errorf("%+v %v", topics, err)
	}
	if err := w.Delete(w.ctx, dev(), "orders-dead"); !kernel.Is(err, kernel.Refused) {
		t.Errorf("dead letters are deleted while there may be more: %v", err)
	}
	if _, err := w.Apply(w.ctx, dev(), "orders-dead", topic.Settings{}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("dead letters have to be valid: %v", err)
	}
}

// TestASubscriptionIsReplayed from an offset, and from a moment.
func TestASubscriptionIsReplayed(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{})
	var at []topic.Published
	for i := range 5 {
		at = append(at, w.publish(t, "orders", placed("e"+strconv.Itoa(i), "o"+strconv.Itoa(i), `{}`))...)
	}
	all := w.pull(t, "orders", "billing", 5)
	lag, err := w.LagOf(w.ctx, dev(), "orders", "billing")
	if err != nil || lag.Pending != 0 || lag.InFlight != 5 || lag.OldestAt == nil {
		t.Errorf("%+v %v", lag, err)
	}
	w.acknowledge(t, "orders", "billing", topic.Acknowledgement{Done: tokens(all)})
	if err := w.Replay(w.ctx, dev(), "orders", "billing", topic.Replayed{Offset: &at[3].Offset}); err != nil {
		t.Fatal(err)
	}
	if got := ids(w.pull(t, "orders", "billing", 2)); !slices.Equal(got, []string{"e3", "e4"}) {
		t.Errorf("from an offset: %v", got)
	}
	moment := all[1].StoredAt
	if err := w.Replay(w.ctx, dev(), "orders", "billing", topic.Replayed{At: &moment}); err != nil {
		t.Fatal(err)
	}
	if got := ids(w.pull(t, "orders", "billing", 4)); !slices.Equal(got, []string{"e1", "e2", "e3", "e4"}) {
		t.Errorf("from a moment: %v", got)
	}
	behind := at[4].Offset + 2
	for what, wrong := range map[string]topic.Replayed{"nothing": {}, "behind all events": {Offset: &behind}, "no partition": {Offset: &at[0].Offset, Partition: 7}} {
		if err := w.Replay(w.ctx, dev(), "orders", "billing", wrong); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAFilterOfTypes has a subscription get what it wants and nothing else; paused, nothing.
func TestAFilterOfTypes(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.subscribe(t, "orders", "shipping", topic.SubscriptionSettings{Types: []string{"shop.order.sent"}})
	sent := placed("e2", "o1", `{}`)
	sent.Type = "shop.order.sent"
	w.publish(t, "orders", placed("e1", "o1", `{}`), sent)
	if got := ids(w.pull(t, "orders", "shipping", 1)); got[0] != "e2" {
		t.Error(got)
	}
	if _, err := w.Pause(w.ctx, dev(), "orders", "shipping", "it moves"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pull(w.ctx, dev(), "orders", "shipping", 1, 0); !kernel.Is(err, kernel.Refused) {
		t.Error(err)
	}
	if err := w.Acknowledge(w.ctx, dev(), "orders", "shipping", topic.Acknowledgement{Done: []string{"x"}}); !kernel.Is(err, kernel.Invalid) {
		t.Error(err)
	}
	if err := w.Unsubscribe(w.ctx, dev(), "orders", "shipping"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.LagOf(w.ctx, dev(), "orders", "shipping"); !kernel.Is(err, kernel.NotFound) {
		t.Error(err)
	}
}
