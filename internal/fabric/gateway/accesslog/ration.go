package accesslog

import (
	"sync"
	"time"
)

const (
	// rationBurst lines of a kind may come at once, and rationPerSecond each second.
	rationBurst     = 50
	rationPerSecond = 5
)

// Ration bounds how many lines of a kind are written, so that what costs its sender
// nothing does not push out the lines of requests. The zero value is ready.
type Ration struct {
	mu    sync.Mutex
	kinds map[string]*allowance
}

type allowance struct {
	tokens float64
	at     time.Time
	// suppressed were not written since the last one was.
	suppressed int64
}

// Take tells whether a line of a kind may be written at a time, and how many of it were
// not since the last one. Kinds are the gateway's own words: there are few.
func (r *Ration) Take(kind string, at time.Time) (suppressed int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.kinds[kind]
	if a == nil {
		if r.kinds == nil {
			r.kinds = map[string]*allowance{}
		}
		a = &allowance{tokens: rationBurst, at: at}
		r.kinds[kind] = a
	}
	if passed := at.Sub(a.at); passed > 0 {
		a.tokens, a.at = min(rationBurst, a.tokens+passed.Seconds()*rationPerSecond), at
	}
	if a.tokens < 1 {
		a.suppressed++
		return 0, false
	}
	a.tokens--
	suppressed, a.suppressed = a.suppressed, 0
	return suppressed, true
}
