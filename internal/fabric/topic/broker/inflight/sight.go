package inflight

import "time"

// Counts are how many messages are held and out, and how many were settled since the
// beginning.
type Counts struct {
	Held, Out int
	Settled   uint64
}

// Counts tells what is in the window.
func (w *Window) Counts() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := Counts{Settled: w.settled}
	for _, e := range w.entries {
		if e.state == out {
			c.Out++
		} else {
			c.Held++
		}
	}
	return c
}

// Changed returns a channel that is closed at the next change.
func (w *Window) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// Next returns how long it takes until time alone changes what can be handed out, at
// most limit.
func (w *Window) Next(now time.Time, limit time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		if left := e.until.Sub(now); left > 0 || e.state == out {
			limit = min(limit, max(left, 0))
		}
	}
	return limit
}

// Floor returns the lowest offset of a partition that is in the window.
func (w *Window) Floor(partition int) (offset uint64, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p := range w.entries {
		if p.Partition == partition && (!ok || p.Offset < offset) {
			offset, ok = p.Offset, true
		}
	}
	return offset, ok
}

// Fresh returns how many of the held were never handed out.
func (w *Window) Fresh() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		if e.state == held && e.delivery.Attempt == 0 {
			n++
		}
	}
	return n
}

// Delayed reports whether something is to come again later.
func (w *Window) Delayed(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		if e.state == held && e.until.After(now) {
			return true
		}
	}
	return false
}
