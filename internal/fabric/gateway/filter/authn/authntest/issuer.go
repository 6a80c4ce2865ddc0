package authntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Issuer gives tokens and publishes its keys.
type Issuer struct {
	*httptest.Server

	// Asked counts how often its keys were read; Away has it answer nothing.
	Asked atomic.Int64
	Away  atomic.Bool

	mu   sync.Mutex
	keys []jose.JSONWebKey
	set  jose.JSONWebKeySet
}

// NewIssuer starts an issuer with one key, k1.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	i.Add(t, "k1")
	return i
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	if i.Away.Load() {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	if r.URL.Path == "/.well-known/openid-configuration" {
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/jwks"})
		return
	}
	i.Asked.Add(1)
	i.mu.Lock()
	defer i.mu.Unlock()
	_ = json.NewEncoder(w).Encode(i.set)
}

// Add gives the issuer another key, which it signs with from then on.
func (i *Issuer) Add(t testing.TB, id string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, jose.JSONWebKey{Key: private, KeyID: id, Algorithm: "ES256", Use: "sig"})
	i.set.Keys = append(i.set.Keys, jose.JSONWebKey{Key: private.Public(), KeyID: id, Algorithm: "ES256", Use: "sig"})
}

// Drop takes the first key away.
func (i *Issuer) Drop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys, i.set.Keys = i.keys[1:], i.set.Keys[1:]
}

// Set returns the public keys.
func (i *Issuer) Set() jose.JSONWebKeySet {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.set
}

// Public returns the newest key.
func (i *Issuer) Public() crypto.PublicKey {
	set := i.Set()
	return set.Keys[len(set.Keys)-1].Key
}

// Claims are those of a token that holds for an hour, with some changed; nil leaves one out.
func (i *Issuer) Claims(change map[string]any) map[string]any {
	now := time.Now()
	out := map[string]any{
		"iss": i.URL, "aud": "https://api.example", "sub": "ada", "client_id": "web", "scope": "orders.read",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": rand.Text(),
	}
	maps.Copy(out, change)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// Token signs claims with the newest key; head changes what its head says.
func (i *Issuer) Token(t testing.TB, change, head map[string]any) string {
	t.Helper()
	i.mu.Lock()
	key := i.keys[len(i.keys)-1]
	i.mu.Unlock()
	return Sign(t, jose.ES256, key, i.Claims(change), head)
}

// Sign makes a JWT of claims.
func Sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, claims, head map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("at+jwt")
	for name, value := range head {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	must(t, err)
	content, err := json.Marshal(claims)
	must(t, err)
	signed, err := signer.Sign(content)
	must(t, err)
	token, err := signed.CompactSerialize()
	must(t, err)
	return token
}
