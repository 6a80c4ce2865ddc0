package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/kept"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The names of the kinds. They differ in where they stand: EarlyName counts
// before anybody has been authenticated, so that guesses count too.
const (
	KindName  = "RateLimitPolicy"
	EarlyName = "ClientRateLimitPolicy"
)

// Config is what the kinds need.
type Config struct {
	// Shared counts with other replicas; nil counts in this process.
	Shared Shared
	// Now is the time that passes; nil is the process's.
	Now func() time.Time
}

// Kind is one of the two kinds.
type Kind struct {
	Config

	name  string
	early bool
	// began is what times are counted from; seeds hash keys.
	began time.Time
	seeds [2]maphash.Seed
	// buffers are for keys.
	buffers sync.Pool

	// states are what has been counted.
	states kept.Map[owner, state]
}

// owner is whose state it is.
type owner struct {
	scope kernel.Scope
	name  string
}

// New returns the kind RateLimitPolicy.
func New(c Config) *Kind { return newKind(c, KindName, false) }

// NewEarly returns the kind ClientRateLimitPolicy.
func NewEarly(c Config) *Kind { return newKind(c, EarlyName, true) }

func newKind(c Config, name string, early bool) *Kind {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Kind{
		Config: c, name: name, early: early, began: c.Now(),
		seeds:   [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		buffers: sync.Pool{New: func() any { return new(make([]byte, 0, 512)) }},
	}
}

// Name implements gateway.Kind.
func (k *Kind) Name() string { return k.name }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (k *Kind) Compile(_ context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	var d document
	r := spec.Read(p.Spec, &d)
	limits := read(r, d, at, k.early)
	if err := r.Err(k.name, p.Name); err != nil {
		return nil, err
	}
	f := &filter{kind: k, limits: limits, state: k.states.Get(owner{p.Scope, p.Name}, func() *state { return &state{} })}
	f.prefix = k.name + "/" + p.Scope.String() + "/" + p.Name
	for _, l := range limits {
		f.later = f.later || l.later()
		for _, w := range l.windows {
			if f.header != "" {
				f.header += ", "
			}
			f.header += w.item
		}
	}
	f.hide = d.HideHeaders
	return f.filter, nil
}

func (k *Kind) now() int64 { return int64(k.Now().Sub(k.began)) }

func (k *Kind) id(key []byte) id {
	return id{maphash.Bytes(k.seeds[0], key), maphash.Bytes(k.seeds[1], key)}
}

// name is a key's name to other replicas: all keys of a policy lie in one slot
// of a cluster, and none tells what is in it.
func (f *filter) name(key []byte) string {
	sum := sha256.Sum256(key)
	return "terrace:limit:{" + f.prefix + "}:" + hex.EncodeToString(sum[:16])
}
