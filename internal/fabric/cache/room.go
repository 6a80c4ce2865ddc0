package cache

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// DefaultMemory is what all caches of a process may take together, in bytes.
const DefaultMemory = 256 << 20

// RoomConfig is what a Room needs.
type RoomConfig struct {
	// Memory bounds what all caches hold together, in bytes; 0 is DefaultMemory. Where
	// they want more, each gets its part of it.
	Memory uint64
	// Shared is the tier that replicas share; nil is memory alone.
	Shared *Redis
	// Metrics may be nil.
	Metrics *Metrics
	Clock   kernel.Clock
	// Build names the program: replicas of another one make other reads of the same rows,
	// and share none.
	Build string
	// Apart tells that what is read with a context is not what others read, as in a
	// transaction that has written; nil is never.
	Apart func(ctx context.Context) bool
}

// Room is what the caches of a process have in common: their memory, the tier that
// replicas share, their metrics, and the events after which reads are made anew.
type Room struct {
	config RoomConfig

	mu      sync.Mutex
	members []*member

	// followed tells that this process hears of what others change.
	followed atomic.Bool
	// readers has the reads by the events that end them, all has each once.
	readers map[string][]reader
	all     []reader
}

// member is a cache in a room. It does not keep the cache alive.
type member struct {
	// wanted is the memory that the cache asks for, in bytes.
	wanted uint64
	// size bounds the cache's memory; false is that it is gone.
	size func(memory uint64) (live bool)
}

// reader is a kind of reads.
type reader interface {
	// end drops what is kept of a tenant, "" is of all, and returns what others drop.
	end(tenant string) Purge
	// tell has others drop it.
	tell(p Purge)
}

// NewRoom returns a Room without caches.
func NewRoom(c RoomConfig) *Room {
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	return &Room{config: c, readers: map[string][]reader{}}
}

func (r *Room) join(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, m)
	r.divide()
}

func (r *Room) want(m *member, memory uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.wanted = memory
	r.divide()
}

// divide gives each cache its part of the memory, and forgets those that are gone; mu
// is held.
func (r *Room) divide() {
	for again := true; again; {
		again = false
		var wanted uint64
		for _, m := range r.members {
			wanted += m.wanted
		}
		live := r.members[:0:0]
		for _, m := range r.members {
			part := m.wanted
			if wanted > r.config.Memory {
				part = uint64(float64(part) / float64(wanted) * float64(r.config.Memory))
			}
			if m.size(part) {
				live = append(live, m)
			} else {
				again = true // its part is for the others
			}
		}
		r.members = live
	}
}

// Follow tells whether this process hears of what others change. As long as it does
// not, reads are made each time that somebody asks, and nothing of them is kept but
// what cannot change. From the call with true on, every change has to be heard.
func (r *Room) Follow(does bool) {
	if !does {
		r.followed.Store(false)
		return
	}
	for _, one := range r.everyone() {
		one.end("")
	}
	r.followed.Store(true)
}

func (r *Room) everyone() []reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]reader(nil), r.all...)
}

// Heard ends what is kept of a tenant's reads, "" is of all tenants', that an event is
// about which another process may have caused.
func (r *Room) Heard(event, tenant string) {
	for _, one := range r.of(event) {
		one.end(tenant)
	}
}

// Changed is Heard for what this process has changed: to be called once it is
// committed, before anybody is answered. Replicas hear of it where they share a Redis.
func (r *Room) Changed(event, tenant string) {
	for _, one := range r.of(event) {
		one.tell(one.end(tenant))
	}
}

// Ends returns the types of events that end reads, in order.
func (r *Room) Ends() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.readers))
}

func (r *Room) of(event string) []reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.readers[event]
}
