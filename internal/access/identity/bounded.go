package identity

import "sync"

// bounded is a map that forgets all when it is full: what it holds can be read again.
type bounded[K comparable, V any] struct {
	mu   sync.RWMutex
	most int
	all  map[K]V
}

func newBounded[K comparable, V any](most int) *bounded[K, V] {
	return &bounded[K, V]{most: most, all: map[K]V{}}
}

func (b *bounded[K, V]) get(k K) (v V, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	v, ok = b.all[k]
	return v, ok
}

func (b *bounded[K, V]) put(k K, v V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) >= b.most {
		clear(b.all)
	}
	b.all[k] = v
}
