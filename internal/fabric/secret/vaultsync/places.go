package vaultsync

import (
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// atOnce is how many syncs one process works on, and atOnceOf how many of one tenant.
	atOnce, atOnceOf = 16, 8
	// turn is how long a sync has its place while another tenant waits that has none.
	turn = 15 * time.Second
)

// places are those in which a process works on syncs. They are shared among tenants: who
// has few goes before who has many, and a sync gives way between two secrets where another
// tenant has a better right to its place.
type places struct {
	mu sync.Mutex
	// taken are the scopes that are worked on.
	taken map[kernel.Scope]*place
	// served counts up with each place that is taken, and last has when a tenant took one.
	served int
	last   map[string]int
}

// place is one of a sync.
type place struct {
	since time.Time
	// gives says that it is another tenant's after the secret that is worked on.
	gives bool
}

func newPlaces() *places {
	return &places{taken: map[kernel.Scope]*place{}, last: map[string]int{}}
}

// next takes a place for one of those that wait, and removes it from them; false where there
// is none, or nobody who may have one.
func (p *places) next(waiting []Sync, now time.Time) (Sync, []Sync, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting = slices.DeleteFunc(waiting, func(y Sync) bool { return p.taken[y.Scope] != nil || p.of(y.Scope.Tenant) >= atOnceOf })
	if len(waiting) == 0 {
		return Sync{}, nil, false
	}
	first := waiting[0]
	for _, y := range waiting[1:] {
		if p.before(y.Scope.Tenant, first.Scope.Tenant) {
			first = y
		}
	}
	if len(p.taken) >= atOnce {
		p.ask(p.of(first.Scope.Tenant), now)
		return Sync{}, waiting, false
	}
	p.served++
	p.taken[first.Scope], p.last[first.Scope.Tenant] = &place{since: now}, p.served
	return first, waiting, true
}

// of is how many places a tenant has.
func (p *places) of(tenant string) (n int) {
	for scope := range p.taken {
		if scope.Tenant == tenant {
			n++
		}
	}
	return n
}

// before reports whether a tenant has its turn before another one.
func (p *places) before(tenant, other string) bool {
	if a, b := p.of(tenant), p.of(other); a != b {
		return a < b
	}
	return p.last[tenant] < p.last[other]
}

// ask has somebody give way to a tenant that has a number of places: of those who have at
// least two more, or one more for longer than a turn, who has worked longest.
func (p *places) ask(has int, now time.Time) {
	var longest *place
	for scope, taken := range p.taken {
		more := p.of(scope.Tenant) - has
		if more < 1 || more == 1 && now.Sub(taken.since) < turn {
			continue
		}
		if taken.gives {
			return // a place is free soon
		}
		if longest == nil || taken.since.Before(longest.since) {
			longest = taken
		}
	}
	if longest != nil {
		longest.gives = true
	}
}

// gives reports whether the sync of a scope is to give way.
func (p *places) gives(scope kernel.Scope) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.taken[scope]
	return taken != nil && taken.gives
}

// leave gives a place back.
func (p *places) leave(scope kernel.Scope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, scope)
}
