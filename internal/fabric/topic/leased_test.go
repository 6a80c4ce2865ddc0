package topic_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// gated is a broker that hands nothing out before it is opened, and tells when somebody asks and
// when events are given back unseen.
type gated struct {
	broker.Broker

	asked, returned chan struct{}
	open            chan struct{}
}

func (g gated) Fetch(ctx context.Context, account, group string, limit int, wait time.Duration) ([]broker.Delivery, error) {
	nudge(g.asked)
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return g.Broker.Fetch(ctx, account, group, limit, wait)
}

func (g gated) Unseen(ctx context.Context, account, group string, tokens ...string) error {
	defer nudge(g.returned)
	return g.Broker.Unseen(ctx, account, group, tokens...)
}

// claimed are subscriptions that tell when a process has claimed them.
type claimed struct {
	subscriptions

	claims chan struct{}
}

type subscriptions = topic.Subscriptions

func (c claimed) ClaimPushes(ctx context.Context, holder, home string, now, until time.Time) ([]topic.OfTopic, error) {
	all, err := c.subscriptions.ClaimPushes(ctx, holder, home, now, until)
	c.claims <- struct{}{}
	return all, err
}

// TestPostsGoOnAfterALeaseWasOver: a process that could not say for a while that it is there posts
// nothing, and goes on once it has its subscriptions again; what it had in hand was not attempted.
func TestPostsGoOnAfterALeaseWasOver(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	var late atomic.Int64
	begun := time.Now()
	w.Clock = func() time.Time { return begun.Add(time.Duration(late.Load())) }
	gate := gated{w.Broker, make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})}
	w.Broker = gate
	w.topic(t, "orders", topic.Settings{})
	r := receive(t, func(string, int) int { return http.StatusOK })
	w.subscribe(t, "orders", "chat", topic.SubscriptionSettings{URL: r.URL, MaxDeliveries: 1})
	w.publish(t, "orders", placed("e1", "o1", `{}`))
	claims := make(chan struct{}, 100)
	w.Subscriptions = claimed{w.Subscriptions, claims}
	ctx, cancel := context.WithCancel(w.ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = w.Push(ctx) })
	await(t, gate.asked)
	await(t, claims) // at the start
	await(t, claims) // and for what has changed before
	late.Store(int64(time.Hour))
	close(gate.open)
	await(t, gate.returned)
	if n := r.tried("e1"); n > 0 {
		t.Errorf("it is posted %d times without a lease", n)
	}
	w.subscribe(t, "orders", "other", topic.SubscriptionSettings{}) // it looks again
	until(t, "it is not posted after that", r.changed, func() bool { return r.tried("e1") == 1 })
	cancel()
	all.Wait()
}
