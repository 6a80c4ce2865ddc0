package traffic

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Instances counts what instances answer, those alone that somebody watches: which of two
// releases does better is seen so. Its zero value is ready for use.
type Instances struct {
	// watched is copied where it changes, so that it is read without a lock.
	watched atomic.Pointer[map[string]*series]
	mu      sync.Mutex
}

// Count counts an answer of the instance at an address, up to its head. A nil Instances, and
// one that is not asked about the address, counts nothing.
func (i *Instances) Count(addr string, status int, took time.Duration) {
	if i == nil {
		return
	}
	if watched := i.watched.Load(); watched != nil {
		if s := (*watched)[addr]; s != nil {
			s.count(status, took, 0)
		}
	}
}

// Add adds what another has counted of instances, under a name that is none of an address. What
// nobody watches is forgotten.
func (i *Instances) Add(name string, t Tally) {
	if watched := i.watched.Load(); watched != nil {
		if s := (*watched)[name]; s != nil {
			s.add(t)
		}
	}
}

// Watch counts, from now on and until stop, what is answered at any of the addresses, or added
// under them. Who watched one of them before sees no more of it.
func (i *Instances) Watch(addrs []string) (tally func() Tally, stop func()) {
	s := &series{}
	i.change(func(watched map[string]*series) {
		for _, addr := range addrs {
			watched[addr] = s
		}
	})
	stop = func() {
		i.change(func(watched map[string]*series) {
			maps.DeleteFunc(watched, func(_ string, other *series) bool { return other == s })
		})
	}
	return s.tally, stop
}

func (i *Instances) change(to func(map[string]*series)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	next := map[string]*series{}
	if watched := i.watched.Load(); watched != nil {
		next = maps.Clone(*watched)
	}
	to(next)
	i.watched.Store(&next)
}
