// Package turnstile lets work through, a bounded number of pieces at once, in which those
// who ask take turns: who asks for much holds up nobody who asks for little.
//
// It owns the order. It does not own what the work is, nor who asks.
package turnstile

import (
	"context"
	"slices"
	"sync"
)

// Turnstile lets pieces of work through.
type Turnstile struct {
	mu   sync.Mutex
	free int
	// waiting are the pieces of each who asks, in their order, and turns those who have
	// any, in theirs.
	waiting map[string][]chan struct{}
	turns   []string
}

// New returns a turnstile for so many pieces at once.
func New(most int) *Turnstile {
	return &Turnstile{free: most, waiting: map[string][]chan struct{}{}}
}

// Enter waits for a turn of who asks. Whoever got one has to Leave; the error is the
// context's.
func (t *Turnstile) Enter(ctx context.Context, who string) error {
	turn, waits := t.ask(who)
	if !waits {
		return nil
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		if !t.forget(who, turn) {
			t.Leave() // it got its turn meanwhile
		}
		return ctx.Err()
	}
}

func (t *Turnstile) ask(who string) (turn chan struct{}, waits bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free > 0 { // then nobody waits
		t.free--
		return nil, false
	}
	turn = make(chan struct{})
	if len(t.waiting[who]) == 0 {
		t.turns = append(t.turns, who)
	}
	t.waiting[who] = append(t.waiting[who], turn)
	return turn, true
}

// forget takes a piece out of those that wait; false where it does not any more.
func (t *Turnstile) forget(who string, turn chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting[who], turn)
	if i < 0 {
		return false
	}
	if t.waiting[who] = slices.Delete(t.waiting[who], i, i+1); len(t.waiting[who]) == 0 {
		delete(t.waiting, who)
		t.turns = slices.DeleteFunc(t.turns, func(other string) bool { return other == who })
	}
	return true
}

// Leave gives the turn to the next of those who wait.
func (t *Turnstile) Leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.turns) == 0 {
		t.free++
		return
	}
	who := t.turns[0]
	t.turns = t.turns[1:]
	close(t.waiting[who][0])
	if t.waiting[who] = t.waiting[who][1:]; len(t.waiting[who]) == 0 {
		delete(t.waiting, who)
		return
	}
	t.turns = append(t.turns, who)
}
