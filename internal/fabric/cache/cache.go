package cache

import (
	"context"
	"time"
	"weak"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// overhead is what an entry takes besides its key and value, in bytes.
const overhead = 256

// Codec knows the values of a cache.
type Codec[V any] interface {
	// Size is what a value takes of memory, in bytes.
	Size(v V) int
	// Encode and Decode write and read a value for the shared tier.
	Encode(v V) ([]byte, error)
	Decode(b []byte) (V, error)
}

// Entry is what is kept under a key.
type Entry[V any] struct {
	Value V
	// Tags are what it can be purged by, besides its key.
	Tags []string
	// Until is when it is of no use any more.
	Until time.Time
}

// Config is what a Cache needs.
type Config[V any] struct {
	// Name tells its keys from those of other caches, in the shared tier; the
	// same on every replica.
	Name string
	// Tenant is whose values they are: what is shared is sealed for it. TenantOf says so
	// by the key, where a cache has values of many.
	Tenant   string
	TenantOf func(key string) string
	// Label is its name in metrics; empty is Name.
	Label string
	// Memory bounds what it holds in this process, in bytes; where a room has less than
	// all want, it gets its part.
	Memory uint64
	// Local keeps values in this process; others may still be told what to purge.
	Local bool
	// MaxShared bounds a value in the shared tier, in bytes; 0 is 1 MiB.
	MaxShared int
	Codec     Codec[V]
	// Soften returns a value as it is once it is old, for soft purges; without it
	// they drop what they name.
	Soften func(v V) V
	// Counts tells the values whose number a purge returns; without it all are.
	Counts func(v V) bool
}

// Cache keeps values by keys. It needs no closing: one that nobody holds any
// more goes, its room and its Redis forget it.
type Cache[V any] struct {
	config Config[V]
	room   *Room
	place  *member
	redis  *Redis // nil where values are in memory alone
	clock  kernel.Clock
	memory *otter.Cache[string, Entry[V]]
	purged purges
	loads  singleflight.Group
	counts *counts
}

// New returns an empty Cache of a room.
func New[V any](room *Room, c Config[V]) *Cache[V] {
	if c.Label == "" {
		c.Label = c.Name
	}
	if c.MaxShared == 0 {
		c.MaxShared = 1 << 20
	}
	out := &Cache[V]{config: c, room: room, clock: room.config.Clock, counts: room.config.Metrics.of(c.Label)}
	if !c.Local {
		out.redis = room.config.Shared
	}
	out.memory = otter.Must(&otter.Options[string, Entry[V]]{
		MaximumWeight: c.Memory,
		Weigher: func(key string, e Entry[V]) uint32 {
			return uint32(min(int64(out.weight(key, e)), 1<<32-1))
		},
	})
	held := weak.Make(out)
	if room.config.Shared != nil {
		room.config.Shared.attach(c.Name, func(p Purge) ([]string, bool) {
			if live := held.Value(); live != nil {
				keys, _ := live.drop(p)
				return keys, true
			}
			return nil, false
		})
	}
	out.place = &member{wanted: c.Memory, size: func(memory uint64) bool {
		live := held.Value()
		if live != nil {
			live.memory.SetMaximum(memory)
		}
		return live != nil
	}}
	room.join(out.place)
	return out
}

// Mark is a moment in the life of a cache.
type Mark uint64

// Mark returns the moment before something is read that is to be kept: what is
// purged after it is not.
func (c *Cache[V]) Mark() Mark { return c.purged.mark() }

// Get returns what is kept under a key.
func (c *Cache[V]) Get(ctx context.Context, key string) (Entry[V], bool) {
	e, ok := c.memory.GetIfPresent(key)
	if ok && c.clock.Now().Before(e.Until) {
		c.counts.hit()
		return e, true
	}
	if e, ok = c.shared(ctx, key); ok {
		c.counts.sharedHit()
		return e, true
	}
	c.counts.miss()
	return Entry[V]{}, false
}

// shared looks a key up in the shared tier, and keeps what it finds.
func (c *Cache[V]) shared(ctx context.Context, key string) (Entry[V], bool) {
	if c.redis == nil {
		return Entry[V]{}, false
	}
	mark := c.Mark()
	raw, ok := c.redis.get(ctx, c.slot(key), c.config.MaxShared+maxMeta)
	if !ok || !c.clock.Now().Before(raw.until) {
		return Entry[V]{}, false
	}
	v, err := c.config.Codec.Decode(raw.value)
	if err != nil { // of another version, perhaps: as if it were not there
		return Entry[V]{}, false
	}
	e := Entry[V]{Value: v, Tags: raw.tags, Until: raw.until}
	return e, c.keep(mark, key, e)
}

func (c *Cache[V]) slot(key string) slot {
	tenant := c.config.Tenant
	if c.config.TenantOf != nil {
		tenant = c.config.TenantOf(key)
	}
	return slot{tenant, c.config.Name, key}
}

// keep holds an entry in memory unless it was purged since mark. No purge comes between the
// look and the write: one that comes after finds the entry.
func (c *Cache[V]) keep(mark Mark, key string, e Entry[V]) bool {
	c.purged.mu.Lock()
	defer c.purged.mu.Unlock()
	if c.purged.named(mark, key, e.Tags) {
		return false
	}
	c.memory.Set(key, e)
	return true
}

// Set keeps an entry that was read after mark, and tells whether it did: what
// was purged meanwhile is not kept.
func (c *Cache[V]) Set(mark Mark, key string, e Entry[V]) bool {
	if !c.clock.Now().Before(e.Until) || !c.keep(mark, key, e) {
		return false
	}
	if c.redis == nil || c.config.Codec.Size(e.Value) > c.config.MaxShared {
		return true
	}
	value, err := c.config.Codec.Encode(e.Value)
	if err != nil || len(value) > c.config.MaxShared {
		return true // memory has it
	}
	c.redis.set(c.slot(key), item{value: value, tags: e.Tags, until: e.Until}, func() bool {
		return !c.purged.since(mark, key, e.Tags)
	})
	return true
}

// Purge drops what p names, on every replica, and returns how much this process
// had. While the Redis is away the others hear of it once it is back.
func (c *Cache[V]) Purge(ctx context.Context, p Purge) int {
	dropped, counted := c.drop(p)
	c.counts.purged(len(dropped))
	if c.redis != nil {
		c.redis.purge(ctx, c.config.Name, p)
	}
	return counted
}

// Hear purges what another process has purged. What this one had is taken out
// of the shared tier as well: it may have been written after the other looked there.
func (c *Cache[V]) Hear(ctx context.Context, p Purge) int {
	dropped, counted := c.drop(p)
	c.counts.purged(len(dropped))
	if c.redis != nil {
		c.redis.forget(ctx, c.config.Name, dropped)
	}
	return counted
}

// drop purges in this process, and returns the keys that it had.
func (c *Cache[V]) drop(p Purge) (keys []string, counted int) {
	c.purged.add(p)
	had := func(key string, e Entry[V]) {
		keys = append(keys, key)
		if c.config.Counts == nil || c.config.Counts(e.Value) {
			counted++
		}
	}
	if p.Key != "" {
		if e, ok := c.memory.GetIfPresent(p.Key); ok {
			had(p.Key, e)
		}
	} else {
		for key, e := range c.memory.All() {
			if p.names(key, e.Tags) {
				had(key, e)
			}
		}
	}
	for _, key := range keys {
		c.end(key, p.Soft)
	}
	return keys, counted
}

// end drops an entry, or makes it old.
func (c *Cache[V]) end(key string, soft bool) {
	if !soft || c.config.Soften == nil {
		c.memory.Invalidate(key)
		return
	}
	c.memory.ComputeIfPresent(key, func(e Entry[V]) (Entry[V], otter.ComputeOp) {
		e.Value = c.config.Soften(e.Value)
		return e, otter.WriteOp
	})
}

// Each tells what is held in this process, with the bytes that it takes.
func (c *Cache[V]) Each(tell func(key string, v V, bytes int)) {
	for key, e := range c.memory.All() {
		tell(key, e.Value, c.weight(key, e))
	}
}

func (c *Cache[V]) weight(key string, e Entry[V]) int {
	size := overhead + len(key) + c.config.Codec.Size(e.Value)
	for _, tag := range e.Tags {
		size += len(tag)
	}
	return size
}

// Resize changes how much memory it wants of its room's, in bytes.
func (c *Cache[V]) Resize(memory uint64) { c.room.want(c.place, memory) }

// Held returns how many bytes it holds in this process.
func (c *Cache[V]) Held() uint64 {
	c.memory.CleanUp()
	return c.memory.WeightedSize()
}
