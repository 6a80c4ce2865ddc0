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

// KindName is the kind's name in documents.
const KindName = "CachePolicy"

// refresh bounds how long an answer may take that nobody waits for.
const refresh = time.Minute

// Config is what a Kind needs.
type Config struct {
	// Room has the caches of the policies, beside those of others; nil makes one of
	// their own.
	Room  *tier.Room
	Clock kernel.Clock
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
	// filling are the bytes of answers that are being stored.
	filling atomic.Int64
	flights flights
}

// NewKind returns a Kind without anything stored.
func NewKind(c Config) *Kind {
	if c.Room == nil {
		c.Room = tier.NewRoom(tier.RoomConfig{Clock: c.Clock})
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
func (k *Kind) Name() string { return KindName }

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
	if s != nil {
		s.cache.Resize(memory)
		return s
	}
	s = &space{cache: tier.New(k.config.Room, tier.Config[*stored]{
		Name: "gateway:" + strings.ReplaceAll(name, "\n", "/"), Tenant: scope.Tenant, Label: "gateway", Memory: memory, Codec: codec{},
		Soften: k.soften, Counts: (*stored).isAnswer,
	})}
	k.spaces[name] = weak.Make(s)
	return s
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
	for name, held := range k.spaces {
		if s := held.Value(); s != nil {
			out = append(out, s)
		} else {
			delete(k.spaces, name)
		}
	}
	return out
}
