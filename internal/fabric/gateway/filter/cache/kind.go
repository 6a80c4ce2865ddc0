package cache

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Name is the kind's name in documents.
const Name = "CachePolicy"

// DefaultMemory is what all policies may take together, in bytes.
const DefaultMemory = 256 << 20

// refresh bounds how long an answer may take that nobody waits for.
const refresh = time.Minute

// Config is what a Kind needs.
type Config struct {
	// Memory bounds what all policies hold together, in bytes; 0 is
	// DefaultMemory. Where they want more, each gets its part of it.
	Memory uint64
	// Shared is the tier that replicas share; nil is memory alone.
	Shared *tier.Redis
	// Metrics may be nil.
	Metrics *tier.Metrics
	Clock   kernel.Clock
}

// Kind is the kind of policies that cache answers. Its owner closes it.
type Kind struct {
	config Config

	mu sync.Mutex
	// spaces are those that filters hold, by scope and name of the policy.
	spaces map[string]weak.Pointer[space]
	// uses are those of the routes that filters hold.
	uses map[place]weak.Pointer[uses]

	running context.Context //nolint:containedctx // the life of what is refreshed behind clients' backs
	cut     context.CancelFunc
	behind  sync.WaitGroup
}

// space is what one policy has stored.
type space struct {
	cache *tier.Cache[*stored]
	// wanted is the memory that the policy asks for.
	wanted atomic.Uint64
	// filling are the bytes of answers that are being stored.
	filling atomic.Int64
	flights flights
}

// NewKind returns a Kind without anything stored.
func NewKind(c Config) *Kind {
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	k := &Kind{config: c, spaces: map[string]weak.Pointer[space]{}, uses: map[place]weak.Pointer[uses]{}}
	k.running, k.cut = context.WithCancel(context.Background())
	return k
}

// Close ends what is being refreshed, and waits for it.
func (k *Kind) Close() {
	k.mu.Lock()
	k.cut()
	k.mu.Unlock()
	k.behind.Wait()
}

// Name implements gateway.Kind.
func (k *Kind) Name() string { return Name }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (k *Kind) Compile(_ context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	s, err := read(p.Name, p.Spec)
	if err != nil {
		return nil, err
	}
	f := &filter{kind: k, spec: s}
	if at.Route != "" {
		f.space = k.space(p.Scope, p.Name, s.memory)
		f.scope = at.Scope.String()
		f.version = part(at.Route) + at.Version
		f.uses = k.use(place{at.Scope, at.Route}, p.Name)
	}
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) { f.handle(x, next) }
	}, nil
}

// space returns what a policy has stored; it lives as long as a filter holds it.
func (k *Kind) space(scope kernel.Scope, policy string, memory uint64) *space {
	name := scope.String() + "\n" + policy
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.spaces[name].Value()
	if s == nil {
		s = &space{cache: tier.New(tier.Config[*stored]{
			Name: "gateway:" + strings.ReplaceAll(name, "\n", "/"), Tenant: scope.Tenant, Label: "gateway", Memory: memory, Codec: codec{},
			Shared: k.config.Shared, Metrics: k.config.Metrics, Clock: k.config.Clock, Soften: k.soften, Counts: (*stored).isAnswer,
		})}
		k.spaces[name] = weak.Make(s)
	}
	s.wanted.Store(memory)
	k.divide()
	return s
}

// divide gives each policy its part of the memory; mu is held.
func (k *Kind) divide() {
	var wanted uint64
	live := make([]*space, 0, len(k.spaces))
	for name, held := range k.spaces {
		if s := held.Value(); s != nil {
			wanted += s.wanted.Load()
			live = append(live, s)
		} else {
			delete(k.spaces, name)
		}
	}
	for _, s := range live {
		part := s.wanted.Load()
		if wanted > k.config.Memory {
			part = uint64(float64(part) / float64(wanted) * float64(k.config.Memory))
		}
		s.cache.Resize(part)
	}
}

// background runs fn with a bounded life that ends with the kind.
func (k *Kind) background(fn func(ctx context.Context)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running.Err() != nil {
		return
	}
	k.behind.Go(func() {
		ctx, cancel := context.WithTimeout(k.running, refresh)
		defer cancel()
		fn(ctx)
	})
}

// Held returns how many bytes all policies hold in this process.
func (k *Kind) Held() (n uint64) {
	for _, s := range k.live() {
		n += s.cache.Held()
	}
	return n
}

func (k *Kind) live() (out []*space) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, held := range k.spaces {
		if s := held.Value(); s != nil {
			out = append(out, s)
		}
	}
	return out
}
