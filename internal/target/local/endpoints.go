package local

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// endpointKey names a port of a service; the empty port is its only one.
type endpointKey struct {
	scope         kernel.Scope
	service, port string
}

type endpoint struct{ addr, release string }

// endpoints is where ready services answer. Reading takes no lock: the table is
// replaced as a whole.
type endpoints struct {
	table atomic.Pointer[map[endpointKey]endpoint]
	mu    sync.Mutex
	// moved is closed once the table is another one.
	moved atomic.Pointer[chan struct{}]
}

func newEndpoints() *endpoints {
	e := &endpoints{}
	e.table.Store(&map[endpointKey]endpoint{})
	moved := make(chan struct{})
	e.moved.Store(&moved)
	return e
}

func (e *endpoints) lookup(scope kernel.Scope, service, port string) (addr, release string, ok bool) {
	found, ok := (*e.table.Load())[endpointKey{scope, service, port}]
	return found.addr, found.release, ok
}

// ports are those of a service, by name and number.
func (e *endpoints) ports(scope kernel.Scope, service string) []string {
	var out []string
	for at := range *e.table.Load() {
		if at.scope == scope && at.service == service {
			out = append(out, at.port)
		}
	}
	return out
}

// services are the names of those of a scope that answer, in order.
func (e *endpoints) services(scope kernel.Scope) (names []string) {
	for at := range *e.table.Load() {
		if at.scope == scope {
			names = append(names, at.service)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// set replaces all of a service's endpoints; none takes it out. A port is found by
// its name, and by its number where no other has that for a name.
func (e *endpoints) set(k Key, addrs, byNumber map[string]string, release string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := maps.Clone(*e.table.Load())
	maps.DeleteFunc(next, func(at endpointKey, _ endpoint) bool { return at.scope == k.Scope && at.service == k.Name })
	for number, addr := range byNumber {
		next[endpointKey{k.Scope, k.Name, number}] = endpoint{addr, release}
	}
	for port, addr := range addrs {
		next[endpointKey{k.Scope, k.Name, port}] = endpoint{addr, release}
		if len(addrs) == 1 {
			next[endpointKey{k.Scope, k.Name, ""}] = endpoint{addr, release}
		}
	}
	if maps.Equal(next, *e.table.Load()) {
		return
	}
	e.table.Store(&next)
	moved := make(chan struct{})
	close(*e.moved.Swap(&moved))
}
