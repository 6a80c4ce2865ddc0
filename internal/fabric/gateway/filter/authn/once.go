package authn

import (
	"sync"
	"time"
)

// maxOnce bounds how many words are remembered.
const maxOnce = 100_000

// once remembers words until a time. When there are too many, those that are over go, and
// then any.
type once struct {
	mu sync.RWMutex
	of map[string]time.Time
}

// first keeps a word, and tells that it was not known.
func (o *once) first(word string, now, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if end, known := o.of[word]; known && end.After(now) {
		return false
	}
	if len(o.of) >= maxOnce {
		for old, end := range o.of {
			if !end.After(now) {
				delete(o.of, old)
			}
		}
		for old := range o.of {
			if len(o.of) < maxOnce {
				break
			}
			delete(o.of, old)
		}
	}
	if o.of == nil {
		o.of = map[string]time.Time{}
	}
	o.of[word] = until
	return true
}

// keep is first for a word that may be known already: it is kept for longer then, never
// for less.
func (o *once) keep(word string, now, until time.Time) {
	if o.first(word, now, until) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of[word].Before(until) {
		o.of[word] = until
	}
}

// until returns until when a word is kept, the zero time for none.
func (o *once) until(word string) time.Time {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.of[word]
}
