package authn_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

type subscriptions struct{}

func (subscriptions) At(at gateway.Attachment) authn.Keys { return soldAt(at) }

type soldAt gateway.Attachment

func (at soldAt) Key(key [sha256.Size]byte) (*authn.Subscription, *authn.Refusal) {
	switch {
	case at.Scope != authntest.Dev() || at.Route != "orders":
	case key == sha256.Sum256([]byte("acme_sold")), key == sha256.Sum256([]byte("tgk_sold")):
		return &authn.Subscription{Consumer: "sub_1", Product: "gold", Scopes: []string{"orders.read"}}, nil
	case key == sha256.Sum256([]byte("acme_paused")):
		return nil, &authn.Refusal{Detail: "It is suspended.", Fix: "ask for it"}
	}
	return nil, nil
}

// secrets has one value, which only some may read.
type secrets struct {
	mu      sync.Mutex
	value   string
	version int
	read    int
}

func (s *secrets) set(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = value
	s.version++
}

func (s *secrets) Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error) {
	return of, r, nil
}

func (s *secrets) Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Name == "mallory" || r.Name != "key" || scope != authntest.Dev() {
		return 0, kernel.Errorf(kernel.Denied, "it is not for you")
	}
	return s.version, nil
}

func (s *secrets) Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (string, int, error) {
	version, err := s.Check(ctx, scope, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read++
	return s.value, version, err
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	store := &secrets{}
	store.set("acme_kept")
	w := start(t, func(c *authn.Config) { c.Subscriptions, c.Secrets = subscriptions{}, store })
	digest := sha256.Sum256([]byte("acme_static"))
	keys := fmt.Sprintf(`"prefix": "acme_", "products": true, "keys": [{"name": "batch", "sha256": %q, "scopes": ["a", "b"]}, {"name": "kept", "secret": "${secret:key}"}]`, hex.EncodeToString(digest[:]))
	tell := `, "forwardCredential": false, "claimsToHeaders": [{"claim": "sub", "header": "X-Consumer"}]`
	w.Put(t, authntest.Dev(), authn.KindName, `{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", `+keys+`}}]`+tell+`}`)
	for key, want := range map[string]string{"acme_static": "batch", "acme_kept": "kept", "acme_sold": "sub_1", "tgk_sold": "sub_1", "tgk_none": "", "acme_paused": "", "acme_none": "", "other": "", "acme_": ""} {
		a := w.Do(t, http.MethodGet, authntest.Host, "/x?y=1", "X-Api-Key", key)
		if (a.StatusCode == http.StatusOK) != (want != "") || a.Seen.Header.Get("X-Consumer") != want || a.Seen.Header.Get("X-Api-Key") != "" {
			t.Errorf("%s: %d %s", key, a.StatusCode, a.Body)
		}
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", "acme_paused"); a.StatusCode != http.StatusForbidden || !strings.Contains(a.Body, "It is suspended.") || !strings.Contains(a.Body, "ask for it") || a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("a key that is known and does not count: %d %s", a.StatusCode, a.Body)
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", "acme_static", "X-Api-Key", "acme_none"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("two keys: %d", a.StatusCode)
	}
	w.clock.advance(2 * time.Minute)
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", "acme_kept"); a.StatusCode != http.StatusOK {
		t.Errorf("the value that is looked for again: %d", a.StatusCode)
	}
	store.set("acme_newer")
	w.clock.advance(2 * time.Minute)
	for i := 0; w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", "acme_newer").StatusCode != http.StatusOK; i++ {
		if i > 20_000 {
			t.Fatal("a newer value is not taken")
		}
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", "acme_kept"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the former value: %d", a.StatusCode)
	}
	if store.mu.Lock(); store.read != 2 {
		t.Errorf("two versions were read %d times", store.read)
	}
	store.mu.Unlock()

	w.Put(t, authntest.Dev(), authn.KindName, `{"providers": [{"name": "keys", "apiKey": {"query": "key", `+keys+`}}]`+tell+`}`)
	a := w.Do(t, http.MethodGet, authntest.Host, "/x?a=1&%6bey=acme%5Fstatic&b=%26")
	if a.StatusCode != http.StatusOK || a.Seen.URI != "/x?a=1&b=%26" {
		t.Errorf("in the query: %d %s", a.StatusCode, a.Seen.URI)
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/x?key=acme_static&key=acme_none"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("two in the query: %d", a.StatusCode)
	}
}

func TestSecretsOfOthersCannotBeNamed(t *testing.T) {
	t.Parallel()
	store := &secrets{}
	store.set("acme_kept")
	w := start(t, func(c *authn.Config) { c.Secrets = store })
	spec := json.RawMessage(`{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", "keys": [{"name": "kept", "secret": "${secret:key}"}]}}]}`)
	mallory := kernel.WithActor(t.Context(), kernel.Actor{Name: "mallory", Tenant: "acme"})
	_, err := w.Service.PutPolicy(mallory, authntest.Dev(), gateway.Policy{Name: "p", Kind: authn.KindName, Spec: spec})
	if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "providers[0].apiKey.keys[0]") {
		t.Errorf("somebody who may not read a secret has the gateway use it: %v", err)
	}
}
