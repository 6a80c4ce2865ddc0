package db

import (
	"context"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// lane lets so many in at once as there are places. Of those that wait, each tenant's have
// their turn, one after the other: however much one tenant asks, another one's next request
// waits for no more than one of each.
type lane struct {
	mu     sync.Mutex
	places int
	taken  int
	// waiting are those that wait, by tenant, in the order in which they came; turns are
	// the tenants that somebody waits of, the next one first.
	waiting map[string][]chan struct{}
	turns   []string
}

func newLane(places int) *lane { return &lane{places: places, waiting: map[string][]chan struct{}{}} }

// tenantOf is whose work ctx is; "" is the platform's.
func tenantOf(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx)
	return actor.Tenant
}

// enter takes a place, or the error of ctx.
func (l *lane) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.taken < l.places {
		l.taken++
		l.mu.Unlock()
		return nil
	}
	tenant, turn := tenantOf(ctx), make(chan struct{})
	if len(l.waiting[tenant]) == 0 {
		l.turns = append(l.turns, tenant)
	}
	l.waiting[tenant] = append(l.waiting[tenant], turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		l.withdraw(tenant, turn)
		return ctx.Err()
	}
}

// withdraw gives up waiting, and the place where it was just given.
func (l *lane) withdraw(tenant string, turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.waiting[tenant] {
		if other == turn {
			l.waiting[tenant] = append(l.waiting[tenant][:i:i], l.waiting[tenant][i+1:]...)
			l.clear(tenant)
			return
		}
	}
	l.pass()
}

// clear forgets a tenant of which nobody waits any more.
func (l *lane) clear(tenant string) {
	if len(l.waiting[tenant]) > 0 {
		return
	}
	delete(l.waiting, tenant)
	for i, other := range l.turns {
		if other == tenant {
			l.turns = append(l.turns[:i:i], l.turns[i+1:]...)
			return
		}
	}
}

// leave gives a place back.
func (l *lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass()
}

// pass gives a place to who is next, where somebody waits.
func (l *lane) pass() {
	if len(l.turns) == 0 {
		l.taken--
		return
	}
	tenant := l.turns[0]
	l.turns = l.turns[1:]
	next := l.waiting[tenant][0]
	l.waiting[tenant] = l.waiting[tenant][1:]
	if len(l.waiting[tenant]) == 0 {
		delete(l.waiting, tenant)
	} else {
		l.turns = append(l.turns, tenant)
	}
	close(next)
}

// full reports whether all places are taken.
func (l *lane) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken == l.places
}

// waits returns how many wait.
func (l *lane) waits() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, all := range l.waiting {
		n += len(all)
	}
	return n
}
