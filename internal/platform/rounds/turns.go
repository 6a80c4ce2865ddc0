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

// Fill begins work as long as there is room. next finds what is due of a key that is not
// busy, and takes it: without a key there is nothing, and without work another has taken it.
// done is called after each piece. Only one loop may fill.
func (t *Turns) Fill(next func(busy []string) (key string, work func(), err error), done func()) error {
	for {
		busy, room := t.room()
		if !room {
			return nil
		}
		key, work, err := next(busy)
		if err != nil || key == "" {
			return err
		}
		if work != nil {
			t.begin(key, work, done)
		}
	}
}

// room returns the keys whose work is being done, and whether there is room for another's.
func (t *Turns) room() (busy []string, room bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.busy)), len(t.busy) < t.Most
}

func (t *Turns) begin(key string, work, done func()) {
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
