package beside_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside/besidesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

// installation is daemons on one database, and their time.
type installation struct {
	db  *db.DB
	now time.Time
}

// daemon is one of an installation, whose database may be away.
type daemon struct {
	*beside.Sidecars

	spread *beside.Spread
	store  *flaky
}

// flaky is a store that may be away.
type flaky struct {
	beside.Store

	away atomic.Bool
}

func (f *flaky) Daemons(ctx context.Context) ([]beside.Daemon, error) {
	if f.away.Load() {
		return nil, errors.New("the database is away")
	}
	return f.Store.Daemons(ctx)
}

func each(t *testing.T, test func(t *testing.T, i *installation)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{besidesql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(t, &installation{d, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	})
}

func (i *installation) daemon(name string) daemon {
	s, store := beside.New(), &flaky{Store: besidesql.NewStore(i.db)}
	return daemon{s, beside.NewSpread(beside.Config{
		Sidecars: s, Store: store, Tx: i.db, Clock: func() time.Time { return i.now }, Daemon: name, Log: slog.New(slog.DiscardHandler),
	}), store}
}

// exchange has daemons exchange what they know, one after the other.
func exchange(t *testing.T, all ...daemon) {
	t.Helper()
	for _, d := range all {
		if err := d.spread.Exchange(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// pass has time go by in which daemons exchange every second, the last time at its end.
func (i *installation) pass(t *testing.T, long time.Duration, all ...daemon) {
	t.Helper()
	for end := i.now.Add(long); i.now.Before(end); {
		i.now = i.now.Add(time.Second)
		exchange(t, all...)
	}
}

// enter has a sidecar of orders come in at a port.
func (d daemon) enter(t *testing.T, port, release string) (leave func()) {
	t.Helper()
	leave, err := d.Enter(beside.Sidecar{Scope: dev(), Workload: "orders", From: "10.0.0.1", Inbound: ":" + port, Serves: 80, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

// knows fails where a daemon knows others of orders than these, by port and release.
func (d daemon) knows(t *testing.T, why string, all ...string) {
	t.Helper()
	var got, want []beside.Standing
	for i := 0; i < len(all); i += 2 {
		want = append(want, beside.Standing{Addr: "10.0.0.1:" + all[i], Serves: 80, Release: all[i+1]})
	}
	got = d.Of(dev())["orders"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", why, diff)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestDaemonsKnowTheSidecarsOfEachOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		a, b := i.daemon("a"), i.daemon("b")
		a.enter(t, "1", "one")
		exchange(t, a, b)
		turned := b.Turned()
		a.enter(t, "2", "one")
		b.enter(t, "3", "one")
		exchange(t, a, b, a)
		a.knows(t, "all are known at one", "1", "one", "2", "one", "3", "one")
		b.knows(t, "and at the other", "1", "one", "2", "one", "3", "one")
		if !closed(turned) {
			t.Error("nobody is told that there is another one")
		}
		i.now = i.now.Add(time.Second)
		a.enter(t, "2", "two")
		exchange(t, a, b)
		b.knows(t, "another release", "1", "one", "2", "two", "3", "one")
		b.enter(t, "1", "two")
		b.knows(t, "what it knows itself goes first, and at once", "1", "two", "2", "two", "3", "one")
		turned = b.Turned()
		i.pass(t, time.Minute, a, b)
		if closed(turned) {
			t.Error("who renews changes nothing")
		}
		i.daemon("c").knows(t, "one that is new knows nobody")
		c := i.daemon("c")
		exchange(t, b, c)
		c.knows(t, "of one that several know the youngest holds", "1", "two", "2", "two", "3", "one")
	})
}

func TestWhatADaemonKnewThatDiedIsGoneAfterItsLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		a, b := i.daemon("a"), i.daemon("b")
		a.enter(t, "1", "one")
		exchange(t, a, b)
		i.pass(t, beside.Lease-time.Second, b)
		b.knows(t, "the lease holds", "1", "one")
		i.pass(t, time.Second, b)
		b.knows(t, "the lease is over")
		all, err := besidesql.NewStore(i.db).Records(t.Context(), []string{"a"})
		if err != nil || len(all) > 0 {
			t.Errorf("rows of a daemon that died: %v %v", all, err)
		}
		a.enter(t, "2", "one")
		exchange(t, a, b)
		b.knows(t, "it had only slept, and tells of all again", "1", "one", "2", "one")
	})
}

func TestWhatWasKnownHoldsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		a, b := i.daemon("a"), i.daemon("b")
		a.enter(t, "1", "one")
		exchange(t, a, b)
		b.store.away.Store(true)
		i.now = i.now.Add(10 * beside.Lease)
		if err := b.spread.Exchange(t.Context()); err == nil {
			t.Error("nobody is told that the database is away")
		}
		b.knows(t, "it is away", "1", "one")
		b.store.away.Store(false)
		exchange(t, b)
		b.knows(t, "it has just come back, and the others had no time to renew", "1", "one")
		exchange(t, a)
		i.pass(t, beside.Lease+time.Second, a, b)
		b.knows(t, "they have renewed", "1", "one")
	})
}

func TestAWorkloadHasNoMoreSidecarsAtSeveralDaemonsThanAtOne(t *testing.T) {
	t.Parallel()
	i := &installation{dbtest.SQLite(t, besidesql.Migrations()), time.Now()}
	a, b := i.daemon("a"), i.daemon("b")
	for port := range beside.MaxOfWorkload {
		a.enter(t, string(rune('1'+port/100))+string(rune('0'+port/10%10))+string(rune('0'+port%10)), "")
	}
	exchange(t, a, b)
	if _, err := b.Enter(beside.Sidecar{Scope: dev(), Workload: "orders", From: "10.0.0.1", Inbound: ":9999"}); err == nil {
		t.Error("one more comes in")
	}
	b.enter(t, "100", "") // one that is known comes over
}

// TestLeavingSpreads also has a daemon be complete only once it knows what others know.
func TestLeavingSpreads(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits as long as a sidecar that has left is told of")
	}
	i := &installation{dbtest.SQLite(t, besidesql.Migrations()), time.Now()}
	late, a, b := i.daemon("late"), i.daemon("a"), i.daemon("b")
	leave := a.enter(t, "1", "one")
	a.enter(t, "2", "one")
	exchange(t, a, b)
	turned := a.Turned()
	leave()
	exchange(t, a, b)
	b.knows(t, "it may come back", "1", "one", "2", "one")
	select {
	case <-turned:
	case <-time.After(time.Minute):
		t.Fatal("it is never forgotten")
	}
	exchange(t, a, b)
	b.knows(t, "it has left", "2", "one")
	<-b.Complete()
	if closed(late.Complete()) {
		t.Error("it is complete without what others know")
	}
	exchange(t, late)
	<-late.Complete()
}
