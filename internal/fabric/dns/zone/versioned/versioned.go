// Package versioned has a map of which there are any number of versions. Making one of another
// costs what is changed, not what there is.
//
// It owns how versions share what they have in common, and nothing of what is kept.
package versioned

import (
	"hash/maphash"
	"iter"
	"maps"
)

// perShard is how many entries a part has on average, and most when the parts are made anew.
const perShard, most = 32, 128

// Map maps names to values. It never changes, so any number of goroutines may read it; the zero
// Map is empty.
type Map[V any] struct {
	seed   maphash.Seed
	shards []map[string]V // a power of two of them
	n      int
}

// Len returns how many entries there are.
func (m Map[V]) Len() int { return m.n }

func (m Map[V]) at(name string) int {
	if len(m.shards) == 1 {
		return 0
	}
	return int(maphash.String(m.seed, name) & uint64(len(m.shards)-1))
}

// Get returns the value of a name.
func (m Map[V]) Get(name string) (v V, ok bool) {
	if m.n == 0 {
		return v, false
	}
	v, ok = m.shards[m.at(name)][name]
	return v, ok
}

// All goes through the entries, in no order.
func (m Map[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, shard := range m.shards {
			for name, v := range shard {
				if !yield(name, v) {
					return
				}
			}
		}
	}
}

// Edit makes the next version of a map. It is for one goroutine.
type Edit[V any] struct {
	m     Map[V]
	owned []bool
}

// Edit begins the next version, for about as many entries more.
func (m Map[V]) Edit(more int) *Edit[V] {
	e := &Edit[V]{m: m}
	if wanted := m.n + more; len(m.shards) == 0 || wanted > most*len(m.shards) {
		e.spread(wanted)
		return e
	}
	e.m.shards = append([]map[string]V(nil), m.shards...)
	e.owned = make([]bool, len(m.shards))
	return e
}

// spread makes the parts anew, for as many entries.
func (e *Edit[V]) spread(wanted int) {
	before, count := e.m, 1
	for count*perShard < wanted {
		count *= 2
	}
	e.m = Map[V]{seed: maphash.MakeSeed(), shards: make([]map[string]V, count), n: before.n}
	e.owned = make([]bool, count)
	for i := range e.m.shards {
		e.m.shards[i], e.owned[i] = map[string]V{}, true
	}
	for name, v := range before.All() {
		e.m.shards[e.m.at(name)][name] = v
	}
}

// own returns the part of a name, which may be changed.
func (e *Edit[V]) own(name string) map[string]V {
	at := e.m.at(name)
	if !e.owned[at] {
		e.m.shards[at], e.owned[at] = maps.Clone(e.m.shards[at]), true
	}
	return e.m.shards[at]
}

// Get returns the value that a name has by now.
func (e *Edit[V]) Get(name string) (V, bool) { return e.m.Get(name) }

// Set gives a name a value.
func (e *Edit[V]) Set(name string, v V) {
	shard := e.own(name)
	before := len(shard)
	shard[name] = v
	e.m.n += len(shard) - before
}

// Delete removes a name.
func (e *Edit[V]) Delete(name string) {
	shard := e.own(name)
	before := len(shard)
	delete(shard, name)
	e.m.n += len(shard) - before
}

// Map ends the edit.
func (e *Edit[V]) Map() Map[V] {
	m := e.m
	e.m, e.owned = Map[V]{}, nil
	return m
}
