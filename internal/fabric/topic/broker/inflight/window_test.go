package inflight_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker/inflight"
)

// fixture is a window and its time.
type fixture struct {
	*inflight.Window
	now time.Time
}

func fill(forget bool, keys string) *fixture {
	f := &fixture{inflight.New(30*time.Second, forget), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	for i, key := range keys {
		f.offer(i, strings.TrimSpace(string(key)))
	}
	return f
}

func (f *fixture) offer(i int, key string) {
	f.Offer(broker.Delivery{Message: broker.Message{Key: key}, Position: at(i), Token: fmt.Sprint("t", i)}, f.now)
}

func at(i int) broker.Position { return broker.Position{Offset: uint64(i)} }

// take returns the offsets that are handed out.
func (f *fixture) take(limit int) string {
	var all []string
	for _, d := range f.Take(limit, f.now) {
		all = append(all, fmt.Sprint(d.Position.Offset))
	}
	return strings.Join(all, " ")
}

func want(t *testing.T, when, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %q, want %q", when, got, want)
	}
}

func TestOrderPerKey(t *testing.T) {
	t.Parallel()
	f := fill(false, "aabca ")
	want(t, "two of one key in a row", f.take(2), "0 1")
	want(t, "others go on, the key waits", f.take(9), "2 3 5")
	f.Done(at(0))
	want(t, "one of the key is still out", f.take(9), "")
	f.Done(at(1))
	want(t, "the key goes on", f.take(9), "4")
}

func TestGivingBack(t *testing.T) {
	t.Parallel()
	f := fill(false, "aab")
	want(t, "all", f.take(9), "0 1 2")
	f.Back(at(0), f.now.Add(time.Minute))
	if current, known := f.Current(at(1), "t1"); current || !known {
		t.Fatal("the later one of the key is still out")
	}
	f.Done(at(2))
	want(t, "not before its time", f.take(9), "")
	f.now = f.now.Add(time.Minute)
	got := f.Take(9, f.now)
	if len(got) != 2 || got[0].Attempt != 2 || got[1].Position != at(1) || got[1].Attempt != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for _, forget := range []bool{false, true} {
		f := fill(forget, "ab")
		want(t, "all", f.take(9), "0 1")
		f.Done(at(1))
		f.now = f.now.Add(30 * time.Second)
		if !forget {
			want(t, "the window hands it out again", f.take(9), "0")
			continue
		}
		want(t, "the server gets time", f.take(9), "")
		f.offer(0, "a")
		want(t, "the server sent it again", f.take(9), "0")
		f.now = f.now.Add(time.Minute)
		want(t, "it was acknowledged elsewhere", f.take(9), "")
		if c := f.Counts(); c.Out+c.Held != 0 {
			t.Fatalf("%+v is still in the window", c)
		}
	}
}

// What comes late takes its place in the order.
func TestLateArrival(t *testing.T) {
	t.Parallel()
	f := fill(true, "")
	for _, i := range []int{5, 3, 4, 1} {
		f.offer(i, "a")
	}
	want(t, "by offset", f.take(9), "1 3 4 5")
	if floor, ok := f.Floor(0); floor != 1 || !ok {
		t.Fatal(floor, ok)
	}
}

func TestUntouched(t *testing.T) {
	t.Parallel()
	f := fill(true, "ab")
	f.take(1)
	f.now = f.now.Add(10 * time.Second)
	got := f.Untouched(10*time.Second, f.now)
	if len(got) != 1 || got[0].Position != at(1) || len(f.Untouched(10*time.Second, f.now)) != 0 {
		t.Fatalf("%+v", got)
	}
	dropped := f.Drop(func(_ broker.Delivery, isOut bool) bool { return !isOut })
	if !slices.EqualFunc(dropped, got, func(a, b broker.Delivery) bool { return a.Position == b.Position }) {
		t.Fatalf("%+v", dropped)
	}
}

// What nobody has seen comes again in its order, and was no attempt.
func TestUnseen(t *testing.T) {
	t.Parallel()
	f := fill(false, "aa")
	want(t, "both", f.take(9), "0 1")
	f.Unseen(at(0), f.now)
	f.Unseen(at(1), f.now)
	for _, d := range f.Take(9, f.now) {
		if d.Attempt != 1 {
			t.Errorf("%d is attempt %d", d.Position.Offset, d.Attempt)
		}
	}
	want(t, "both are out", f.take(9), "")
}
