package brokertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func testGroups(t *testing.T, f *fixture) {
	f.publish(t, 0, "aa")
	f.group(t, broker.Group{Name: "audit"})
	equal(t, "one group", ids(f.collect(t, 2)), "0 1")
	got := f.fetchOf(t, "audit", 1)
	equal(t, "another", ids(got), "0")
	must(t, f.RemoveGroup(bounded(t), f.topic.Name, "audit"))
	must(t, f.RemoveGroup(bounded(t), f.topic.Name, "audit"))
	if _, err := f.Fetch(bounded(t), f.topic.Name, "audit", 1, 0); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("a removed group: %v", err)
	}
}

func testFilter(t *testing.T, f *fixture) {
	f.group(t, broker.Group{Name: "some", Types: []string{"order.b", "order.c"}})
	f.publish(t, 0, "abac")
	var got []broker.Delivery
	for len(got) < 2 {
		got = append(got, f.fetchOf(t, "some", 10)...)
	}
	equal(t, "b", ofKey(got, "b"), "1")
	equal(t, "c", ofKey(got, "c"), "3")
	must(t, f.Ack(bounded(t), f.topic.Name, "some", tokens(got)...))
	settle(t, func() (bool, string) {
		lag, err := f.Lag(bounded(t), f.topic.Name, "some")
		return err == nil && lag.Pending+lag.InFlight == 0, fmt.Sprintf("lag %+v, %v", lag, err)
	})
}

// settle waits until a condition holds.
func settle(t testing.TB, holds func() (bool, string)) {
	t.Helper()
	ctx := bounded(t)
	for {
		ok, is := holds()
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(is)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func testSeek(t *testing.T, f *fixture) {
	first := f.publish(t, 0, "aa")
	f.drain(t, 2)
	var between time.Time
	settle(t, func() (bool, string) { // the server's clock is at the next millisecond
		got, err := f.Read(bounded(t), f.topic.Name, first[1], 1)
		if err != nil || len(got) == 0 {
			return false, fmt.Sprint(err)
		}
		between = time.Now().Add(-time.Millisecond)
		return between.After(got[0].Stored.Add(time.Millisecond)), "time stands still"
	})
	f.publish(t, 2, "a")
	must(t, f.Seek(bounded(t), f.topic.Name, group, broker.Start{At: &first[1]}))
	equal(t, "by place", ids(f.collect(t, 2)), "1 2")
	must(t, f.Seek(bounded(t), f.topic.Name, group, broker.Start{Time: between}))
	equal(t, "by time", ids(f.collect(t, 1)), "2")
	must(t, f.Seek(bounded(t), f.topic.Name, group, broker.Start{}))
	got := f.collect(t, 3)
	equal(t, "from the beginning", ids(got), "0 1 2")
	f.ack(t, got...)
	must(t, f.Seek(bounded(t), f.topic.Name, group, broker.Start{New: true}))
	f.publish(t, 3, "a")
	equal(t, "from now on", ids(f.collect(t, 1)), "3")
}

func testBegin(t *testing.T, f *fixture) {
	places := f.publish(t, 0, "aa")
	f.group(t, broker.Group{Name: "late", From: broker.Start{New: true}})
	f.group(t, broker.Group{Name: "placed", From: broker.Start{At: &places[1]}})
	f.publish(t, 2, "a")
	f.group(t, broker.Group{Name: "late", AckWait: 30 * time.Second}) // it stays where it is
	equal(t, "what came later", ids(f.fetchOf(t, "late", 1)), "2")
	equal(t, "from a place on", ids(f.fetchOf(t, "placed", 1)), "1")
}

func testLag(t *testing.T, f *fixture) {
	before := time.Now().Add(-time.Minute)
	lag, err := f.Lag(bounded(t), f.topic.Name, group)
	must(t, err)
	if lag != (broker.Lag{}) {
		t.Fatalf("nothing was published: %+v", lag)
	}
	f.publish(t, 0, "abc")
	out := f.fetch(t, 1)
	settle(t, func() (bool, string) {
		lag, err := f.Lag(bounded(t), f.topic.Name, group)
		return err == nil && lag.Pending == 2 && lag.InFlight == 1 && lag.Oldest.After(before), fmt.Sprintf("%+v, %v", lag, err)
	})
	f.ack(t, append(out, f.collect(t, 2)...)...)
	settle(t, func() (bool, string) {
		lag, err := f.Lag(bounded(t), f.topic.Name, group)
		return err == nil && lag == (broker.Lag{}), fmt.Sprintf("%+v, %v", lag, err)
	})
}
