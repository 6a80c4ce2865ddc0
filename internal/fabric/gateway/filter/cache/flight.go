package cache

import "sync"

// flights are the requests whose answers others wait for.
type flights struct {
	mu sync.Mutex
	of map[string]*flight
}

// flight is one of them.
type flight struct {
	done chan struct{}
	// alone tells, once done, that its answer is for nobody else.
	alone bool
	land  func(alone bool)
}

// board returns the flight for a key; lead tells that it has just begun, and
// that the caller has to land it.
func (f *flights) board(key string) (one *flight, lead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one = f.of[key]; one != nil {
		return one, false
	}
	one = &flight{done: make(chan struct{})}
	var once sync.Once
	one.land = func(alone bool) {
		once.Do(func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			delete(f.of, key)
			one.alone = alone
			close(one.done)
		})
	}
	if f.of == nil {
		f.of = map[string]*flight{}
	}
	f.of[key] = one
	return one, true
}
