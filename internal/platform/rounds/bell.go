package rounds

import (
	"sync"
	"time"
)

// Bell calls a loop. Any number of rings before the loop looks are one.
type Bell struct {
	rung chan struct{}

	mu sync.Mutex
	// soon says that it rings by itself in a while.
	soon bool
}

// NewBell returns a bell that nobody has rung.
func NewBell() *Bell { return &Bell{rung: make(chan struct{}, 1)} }

// Ring has the loop look at once.
func (b *Bell) Ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// RingIn has the loop look in a while, together with whatever else rings until then.
// Where it is to look in a while already, that moment stays.
func (b *Bell) RingIn(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.soon {
		return
	}
	b.soon = true
	time.AfterFunc(d, func() {
		b.mu.Lock()
		b.soon = false // before the loop looks: who rings from now on is heard again
		b.mu.Unlock()
		b.Ring()
	})
}

// Rung receives a value for the rings since the last one.
func (b *Bell) Rung() <-chan struct{} { return b.rung }
