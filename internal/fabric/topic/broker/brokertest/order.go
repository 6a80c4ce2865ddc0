package brokertest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

func testRoundTrip(t *testing.T, f *fixture) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sent := []broker.Message{
		{ID: "1", Type: "order.made", Key: "k ü", Time: at, Headers: map[string]string{"source": "/shop", "subject": "7 %", "content-type": "application/json"}, Data: []byte(`{"a":1}`)},
		{Data: []byte{0, 1, 2}, Key: "k ü", Headers: map[string]string{"X-Own": "1"}},
	}
	places, err := f.Publish(bounded(t), f.topic.Name, sent)
	must(t, err)
	got := f.drain(t, 2)
	for i, d := range got {
		if diff := cmp.Diff(sent[i], d.Message); diff != "" {
			t.Error(diff)
		}
		if d.Position != places[i] || d.Attempt != 1 || time.Since(d.Stored) > time.Hour {
			t.Errorf("place %+v, want %+v; attempt %d, stored %s", d.Position, places[i], d.Attempt, d.Stored)
		}
	}
}

func testOrderPerKey(t *testing.T, f *fixture) {
	f.publish(t, 0, "ababab")
	first := f.fetch(t, 1)
	rest := f.fetch(t, 10)
	key, other := first[0].Key, rest[0].Key
	if other == key {
		t.Fatalf("%s came while an earlier one of its key was out", ids(rest))
	}
	f.ack(t, first...)
	f.ack(t, rest...)
	got := append(first, rest...)
	for len(got) < 6 {
		next := f.fetch(t, 10)
		got = append(got, next...)
		f.ack(t, next...)
	}
	equal(t, "key a", ofKey(got, "a"), "0 2 4")
	equal(t, "key b", ofKey(got, "b"), "1 3 5")
	f.nothing(t, "all are acknowledged")
}

func testUnseen(t *testing.T, f *fixture) {
	f.publish(t, 0, "abc")
	for range 2 {
		var all []broker.Delivery
		for len(all) < 3 {
			all = append(all, f.fetchOf(t, group, 3-len(all))...)
		}
		for _, d := range all {
			if d.Attempt != 1 {
				t.Errorf("%s is attempt %d", d.ID, d.Attempt)
			}
		}
		must(t, f.Unseen(bounded(t), f.topic.Name, group, tokens(all)...))
	}
}

func testNak(t *testing.T, f *fixture) {
	f.publish(t, 0, "aaa")
	first := f.collect(t, 2)
	equal(t, "first", ids(first), "0 1")
	must(t, f.Nak(bounded(t), f.topic.Name, group, time.Second, first[0].Token))
	began := time.Now()
	f.nothing(t, "the delay has not passed")
	again := f.collect(t, 3)
	if time.Since(began) < 500*time.Millisecond {
		t.Fatal("it came before its delay")
	}
	equal(t, "again", ids(again), "0 1 2")
	if again[0].Attempt <= first[0].Attempt || again[1].Attempt != first[1].Attempt {
		t.Fatalf("attempts %d %d, before %d %d", again[0].Attempt, again[1].Attempt, first[0].Attempt, first[1].Attempt)
	}
}

func testAckWait(t *testing.T, f *fixture) {
	f.group(t, broker.Group{AckWait: time.Second})
	f.publish(t, 0, "ab")
	first := f.collect(t, 2)
	f.ack(t, first[1])
	again := f.fetch(t, 10)
	equal(t, "again", ids(again), first[0].ID)
	if again[0].Attempt <= first[0].Attempt {
		t.Fatalf("attempt %d", again[0].Attempt)
	}
	f.ack(t, again...)
	f.nothing(t, "it is acknowledged now")
}

func testResume(t *testing.T, f *fixture) {
	f.publish(t, 0, "aaaa")
	f.drain(t, 2)
	f.Close()
	f.Broker = f.driver.Open(t)
	equal(t, "the next process", ids(f.collect(t, 2)), "2 3")
}

// A process ends as it is, without giving back what it has.
func testTakeover(t *testing.T, f *fixture) {
	f.group(t, broker.Group{AckWait: 2 * time.Second})
	f.publish(t, 0, "aab")
	dead := f.fetch(t, 1)
	equal(t, "out", ids(dead), "0")
	other := *f
	other.Broker = f.driver.Open(t)
	t.Cleanup(other.Close)
	other.publish(t, 3, "a")
	f.driver.Kill(t, f.Broker)
	var got []broker.Delivery
	for ofKey(got, "a") != "0 1 3" && ofKey(got, "a") != "1 3" {
		next := other.fetch(t, 10)
		other.ack(t, next...)
		got = append(got, next...)
		if len(got) > 12 {
			t.Fatalf("got %s", ids(got))
		}
	}
	equal(t, "key a in the next process", ofKey(got, "a"), "0 1 3")
}

// Several fetch at once: each key is in the hands of one of them, and in order.
func testConcurrent(t *testing.T, f *fixture) {
	const n, keys = 400, 10
	var mu sync.Mutex
	seen, holders, total := map[string][]string{}, map[string]int{}, 0
	take := func(worker int, all []broker.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		total += len(all)
		for _, d := range all {
			if other, taken := holders[d.Key]; taken && other != worker {
				t.Errorf("key %s is with two at once", d.Key)
			}
			holders[d.Key] = worker
			seen[d.Key] = append(seen[d.Key], d.ID)
		}
	}
	release := func(all []broker.Delivery) bool {
		mu.Lock()
		defer mu.Unlock()
		for _, d := range all {
			delete(holders, d.Key)
		}
		return total >= n
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for done := false; !done; {
				all, err := f.Fetch(bounded(t), f.topic.Name, group, 7, 100*time.Millisecond)
				take(worker, all)
				done = release(all)
				if err = errors.Join(err, f.Ack(bounded(t), f.topic.Name, group, tokens(all)...)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := 0; i < n; i += 40 {
		f.publish(t, i, strings.Repeat("abcdefghij", 4))
	}
	wg.Wait()
	for k := range keys {
		var want []string
		for i := k; i < n; i += keys {
			want = append(want, fmt.Sprint(i))
		}
		key := string(rune('a' + k))
		equal(t, "key "+key, strings.Join(seen[key], " "), strings.Join(want, " "))
	}
}
