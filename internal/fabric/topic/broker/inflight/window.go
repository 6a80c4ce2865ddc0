// Package inflight keeps what one group has in its hands in this process: which
// messages are out, which wait to come again, and which must wait for an earlier one
// of their key. Both drivers have their order per key from it.
//
// It owns the order and the counts of attempts, in memory. It does not own the
// group's cursor, which is the server's: what is lost here comes again from there.
package inflight

import (
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// Window is what one group has in its hands. It is safe for concurrent use.
type Window struct {
	ackWait time.Duration
	// forget has a delivery that was not acknowledged in time leave the window, as the
	// server sends it again; else it waits here to be handed out again.
	forget bool

	mu      sync.Mutex
	entries map[broker.Position]*entry
	// order has the entries as they are to be handed out: by partition as they came,
	// by offset in a partition.
	order   []*entry
	changed chan struct{}
	settled uint64
	// attempts remembers of messages that left and may come again how often they were
	// handed out.
	attempts map[broker.Position]int
}

// maxAttempts bounds what is remembered.
const maxAttempts = 1 << 14

// state is where a message is.
type state int

const (
	held state = iota // here, waiting for its turn
	out               // handed out
	done              // acknowledged: no longer an entry
)

type entry struct {
	delivery broker.Delivery
	state    state
	// until is, of what is held, when it may be handed out; of what is out, when it is
	// no longer waited for.
	until time.Time
	// touched is when the server last heard that it is in somebody's hands.
	touched time.Time
}

// New returns an empty window. Where forget is set the server sends again what was not
// acknowledged in ackWait; else the window does.
func New(ackWait time.Duration, forget bool) *Window {
	return &Window{
		ackWait: ackWait, forget: forget, entries: map[broker.Position]*entry{}, changed: make(chan struct{}), attempts: map[broker.Position]int{},
	}
}

// Offer takes a message that the server has sent. Its Token becomes the one that is
// good.
func (w *Window) Offer(d broker.Delivery, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := w.entries[d.Position]; ok { // sent again: nobody answered in time
		e.delivery.Token, e.touched = d.Token, now
		if e.state == out {
			w.giveBack(e, now)
		}
		w.wake()
		return
	}
	e := &entry{delivery: d, touched: now}
	e.delivery.Attempt = w.attempts[d.Position]
	w.entries[d.Position] = e
	i := len(w.order)
	for i > 0 && w.order[i-1].delivery.Position.Partition == d.Position.Partition && w.order[i-1].delivery.Position.Offset > d.Position.Offset {
		i--
	}
	w.order = slices.Insert(w.order, i, e)
	w.wake()
}

// Take hands out at most limit messages: of each key those that are next, while none
// of it is out.
func (w *Window) Take(limit int, now time.Time) []broker.Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expire(now)
	var all []broker.Delivery
	blocked := map[string]bool{}
	for _, e := range w.order {
		key := e.delivery.Key
		switch {
		case len(all) == limit:
			return all
		case e.state == done || key != "" && blocked[key]:
		case e.state == out || e.until.After(now):
			blocked[key] = true
		default:
			e.state, e.until = out, now.Add(w.patience())
			e.delivery.Attempt++
			all = append(all, e.delivery)
		}
	}
	return all
}

// patience is how long a delivery is waited for: a server that sends it again itself
// gets the time to do so.
func (w *Window) patience() time.Duration {
	if w.forget {
		return w.ackWait + w.ackWait/2
	}
	return w.ackWait
}

// expire lets go of what was out for too long.
func (w *Window) expire(now time.Time) {
	for _, e := range w.order {
		if e.state != out || e.until.After(now) {
			continue
		}
		if w.forget { // it was acknowledged elsewhere, or comes again
			w.remove(e)
			continue
		}
		w.giveBack(e, now)
	}
	w.compact()
}

// giveBack has an entry wait again, and the later ones of its key that are out: theirs was
// no attempt, as nobody may work on them before it.
func (w *Window) giveBack(e *entry, until time.Time) {
	e.state, e.until = held, until
	if e.delivery.Key == "" {
		return
	}
	for _, later := range w.order[slices.Index(w.order, e)+1:] {
		if later.state == out && later.delivery.Key == e.delivery.Key {
			later.state, later.until = held, until
			later.delivery.Attempt--
		}
	}
}

// Current reports whether a token is that of a delivery which is out now. known is
// whether the message is in this window at all.
func (w *Window) Current(p broker.Position, token string) (current, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e, ok := w.entries[p]
	return ok && e.state == out && e.delivery.Token == token, ok
}

// Done removes a message that was acknowledged.
func (w *Window) Done(p broker.Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled++
	defer delete(w.attempts, p)
	if e, ok := w.entries[p]; ok {
		w.remove(e)
		w.compact()
		w.wake()
	}
}

// Back has a message come again at until, with the later ones of its key that are out.
func (w *Window) Back(p broker.Position, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := w.entries[p]; ok && e.state == out {
		w.giveBack(e, until)
		w.wake()
	}
}

// Unseen has a message come again at once that nobody has worked on, with the later ones of its
// key that are out: handing it out was no attempt.
func (w *Window) Unseen(p broker.Position, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := w.entries[p]; ok && e.state == out {
		e.delivery.Attempt--
		w.giveBack(e, now)
		w.wake()
	}
}

// Drop forgets what a test is true of, and returns it.
func (w *Window) Drop(match func(d broker.Delivery, isOut bool) bool) []broker.Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []broker.Delivery
	for _, e := range w.order {
		if e.state != done && match(e.delivery, e.state == out) {
			w.remove(e)
			all = append(all, e.delivery)
		}
	}
	w.compact()
	w.wake()
	return all
}

// Untouched returns what is held here and the server has not heard of for so long, as
// if it now did.
func (w *Window) Untouched(age time.Duration, now time.Time) []broker.Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []broker.Delivery
	for _, e := range w.order {
		if e.state == held && now.Sub(e.touched) >= age {
			e.touched = now
			all = append(all, e.delivery)
		}
	}
	return all
}

func (w *Window) remove(e *entry) {
	delete(w.entries, e.delivery.Position)
	e.state = done
	if len(w.attempts) >= maxAttempts {
		clear(w.attempts)
	}
	if e.delivery.Attempt > 0 {
		w.attempts[e.delivery.Position] = e.delivery.Attempt
	}
}

// compact drops entries that are done, once they are many.
func (w *Window) compact() {
	if len(w.order) > 2*len(w.entries)+16 || len(w.entries) == 0 {
		w.order = slices.DeleteFunc(w.order, func(e *entry) bool { return e.state == done })
	}
}

func (w *Window) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}
