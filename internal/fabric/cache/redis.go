package cache

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// patience bounds each word with Redis: a cache must not be slower than what
	// it saves.
	patience = 250 * time.Millisecond
	// retry is how long an absent Redis is left alone.
	retry = time.Second
	// pulse is how often a quiet one is asked whether it is still there.
	pulse = 2 * time.Second
	// waiting bounds the entries that wait to be written, owing the purges that
	// others have to hear of.
	waiting = 1024
	owing   = 1024
	// longest is how long an entry stays in the shared tier.
	longest = 7 * 24 * time.Hour
	// channel is where replicas tell each other of purges.
	channel = "terrace:cache:purge"
)

// RedisConfig is what a Redis needs.
type RedisConfig struct {
	// Options say where it is and who asks; how long a word with it may take is
	// the cache's own.
	Options *redis.Options
	Log     *slog.Logger
	// Sealer seals what is written, for the tenant of its cache; nil writes it in the
	// clear.
	Sealer Sealer
	// Metrics may be nil.
	Metrics *Metrics
}

// Sealer encrypts for tenants, with keys that are destroyed with them; what was
// sealed for another place or changed since does not open.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Redis is the tier that replicas share. It is used while Serve runs and Redis
// answers; else it is as if it were empty.
type Redis struct {
	config RedisConfig
	client *redis.Client
	// self tells this process's own purges from those of others.
	self   string
	up     atomic.Bool
	broken chan struct{}
	writes chan write

	mu     sync.Mutex
	caches map[string][]func(Purge) (keys []string, live bool)
	owed   []message
	// missed tells that more was purged than is owed one by one.
	missed bool
}

// item is a value as the shared tier has it.
type item struct {
	value []byte
	tags  []string
	until time.Time
}

// slot is where an item is: whose it is, in which cache, under which key.
type slot struct{ tenant, cache, key string }

func (s slot) name() string { return entryKey(s.cache, s.key) }

type write struct {
	at   slot
	item item
	// still tells that it was not purged meanwhile.
	still func() bool
	// said is in place of an item what others are told.
	said *message
}

// message tells replicas of a purge.
type message struct {
	From  string `json:"from"`
	Cache string `json:"cache"`
	Purge Purge  `json:"purge"`
}

// NewRedis returns a Redis that is not connected; Serve connects it.
func NewRedis(c RedisConfig) *Redis {
	options := *c.Options
	options.ContextTimeoutEnabled, options.MaxRetries = true, -1
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = 2*time.Second, patience, patience
	return &Redis{
		config: c, self: kernel.NewID("rep"), broken: make(chan struct{}, 1), writes: make(chan write, waiting),
		caches: map[string][]func(Purge) ([]string, bool){},
		client: redis.NewClient(&options),
	}
}

// Close ends the connections; Serve has returned before.
func (r *Redis) Close() error { return r.client.Close() } //nolint:wrapcheck // told by whoever closes

// Up tells that Redis is there and used.
func (r *Redis) Up() bool { return r.up.Load() }

func (r *Redis) attach(cache string, drop func(Purge) ([]string, bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caches[cache] = append(r.caches[cache], drop)
}

func entryKey(cache, key string) string { return "terrace:cache:" + cache + ":e:" + key }

func tagKey(cache, tag string) string { return "terrace:cache:" + cache + ":t:" + tag }

// get looks a key up; what is there of more than most bytes, or cannot be read, is
// as if it were not.
func (r *Redis) get(ctx context.Context, at slot, most int) (item, bool) {
	if !r.up.Load() {
		return item{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := r.client.GetRange(ctx, at.name(), 0, int64(most)).Bytes()
	if err != nil {
		r.judge(err)
		return item{}, false
	}
	if len(raw) == 0 || len(raw) > most {
		return item{}, false
	}
	i, err := r.read(ctx, at, raw)
	return i, err == nil
}

// judge takes Redis out of use on an error that is not about one key, or of a
// caller that has left.
func (r *Redis) judge(err error) {
	var network net.Error
	switch {
	case errors.Is(err, redis.Nil), errors.Is(err, context.Canceled):
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded), !errors.As(err, new(redis.Error)):
		select {
		case r.broken <- struct{}{}:
		default:
		}
	}
}

// set has an entry written, later, by Serve.
func (r *Redis) set(at slot, i item, still func() bool) {
	if !r.up.Load() {
		return
	}
	select {
	case r.writes <- write{at: at, item: i, still: still}:
	default:
		r.config.Metrics.lose()
	}
}

// put writes an entry. What was purged while it was written goes again.
func (r *Redis) put(ctx context.Context, w write) error {
	ttl := min(time.Until(w.item.until), longest)
	if ttl <= 0 || !w.still() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	content, err := r.written(ctx, w.at, w.item)
	if err != nil { // such as of a tenant that has left: it stays in memory
		r.config.Metrics.lose()
		return nil
	}
	key := w.at.name()
	_, err = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, tag := range w.item.tags {
			p.SAdd(ctx, tagKey(w.at.cache, tag), w.at.key)
			p.PExpire(ctx, tagKey(w.at.cache, tag), longest)
		}
		p.Set(ctx, key, content, ttl)
		return nil
	})
	if err == nil && !w.still() {
		err = r.client.Del(ctx, key).Err()
	}
	return err //nolint:wrapcheck // judged by its kind
}

// announce has others told of a purge, later, by Serve. Where that cannot be they learn
// of it in another way.
func (r *Redis) announce(cache string, p Purge) {
	if !r.up.Load() {
		return
	}
	select {
	case r.writes <- write{said: &message{From: r.self, Cache: cache, Purge: p}}:
	default:
	}
}

// purge drops in Redis and tells the others, or owes it to them.
func (r *Redis) purge(ctx context.Context, cache string, p Purge) {
	m := message{From: r.self, Cache: cache, Purge: p}
	if r.up.Load() {
		err := r.tell(context.WithoutCancel(ctx), m)
		if err == nil {
			return
		}
		r.judge(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.owed) < owing {
		r.owed = append(r.owed, m)
	} else {
		r.missed = true
	}
}
