package app

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// elsewhere is another provider, in which the person of claims is signed in. It can be
// told to behave badly.
type elsewhere struct {
	*httptest.Server

	t   *testing.T
	key *rsa.PrivateKey

	mu     sync.Mutex
	clock  kernel.Clock
	claims map[string]any
	asked  map[string]url.Values // by code
	// answer changes what a browser is sent back with, said what the ID token says, and
	// signed how it is signed.
	answer func(url.Values)
	said   func(map[string]any)
	signed func(map[string]any) string
	// metadata changes what it says of itself.
	metadata func(map[string]any)
	// page answers other paths.
	page func(w http.ResponseWriter, r *http.Request) bool
	// last is the last authorization request, and left the last request to sign out.
	last, left url.Values
}

const elsewhereSecret = "s3cret-of-terrace"

func newElsewhere(t *testing.T, claims map[string]any) *elsewhere {
	t.Helper()
	e := &elsewhere{t: t, claims: claims, asked: map[string]url.Values{}}
	var err error
	if e.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

// set changes it under its lock.
func (e *elsewhere) set(change func(e *elsewhere)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *elsewhere) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.page != nil && e.page(w, r) {
		return
	}
	prefix, discovers := strings.CutSuffix(r.URL.Path, "/.well-known/openid-configuration")
	switch {
	case discovers:
		e.discover(w, prefix)
	case r.URL.Path == "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: e.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	case r.URL.Path == "/authorize":
		e.authorize(w, r)
	case r.URL.Path == "/token":
		e.token(w, r)
	case r.URL.Path == "/userinfo":
		_ = json.NewEncoder(w).Encode(e.claims)
	case r.URL.Path == "/logout":
		e.left = r.URL.Query()
		http.Redirect(w, r, e.left.Get("post_logout_redirect_uri")+"?state="+url.QueryEscape(e.left.Get("state")), http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

func (e *elsewhere) discover(w http.ResponseWriter, prefix string) {
	said := map[string]any{
		"issuer": e.URL + strings.Replace(prefix, "/organizations/", "/{tenantid}/", 1), "authorization_endpoint": e.URL + "/authorize", "token_endpoint": e.URL + "/token",
		"jwks_uri": e.URL + "/keys", "userinfo_endpoint": e.URL + "/userinfo", "end_session_endpoint": e.URL + "/logout",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "authorization_response_iss_parameter_supported": true,
	}
	if e.metadata != nil {
		e.metadata(said)
	}
	_ = json.NewEncoder(w).Encode(said)
}

func (e *elsewhere) authorize(w http.ResponseWriter, r *http.Request) {
	e.last = r.URL.Query()
	if e.last.Get("code_challenge_method") != "S256" || e.last.Get("nonce") == "" || e.last.Get("client_id") != "terrace" {
		http.Error(w, "a bad request", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {e.last.Get("state")}, "iss": {e.URL}}
	if e.last.Get("prompt") == "none" {
		back.Set("error", "login_required")
	} else {
		code := kernel.NewID("code")
		e.asked[code] = e.last
		back.Set("code", code)
	}
	if e.answer != nil {
		e.answer(back)
	}
	http.Redirect(w, r, e.last.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (e *elsewhere) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	fail := func(status int, word string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": word, "error_description": "because"})
	}
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if id != "terrace" || secret != elsewhereSecret {
		fail(http.StatusUnauthorized, "invalid_client")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.PostForm.Get("grant_type") == "client_credentials" {
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "own " + r.PostForm.Get("scope"), "token_type": "Bearer", "expires_in": 60})
		return
	}
	asked, ok := e.asked[r.PostForm.Get("code")]
	delete(e.asked, r.PostForm.Get("code"))
	if !ok || oauth2.S256ChallengeFromVerifier(r.PostForm.Get("code_verifier")) != asked.Get("code_challenge") || r.PostForm.Get("redirect_uri") != asked.Get("redirect_uri") {
		fail(http.StatusBadRequest, "invalid_grant")
		return
	}
	claims := e.standard(map[string]any{"nonce": asked.Get("nonce")})
	if asked.Get("max_age") != "" { // OpenID Connect Core §2
		claims["auth_time"] = e.clock.Now().Unix()
	}
	maps.Copy(claims, e.claims)
	if e.said != nil {
		e.said(claims)
	}
	token := e.sign("JWT", claims)
	if e.signed != nil {
		token = e.signed(claims)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "of the person", "token_type": "Bearer", "expires_in": 60, "id_token": token})
}

// standard are the claims of every token.
func (e *elsewhere) standard(more map[string]any) map[string]any {
	now := e.clock.Now()
	claims := map[string]any{"iss": e.URL, "aud": "terrace", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, more)
	return claims
}

func (e *elsewhere) sign(typ string, claims map[string]any) string {
	return signWith(e.t, jose.RS256, e.key, typ, claims)
}

func signWith(t *testing.T, algorithm jose.SignatureAlgorithm, key any, typ string, claims map[string]any) string {
	t.Helper()
	return signHead(t, algorithm, key, map[jose.HeaderKey]any{"kid": "k", "typ": typ}, claims)
}

// heads are those of tokens that would have somebody find the key elsewhere, or take the one
// that they bring.
func heads(t *testing.T, own *rsa.PrivateKey, evil string) map[string]map[jose.HeaderKey]any {
	t.Helper()
	return map[string]map[jose.HeaderKey]any{
		"a kid that nobody has": {"kid": "other"}, "a kid that is a path": {"kid": "../../../../dev/null"}, "a kid that is SQL": {"kid": "k' UNION SELECT 'AA"},
		"a kid that is an address": {"kid": evil}, "no kid": {}, "an address of keys": {"kid": "k", "jku": evil}, "an address of certificates": {"kid": "k", "x5u": evil},
		"its own key": {"kid": "k", "jwk": jose.JSONWebKey{Key: own.Public(), KeyID: "k", Algorithm: "RS256"}}, "what nobody understands": {"kid": "k", "crit": []string{"x"}, "x": 1},
	}
}

func signHead(t *testing.T, algorithm jose.SignatureAlgorithm, key any, head map[jose.HeaderKey]any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, &jose.SignerOptions{ExtraHeaders: head})
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Error(err)
	}
	return token
}
