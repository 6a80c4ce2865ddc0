package rounds

import (
	"maps"
	"slices"
	"sync"
)

// Turns has work done beside a loop: a bounded number of pieces at once, and one at a time
// for each key. So nobody's work, however much it is, takes the turns of all.
type Turns struct {
	// Most is how many pieces of work are done at once.
	Most int

	mu   sync.Mutex
	busy map[string]bool
	work sync.WaitGroup
}

// Busy returns the keys whose work is being done, and whether there is room for another's.
func (t *Turns) Busy() (keys []string, room bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.busy)), len(t.busy) < t.Most
}

// Begin has work done for a key that is not busy, and done called after it. Only the loop
// that asked Busy may begin any.
func (t *Turns) Begin(key string, work, done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy == nil {
		t.busy = map[string]bool{}
	}
	t.busy[key] = true
	t.work.Go(func() {
		defer done()
		defer t.end(key)
		work()
	})
}

func (t *Turns) end(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, key)
}

// Wait waits until all work is done.
func (t *Turns) Wait() { t.work.Wait() }
