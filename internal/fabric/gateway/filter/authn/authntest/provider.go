package authntest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Provider is an OpenID provider that signs everybody in as Subject, and holds clients to
// what the specifications have: PKCE, codes and refresh tokens that hold once, the same
// redirect_uri twice, a secret.
type Provider struct {
	*Issuer

	Subject string
	// Secret is the client's, empty for a public one.
	Secret string
	// Change is put over the claims of ID tokens; IDKey signs them in place of its own.
	Change map[string]any
	IDKey  *jose.JSONWebKey
	// Life is that of access tokens, in seconds.
	Life int
	// Silent has the token endpoint answer 503. Renewed counts refresh tokens that were taken,
	// Reused those that were shown again.
	Silent          atomic.Bool
	Renewed, Reused atomic.Int64
	// Revoked counts refresh tokens that were given back, Asked how often userinfo was
	// asked, which answers UserInfo.
	Revoked, Asked atomic.Int64
	UserInfo       map[string]any

	t      testing.TB
	mu     sync.Mutex
	codes  map[string]url.Values
	fresh  map[string]bool
	access map[string]bool
	ending bool
}

// NewProvider starts a provider.
func NewProvider(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{Issuer: NewIssuer(t), Subject: "ada", Secret: "s3cret", Life: 3600, t: t, codes: map[string]url.Values{}, fresh: map[string]bool{}, access: map[string]bool{}}
	keys := p.Config.Handler
	mux := http.NewServeMux()
	mux.Handle("/", keys)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": p.URL, "jwks_uri": p.URL + "/jwks", "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"end_session_endpoint": p.URL + "/logout", "authorization_response_iss_parameter_supported": true,
			"revocation_endpoint": p.URL + "/revoke", "userinfo_endpoint": p.URL + "/userinfo", "backchannel_logout_supported": true,
		})
	})
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("/token", p.token)
	mux.HandleFunc("/revoke", p.revoke)
	mux.HandleFunc("/userinfo", p.userInfo)
	p.Config.Handler = mux
	return p
}

// revoke is RFC 7009.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	if id, secret, ok := r.BasicAuth(); p.Secret != "" && (!ok || id != "shop" || secret != p.Secret) {
		http.Error(w, "invalid_client", http.StatusUnauthorized)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fresh[r.PostFormValue("token")] && r.PostFormValue("token_type_hint") == "refresh_token" {
		p.fresh[r.PostFormValue("token")] = false
		p.Revoked.Add(1)
	}
}

// userInfo is OpenID Connect Core §5.3.
func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	p.Asked.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.access[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
		http.Error(w, "invalid_token", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.UserInfo)
}

// LogoutToken tells of sessions that have ended; change is put over its claims, nil leaves one out.
func (p *Provider) LogoutToken(t testing.TB, change map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"aud": "shop", "client_id": nil, "scope": nil, "sub": p.Subject,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	maps.Copy(claims, change)
	return p.Token(t, claims, map[string]any{"typ": "logout+jwt"})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != "shop" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if p.Silent.Load() {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	refuse := func(code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
	}
	if id, secret, ok := r.BasicAuth(); p.Secret != "" && (!ok || id != "shop" || secret != p.Secret) {
		refuse("invalid_client")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	nonce := ""
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		q, ok := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !ok || q.Get("redirect_uri") != r.PostFormValue("redirect_uri") || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			refuse("invalid_grant")
			return
		}
		nonce = q.Get("nonce")
	case "refresh_token":
		token := r.PostFormValue("refresh_token")
		if !p.fresh[token] || p.ending {
			p.Reused.Add(1)
			refuse("invalid_grant")
			return
		}
		p.fresh[token] = false
		p.Renewed.Add(1)
	}
	w.Header().Set("Content-Type", "application/json")
	refresh := rand.Text()
	p.fresh[refresh] = true
	access := rand.Text()
	p.access[access] = true
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": p.Life, "refresh_token": refresh, "scope": "openid orders.read", "id_token": p.idToken(nonce),
	})
}

func (p *Provider) idToken(nonce string) string {
	change := map[string]any{"sub": p.Subject, "aud": "shop", "client_id": nil, "scope": nil, "name": "Ada L."}
	if nonce != "" {
		change["nonce"] = nonce
	}
	maps.Copy(change, p.Change)
	if p.IDKey != nil {
		return Sign(p.t, jose.ES256, *p.IDKey, p.Claims(change), map[string]any{"typ": "JWT"})
	}
	return p.Token(p.t, change, map[string]any{"typ": "JWT"})
}

// End has no refresh token be taken any more.
func (p *Provider) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ending = true
}

// Browser keeps cookies as browsers do, and says where its requests come from.
type Browser struct {
	g       *Gateway
	t       testing.TB
	Cookies map[string]map[string]string // by host
}

// NewBrowser returns one without cookies.
func (g *Gateway) NewBrowser(t testing.TB) *Browser {
	t.Helper()
	return &Browser{g: g, t: t, Cookies: map[string]map[string]string{}}
}

// Go asks for a page, as who follows a link on the same site, or what headers say.
func (b *Browser) Go(method, host, path string, headers ...string) Answer {
	b.t.Helper()
	if !slices.Contains(headers, "Accept") {
		headers = append(headers, "Accept", "text/html")
	}
	cookies := ""
	for name, value := range b.Cookies[host] {
		cookies += "; " + name + "=" + value
	}
	if cookies != "" {
		headers = append(headers, "Cookie", cookies[2:])
	}
	a := b.g.Do(b.t, method, host, path, headers...)
	b.keep(host, a)
	return a
}

func (b *Browser) keep(host string, a Answer) {
	b.t.Helper()
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || len(c.Name)+len(c.Value) > 4096 {
			b.t.Errorf("cookie %s: %+v", c.Name, c)
		}
		if b.Cookies[host] == nil {
			b.Cookies[host] = map[string]string{}
		}
		if b.Cookies[host][c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.Cookies[host], c.Name)
		}
	}
}

// Follow goes where an answer of the gateway leads: to the provider, and back with its answer.
func (b *Browser) Follow(a Answer) *url.URL {
	b.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, a.Header.Get("Location"), nil)
	must(b.t, err)
	resp, err := client.Do(req)
	must(b.t, err)
	_ = resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	must(b.t, err)
	return back
}

// SignIn goes to a path and signs in, and returns where that leads.
func (b *Browser) SignIn(host, path string) Answer {
	b.t.Helper()
	a := b.Go(http.MethodGet, host, path)
	if a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s: %d %s", path, a.StatusCode, a.Body)
	}
	return b.Go(http.MethodGet, host, b.Follow(a).RequestURI())
}
