package topic_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// unreached are brokers that remove nothing, since they are away.
type unreached struct{ topic.Brokers }

func (unreached) RemoveAt(context.Context, string, string, string) error {
	return kernel.Errorf(kernel.Unavailable, "the broker is away")
}

// removing is a topic on a cluster that is deleted while that is away.
type removing struct {
	one, two *daemon
	there    topic.Brokers
	made     topic.Topic
	now      time.Time
}

func newRemoving(t *testing.T, d *db.DB) *removing {
	t.Helper()
	cluster := fakeKafka(t)
	r := &removing{one: newDaemon(t, d, "one", cluster), two: newDaemon(t, d, "two", cluster), now: time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)}
	r.there = r.one.Brokers
	for _, each := range []*daemon{r.one, r.two} {
		each.Clock = func() time.Time { return r.now }
	}
	r.delete(t)
	return r
}

// delete makes the topic with an event, and deletes it while the cluster is away.
func (r *removing) delete(t *testing.T) {
	t.Helper()
	var err error
	r.made, err = r.one.Apply(r.one.ctx, dev(), "orders", topic.Settings{Broker: "events"})
	must(t, err)
	r.one.put(t, "orders", 0, 1)
	r.one.Brokers = unreached{r.there}
	must(t, r.one.Delete(r.one.ctx, dev(), "orders"))
}

// left is how many events are at the broker; -1 is that the topic is not there.
func (r *removing) left(t *testing.T) int {
	t.Helper()
	r.there.Locate(r.made.Account(), "events", "")
	stats, err := r.one.Broker.Stats(r.one.ctx, r.made.Account())
	if kernel.Is(err, kernel.NotFound) {
		return -1
	}
	must(t, err)
	return int(stats.Messages)
}

func (r *removing) waiting(t *testing.T) (n int) {
	t.Helper()
	all, err := r.two.BrokersOf(r.two.ctx, "acme")
	must(t, err)
	for _, b := range all {
		n += b.Removing
	}
	return n
}

// What is deleted while its broker is away is removed once it is there again, by any daemon that
// serves it, and not before its time.
func TestADeletionIsMadeUpFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{topicsql.Migrations()}, func(t *testing.T, d *db.DB) {
		r := newRemoving(t, d)
		must(t, r.two.RemoveDeleted(r.two.ctx))
		if r.left(t) != 1 || r.waiting(t) != 1 {
			t.Errorf("it has %d events, and %d wait", r.left(t), r.waiting(t))
		}
		r.now = r.now.Add(2 * time.Minute)
		must(t, r.one.RemoveDeleted(r.one.ctx)) // away still
		r.now = r.now.Add(3 * time.Minute)
		must(t, r.two.RemoveDeleted(r.two.ctx))
		if r.left(t) != -1 || r.waiting(t) != 0 {
			t.Errorf("it has %d events, and %d wait", r.left(t), r.waiting(t))
		}
	})
}

// A topic that is made anew is not made before the one of its name is removed, and its removal
// never meets it.
func TestATopicMadeAnewIsNotRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{topicsql.Migrations()}, func(t *testing.T, d *db.DB) {
		r := newRemoving(t, d)
		if _, err := r.one.Apply(r.one.ctx, dev(), "orders", topic.Settings{Broker: "events"}); !kernel.Is(err, kernel.Unavailable) {
			t.Errorf("it is made while the one before is there: %v", err)
		}
		r.one.Brokers = r.there
		_, err := r.one.Apply(r.one.ctx, dev(), "orders", topic.Settings{Broker: "events"})
		must(t, err)
		if r.left(t) != 0 {
			t.Errorf("it begins with %d events", r.left(t))
		}
		r.one.put(t, "orders", 0, 1)
		r.now = r.now.Add(time.Hour)
		must(t, r.two.RemoveDeleted(r.two.ctx))
		if r.left(t) != 1 {
			t.Errorf("it has %d events", r.left(t))
		}
	})
}

