package release

import (
	"sync"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// remembered is how much of each kind is remembered.
const remembered = 128

// recent is what was found last. Only what never changes may be remembered, and who
// gets it must not change it.
type recent[K comparable, V any] struct {
	mu    sync.Mutex
	items map[K]V
	// order are the keys, the oldest first.
	order []K
}

func (r *recent[K, V]) get(key K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.items[key]
	return v, ok
}

func (r *recent[K, V]) put(key K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.items[key]; known {
		return
	}
	if r.items == nil {
		r.items = map[K]V{}
	}
	if len(r.order) == remembered {
		delete(r.items, r.order[0])
		r.order = r.order[1:]
	}
	r.items[key], r.order = v, append(r.order, key)
}

// name names a release.
type name struct {
	scope kernel.Scope
	id    string
}

// place is where a release is resolved for. The id is the digest of all that has a
// part in it.
type place struct {
	id string
	at graph.Context
}

// resolved is a release as a stage would have it.
type resolved struct {
	graph    *graph.Graph
	workload *workload.Workload
}
