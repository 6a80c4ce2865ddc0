package authn

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// ProductPrefix begins every key of a product.
const ProductPrefix = "tgk_"

// maxSubscribers bounds how many callers a way remembers.
const maxSubscribers = 10_000

// subscribers are the callers that keys of products stand for, made once for as long as
// nothing of their subscription changes.
type subscribers struct {
	way  *apiKeys
	keys Keys

	mu  sync.RWMutex
	all map[*Subscription]*caller
}

func newSubscribers(a *apiKeys, keys Keys) *subscribers {
	return &subscribers{way: a, keys: keys, all: map[*Subscription]*caller{}}
}

// find returns who a key stands for, or why it does not count; both nil: it is unknown.
func (s *subscribers) find(sum [sha256.Size]byte) (*caller, *refusal) {
	sub, wrong := s.keys.Key(sum)
	switch {
	case wrong != nil:
		return nil, &refusal{status: http.StatusForbidden, title: "Subscription refused", detail: wrong.Detail, fix: wrong.Fix}
	case sub == nil:
		return nil, nil
	}
	s.mu.RLock()
	known := s.all[sub]
	s.mu.RUnlock()
	if known == nil {
		known = s.keep(sub)
	}
	return known, nil
}

func (s *subscribers) keep(sub *Subscription) *caller {
	i := &exchange.Identity{
		Provider: s.way.name, Method: "apiKey", Subject: sub.Consumer, Consumer: sub.Consumer, Product: sub.Product, Plan: sub.Plan, Scopes: sub.Scopes,
		Claims: map[string]any{"sub": sub.Consumer, "product": sub.Product, "plan": sub.Plan, "subscription": sub.ID, "scope": strings.Join(sub.Scopes, " ")},
	}
	who := &caller{identity: i, headers: s.way.filter.headers.of(i), guard: sub.Guard}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) >= maxSubscribers {
		clear(s.all) // those that changed are gone by this, too
	}
	s.all[sub] = who
	return who
}
