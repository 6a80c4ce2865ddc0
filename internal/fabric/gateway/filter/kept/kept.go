// Package kept keeps what filters remember from one configuration to the next:
// as long as a filter, of the old configuration or the new, has it.
//
// It owns no values: what nobody has any more is forgotten by itself.
package kept

import (
	"sync"
	"weak"
)

// Map keeps values by key; its zero value is ready.
type Map[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]weak.Pointer[V]
}

// Get returns the value of a key; where nobody has one, it is made.
func (m *Map[K, V]) Get(key K, build func() *V) *V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.m[key].Value(); v != nil {
		return v
	}
	for other, p := range m.m {
		if p.Value() == nil {
			delete(m.m, other)
		}
	}
	v := build()
	if m.m == nil {
		m.m = map[K]weak.Pointer[V]{}
	}
	m.m[key] = weak.Make(v)
	return v
}
