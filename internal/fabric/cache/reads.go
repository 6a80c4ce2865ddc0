package cache

import (
	"context"
	"strings"
	"time"
)

// lasts is how long a read is kept at most, longer what cannot change: the bound where
// an event is not heard of.
const (
	lasts      = time.Minute
	lastsFixed = 24 * time.Hour
)

// ReadsConfig says what a kind of reads is.
type ReadsConfig[V any] struct {
	// Name is that of the kind, in metrics and for replicas.
	Name string
	// Memory is what it wants of the room's, in bytes.
	Memory uint64
	// Size is what a value takes of memory, in bytes.
	Size func(v V) int
	// Ends are the types of events after which what is kept of their tenant is no more.
	// One without a tenant ends it for all.
	Ends []string
	// Fixed says that what is under a key never changes, because the key has the digest
	// of all that it is made from. It is kept whether events are heard or not.
	Fixed bool
	// Shared has the values of a fixed kind written for replicas; nil keeps them in memory.
	Shared Codec[V]
}

// Reads keep what the platform reads of its own rows, below authorization: what is the
// same for whoever may see it, until an event says that it has changed.
type Reads[V any] struct {
	room   *Room
	cache  *Cache[V]
	config ReadsConfig[V]
}

// NewReads returns a kind of reads of a room.
func NewReads[V any](room *Room, c ReadsConfig[V]) *Reads[V] {
	var codec Codec[V] = sized[V]{size: c.Size}
	if c.Shared != nil {
		codec = c.Shared
	}
	out := &Reads[V]{room: room, config: c, cache: New(room, Config[V]{
		Name: "reads:" + room.config.Build + ":" + c.Name, Label: c.Name, Memory: c.Memory, Codec: codec, TenantOf: tenantOf, Local: !c.Fixed || c.Shared == nil,
	})}
	room.mu.Lock()
	defer room.mu.Unlock()
	for _, event := range c.Ends {
		room.readers[event] = append(room.readers[event], out)
	}
	room.all = append(room.all, out)
	return out
}

// Load returns what is kept of a tenant under a key, else what load returns, which is
// then kept. Loads of one key that come at once are one, which does not end with the
// context of one who waits. An error is nobody's but theirs: it is not kept. The value is
// shared by all, so that nobody may change it, and load must not go by who asks.
func (r *Reads[V]) Load(ctx context.Context, tenant, key string, load func(ctx context.Context) (V, error)) (V, error) {
	if r.room.config.Apart != nil && r.room.config.Apart(ctx) {
		return load(ctx)
	}
	key = tenant + "\n" + key
	if r.config.Fixed {
		return r.cache.Load(ctx, key, func(ctx context.Context) (Entry[V], error) { return r.entry(ctx, lastsFixed, load) })
	}
	if !r.room.followed.Load() {
		r.cache.counts.miss()
		return r.cache.fly(ctx, key, load)
	}
	return r.cache.Load(ctx, key, func(ctx context.Context) (Entry[V], error) { return r.entry(ctx, lasts, load) })
}

func (r *Reads[V]) entry(ctx context.Context, lasts time.Duration, load func(ctx context.Context) (V, error)) (Entry[V], error) {
	until := r.room.config.Clock.Now().Add(lasts) // from before it is read on
	v, err := load(ctx)
	return Entry[V]{Value: v, Until: until}, err
}

// end implements reader.
func (r *Reads[V]) end(tenant string) Purge {
	p := Purge{All: true}
	if tenant != "" {
		p = Purge{Prefix: tenant + "\n"}
	}
	dropped, _ := r.cache.drop(p)
	r.cache.counts.purged(len(dropped))
	return p
}

// tell implements reader.
func (r *Reads[V]) tell(p Purge) {
	if shared := r.room.config.Shared; shared != nil {
		shared.announce(r.cache.config.Name, p)
	}
}

// tenantOf is whose a key of reads is.
func tenantOf(key string) string {
	tenant, _, _ := strings.Cut(key, "\n")
	return tenant
}

// sized is the codec of values that stay in memory.
type sized[V any] struct{ size func(v V) int }

// Size implements Codec.
func (s sized[V]) Size(v V) int { return s.size(v) }

// Encode implements Codec.
func (sized[V]) Encode(V) ([]byte, error) { return nil, errNoItem }

// Decode implements Codec.
func (sized[V]) Decode([]byte) (v V, err error) { return v, errNoItem }
