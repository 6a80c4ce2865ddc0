package topic_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// forgetful are attempts that cannot be read.
type forgetful struct{ attempts }

type attempts = topic.Attempts

func (forgetful) Attempts(context.Context, topic.AttemptsOf) (map[broker.Position]int, error) {
	return nil, errors.New("the database is away")
}

// TestWhatNobodyHasSeenWasNotDelivered: a pull that fails after the broker has handed out its
// events, or whose caller has gone, is no delivery of theirs.
func TestWhatNobodyHasSeenWasNotDelivered(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.subscribe(t, "orders", "billing", topic.SubscriptionSettings{MaxDeliveries: 1})
	w.publish(t, "orders", placed("e1", "o1", `{}`), placed("e2", "o2", `{}`))
	there := w.Attempts
	w.Attempts = forgetful{there}
	if all, err := w.Pull(w.ctx, dev(), "orders", "billing", 10, 5*time.Second); err == nil {
		t.Errorf("%v", ids(all))
	}
	w.Attempts = there
	gone, leave := context.WithCancel(w.ctx)
	carrier := w.Broker
	w.Broker = leaving{carrier, leave}
	if all, err := w.Pull(gone, dev(), "orders", "billing", 10, 5*time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("%v %v", ids(all), err)
	}
	w.Broker = carrier
	for _, r := range w.pull(t, "orders", "billing", 2) {
		if r.Attempt != 1 {
			t.Errorf("%s is delivery %d", r.Event.ID, r.Attempt)
		}
	}
}

// leaving is a broker whose caller goes while it hands out events.
type leaving struct {
	broker.Broker

	leave func()
}

func (l leaving) Fetch(ctx context.Context, account, group string, limit int, wait time.Duration) ([]broker.Delivery, error) {
	all, err := l.Broker.Fetch(ctx, account, group, limit, wait)
	l.leave()
	return all, err
}