// While one daemon removes a topic, another does not make one of its name.
func TestNobodyMakesATopicThatAnotherRemoves(t *testing.T) {
	t.Parallel()
	r := newRemoving(t, dbtest.SQLite(t, topicsql.Migrations()))
	all, err := r.one.Removals.RemovalsOf(r.one.ctx, "acme")
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	if mine, err := r.one.Removals.HoldRemoval(r.one.ctx, all[0].ID, r.now, r.now.Add(time.Minute)); err != nil || !mine {
		t.Fatal(mine, err)
	}
	if _, err := r.two.Apply(r.two.ctx, dev(), "orders", topic.Settings{Broker: "events"}); !kernel.Is(err, kernel.Unavailable) || r.left(t) != 1 {
		t.Errorf("it is made while another removes it: %v", err)
	}
}

// slow are brokers that keep whoever removes a topic waiting.
type slow struct {
	topic.Brokers

	asked, done chan struct{}
}

func (s slow) RemoveAt(ctx context.Context, broker, home, account string) error {
	select {
	case s.asked <- struct{}{}:
		<-s.done
	case <-s.done:
	}
	return s.Brokers.RemoveAt(ctx, broker, home, account)
}

// announced are transactions that tell when one is over.
type announced struct {
	*db.DB

	over chan struct{}
}

func (a announced) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	defer nudge(a.over)
	return a.DB.InTx(ctx, fn) //nolint:wrapcheck // its own
}

// A process that comes to a removal after its time leaves it to the one that has taken it, and
// never meets the topic that was made since.
func TestARemovalThatIsLateMeetsNoNewTopic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{topicsql.Migrations()}, func(t *testing.T, d *db.DB) {
		r := newRemoving(t, d)
		r.now = r.now.Add(time.Hour)
		must(t, r.two.RemoveDeleted(r.two.ctx))
		var ahead atomic.Int64
		for _, each := range []*daemon{r.one, r.two} {
			each.Clock = func() time.Time { return r.now.Add(time.Duration(ahead.Load())) }
		}
		at := slow{r.there, make(chan struct{}), make(chan struct{})}
		tx := announced{d, make(chan struct{}, 1)}
		r.one.Brokers, r.one.Tx = at, tx
		ended := make(chan error, 2)
		for i, name := range []string{"first", "orders"} {
			_, err := r.two.Apply(r.two.ctx, dev(), name, topic.Settings{Broker: "events"})
			must(t, err)
			go func() { ended <- r.one.Delete(r.one.ctx, dev(), name) }()
			if i == 0 {
				<-at.asked
			}
		}
		until(t, "the second one does not wait for the first", tx.over, func() bool { return r.waiting(t) == 2 })
		ahead.Store(int64(2 * time.Minute))
		must(t, r.two.RemoveDeleted(r.two.ctx))
		_, err := r.two.Apply(r.two.ctx, dev(), "orders", topic.Settings{Broker: "events"})
		must(t, err)
		r.two.put(t, "orders", 0, 1)
		close(at.done)
		must(t, <-ended)
		must(t, <-ended)
		if r.left(t) != 1 || r.waiting(t) != 0 {
			t.Errorf("it has %d events, and %d wait", r.left(t), r.waiting(t))
		}
	})
}

// A broker that stays away is given up, and the topic of another daemon's server is removed by
// that daemon alone.
func TestARemovalEnds(t *testing.T) {
	t.Parallel()
	r := newRemoving(t, dbtest.SQLite(t, topicsql.Migrations()))
	made, err := r.two.Apply(r.two.ctx, dev(), "notes", topic.Settings{})
	must(t, err)
	r.one.Brokers = r.there
	must(t, r.one.Delete(r.one.ctx, dev(), "notes"))
	if !r.two.server.Opened(made.Account()) || r.waiting(t) != 2 {
		t.Errorf("%d wait", r.waiting(t))
	}
	must(t, r.two.RemoveDeleted(r.two.ctx))
	if r.two.server.Opened(made.Account()) || r.waiting(t) != 1 {
		t.Errorf("%d wait", r.waiting(t))
	}
	r.one.Brokers, r.now = unreached{r.there}, r.now.Add(31*24*time.Hour)
	must(t, r.one.RemoveDeleted(r.one.ctx))
	if r.waiting(t) != 0 || r.left(t) != 1 {
		t.Errorf("%d wait, and it has %d events", r.waiting(t), r.left(t))
	}
}
