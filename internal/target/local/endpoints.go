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

// endpoint is where a service answers, and where the release does that is on its way to take
// over, with its weight in percent.
type endpoint struct {
	addr, release         string
	nextAddr, nextRelease string
	weight                int
}

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

// placed is where an instance answers, by the names of its ports, and by their numbers.
type placed struct {
	addrs, byNumber map[string]string
	release         string
	weight          int
}

// sharing returns it with a weight.
func (p *placed) sharing(weight int) *placed {
	p.weight = weight
	return p
}

// at returns where a port is answered, by the kind of its name.
func (p *placed) at(number bool, port string) string {
	switch {
	case p == nil:
		return ""
	case number:
		return p.byNumber[port]
	}
	return p.addrs[port]
}

// shared returns the release that is on its way to take over, with its weight.
func (e *endpoints) shared(scope kernel.Scope, service, port string) (addr, release string, weight int) {
	found := (*e.table.Load())[endpointKey{scope, service, port}]
	if found.nextAddr == "" {
		return "", "", 0
	}
	return found.nextAddr, found.nextRelease, found.weight
}

// set replaces all of a service's endpoints; none takes it out. A port is found by
// its name, and by its number where no other has that for a name. Next is on its way to take
// over, nil for none.
func (e *endpoints) set(k Key, current, upcoming *placed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := maps.Clone(*e.table.Load())
	maps.DeleteFunc(next, func(at endpointKey, _ endpoint) bool { return at.scope == k.Scope && at.service == k.Name })
	if current != nil {
		place := func(as, port, addr string, number bool) {
			one := endpoint{addr: addr, release: current.release}
			if other := upcoming.at(number, port); other != "" {
				one.nextAddr, one.nextRelease, one.weight = other, upcoming.release, upcoming.weight
			}
			next[endpointKey{k.Scope, k.Name, as}] = one
		}
		for number, addr := range current.byNumber {
			place(number, number, addr, true)
		}
		for port, addr := range current.addrs {
			place(port, port, addr, false)
			if len(current.addrs) == 1 {
				place("", port, addr, false)
			}
		}
	}
	if maps.Equal(next, *e.table.Load()) {
		return
	}
	e.table.Store(&next)
	moved := make(chan struct{})
	close(*e.moved.Swap(&moved))
}
