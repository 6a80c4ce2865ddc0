package authn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

func loopback() egress.Guard {
	return egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += by
}

type world struct {
	*authntest.Gateway
	issuer *authntest.Issuer
	clock  *clock
	kind   *authn.Kind
}

func start(t testing.TB, change func(*authn.Config)) *world {
	t.Helper()
	w := &world{issuer: authntest.NewIssuer(t), clock: &clock{}}
	c := authn.Config{Guard: loopback(), Clock: kernel.Clock(w.clock.now), Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&c)
	}
	w.kind = authn.New(c)
	t.Cleanup(w.kind.Close)
	w.Gateway = authntest.Start(t, w.kind.AsksCertificate, w.kind)
	return w
}

// jwt is a policy with the issuer, and what else the spec says.
func (w *world) jwt(t testing.TB, provider, rest string) {
	t.Helper()
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(
		`{"providers": [{"name": "login", "jwt": {"issuers": [{"issuer": %q}], "audiences": ["https://api.example"]%s}}]%s}`, w.issuer.URL, provider, rest))
}

const toUser = `, "claimsToHeaders": [{"claim": "sub", "header": "X-User-Id"}, {"claim": "/realm/roles", "header": "X-Roles"}]`

func TestTokenTellsWhoCalls(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.jwt(t, "", toUser+`, "forwardCredential": false`)
	token := w.issuer.Token(t, map[string]any{"realm": map[string]any{"roles": []string{"clerk", "driver"}}}, nil)
	for range 2 { // verified, and remembered
		a := w.Do(t, http.MethodGet, authntest.Host, "/x", "Authorization", "bearer "+token)
		if a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-User-Id") != "ada" || a.Seen.Header.Get("X-Roles") != "clerk,driver" {
			t.Fatalf("%d %s", a.StatusCode, a.Body)
		}
		if a.Seen.Header.Get("Authorization") != "" {
			t.Error("the credential goes on to the service")
		}
	}
	w.jwt(t, "", toUser)
	if a := w.Do(t, http.MethodGet, authntest.Host, "/x", "Authorization", "Bearer "+token); a.Seen.Header.Get("Authorization") != "Bearer "+token {
		t.Errorf("the credential does not go on: %s", a.Body)
	}
	a := w.Do(t, http.MethodGet, authntest.Host, "/x")
	if a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") != `Bearer realm="login"` {
		t.Errorf("nothing: %d %q", a.StatusCode, a.Header.Get("WWW-Authenticate"))
	}
	if a := w.Do(t, http.MethodGet, authntest.Other, "/x"); a.StatusCode != http.StatusOK {
		t.Errorf("a route without a policy: %d", a.StatusCode)
	}
}

func TestTokensThatDoNotHold(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.jwt(t, `, "requiredClaims": [{"name": "tier", "values": ["gold"]}]`, "")
	stranger := authntest.NewIssuer(t)
	gold := map[string]any{"tier": "gold"}
	with := func(name string, value any) map[string]any { return map[string]any{"tier": "gold", name: value} }
	now := time.Now()
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(w.issuer.Public())
	if err != nil {
		t.Fatal(err)
	}
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	none := func(alg string) string {
		claims, _ := json.Marshal(w.issuer.Claims(gold))
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`","typ":"at+jwt"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims) + "."
	}
	own := jose.JSONWebKey{Key: foreign, KeyID: "k1"}
	good := w.issuer.Token(t, gold, nil)
	parts := strings.Split(good, ".")
	admin, _ := json.Marshal(w.issuer.Claims(with("sub", "root")))
	cases := []struct{ reason, token string }{
		{"alg none", none("none")},
		{"alg None", none("None")},
		{"a shared secret that is the public key", authntest.Sign(t, jose.HS256, jose.JSONWebKey{Key: pemKey, KeyID: "k1"}, w.issuer.Claims(gold), nil)},
		{"another key under a known id", authntest.Sign(t, jose.ES256, own, w.issuer.Claims(gold), nil)},
		{"a key that it brings itself", authntest.Sign(t, jose.ES256, own, w.issuer.Claims(gold), map[string]any{"jwk": jose.JSONWebKey{Key: foreign.Public(), KeyID: "k1"}})},
		{"an address of keys", authntest.Sign(t, jose.ES256, own, w.issuer.Claims(gold), map[string]any{"jku": stranger.URL + "/jwks"})},
		{"an address of certificates", w.issuer.Token(t, gold, map[string]any{"x5u": stranger.URL})},
		{"a key id that is a path", authntest.Sign(t, jose.ES256, jose.JSONWebKey{Key: foreign, KeyID: "../../dev/null"}, w.issuer.Claims(gold), nil)},
		{"a key id that is SQL", authntest.Sign(t, jose.ES256, jose.JSONWebKey{Key: foreign, KeyID: "' UNION SELECT 'k1"}, w.issuer.Claims(gold), nil)},
		{"another issuer", stranger.Token(t, gold, nil)},
		{"another issuer that says it is this one", stranger.Token(t, with("iss", w.issuer.URL), nil)},
		{"an issuer in another case of its name", w.issuer.Token(t, map[string]any{"tier": "gold", "iss": nil, "ISS": w.issuer.URL}, nil)},
		{"another audience", w.issuer.Token(t, with("aud", "https://other.example"), nil)},
		{"an audience that only begins so", w.issuer.Token(t, with("aud", "https://api.example.evil"), nil)},
		{"no audience", w.issuer.Token(t, with("aud", nil), nil)},
		{"expired", w.issuer.Token(t, with("exp", now.Add(-time.Minute).Unix()), nil)},
		{"no end", w.issuer.Token(t, with("exp", nil), nil)},
		{"an end that is a text", w.issuer.Token(t, with("exp", "9999999999"), nil)},
		{"an end beyond all times", w.issuer.Token(t, with("exp", 1e300), nil)},
		{"not yet", w.issuer.Token(t, with("nbf", now.Add(time.Hour).Unix()), nil)},
		{"a begin that is a text", w.issuer.Token(t, with("nbf", "0"), nil)},
		{"issued later", w.issuer.Token(t, with("iat", now.Add(time.Hour).Unix()), nil)},
		{"a claim that is missing", w.issuer.Token(t, nil, nil)},
		{"a claim with another value", w.issuer.Token(t, map[string]any{"tier": "silver"}, nil)},
		{"a logout token", w.issuer.Token(t, gold, map[string]any{"typ": "logout+jwt"})},
		{"other claims under its signature", parts[0] + "." + base64.RawURLEncoding.EncodeToString(admin) + "." + parts[2]},
		{"no signature", parts[0] + "." + parts[1] + "."},
		{"two parts", parts[0] + "." + parts[1]},
		{"not a token", "open sesame"},
		{"too long", good + strings.Repeat("A", 20<<10)},
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+good); a.StatusCode != http.StatusOK {
		t.Fatalf("a good one: %d %s", a.StatusCode, a.Body)
	}
	for _, c := range cases {
		a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+c.token)
		if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %d %q", c.reason, a.StatusCode, a.Header.Get("WWW-Authenticate"))
		}
		if len(c.token) > 20 && strings.Contains(a.Body, c.token) {
			t.Errorf("%s: the answer has the token", c.reason)
		}
	}
	if asked := stranger.Asked.Load(); asked != 0 {
		t.Errorf("somebody's keys were asked for %d times", asked)
	}
	a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+good, "Authorization", "Bearer "+none("none"))
	if a.StatusCode != http.StatusBadRequest || !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_request"`) {
		t.Errorf("two credentials: %d %q", a.StatusCode, a.Header.Get("WWW-Authenticate"))
	}
}

func TestRememberedTokenExpires(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.jwt(t, "", "")
	token := w.issuer.Token(t, map[string]any{"exp": time.Now().Add(5 * time.Minute).Unix()}, nil)
	for _, c := range []struct {
		after  time.Duration
		status int
	}{{0, 200}, {5 * time.Minute, 200}, {time.Minute, 401}} { // half a minute of skew is let pass
		w.clock.advance(c.after)
		if a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token); a.StatusCode != c.status {
			t.Errorf("after %s: %d, want %d", c.after, a.StatusCode, c.status)
		}
	}
}

func TestKeysTurn(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.jwt(t, "", "")
	ask := func(token string) int {
		return w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token).StatusCode
	}
	lasting := map[string]any{"exp": time.Now().Add(1000 * time.Hour).Unix()}
	first := w.issuer.Token(t, lasting, nil)
	if got := ask(first); got != http.StatusOK {
		t.Fatalf("the first key: %d", got)
	}
	w.issuer.Add(t, "k2")
	second := w.issuer.Token(t, lasting, nil)
	asked := w.issuer.Asked.Load()
	for range 20 { // so soon after the first time nobody is asked again
		if got := ask(second); got != http.StatusUnauthorized {
			t.Fatalf("a key that nobody has read: %d", got)
		}
	}
	if now := w.issuer.Asked.Load(); now != asked {
		t.Errorf("an unknown key has the issuer asked %d times", now-asked)
	}
	w.clock.advance(time.Minute)
	if got := ask(second); got != http.StatusOK {
		t.Errorf("the second key: %d", got)
	}
	w.issuer.Away.Store(true)
	w.clock.advance(30 * time.Minute)
	if a, b := ask(first), ask(w.issuer.Token(t, lasting, nil)); a != http.StatusOK || b != http.StatusOK {
		t.Errorf("while the issuer is away: %d and %d", a, b)
	}
	w.issuer.Away.Store(false)
	w.issuer.Drop()
	w.clock.advance(20 * time.Minute)
	for i := 0; ask(first) != http.StatusUnauthorized; i++ { // the keys are read in the background
		if i > 20_000 {
			t.Fatal("a remembered token outlives its key")
		}
		w.clock.advance(time.Second)
	}
	if got := ask(w.issuer.Token(t, lasting, nil)); got != http.StatusOK {
		t.Errorf("the key that is left: %d", got)
	}
}

func TestIssuerThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.issuer.Away.Store(true)
	w.jwt(t, "", "")
	a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+w.issuer.Token(t, nil, nil))
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("no keys: %d %s", a.StatusCode, a.Body)
	}
	guarded := start(t, func(c *authn.Config) { c.Guard = egress.Guard{} })
	guarded.jwt(t, "", "")
	a = guarded.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+guarded.issuer.Token(t, nil, nil))
	if a.StatusCode != http.StatusServiceUnavailable || guarded.issuer.Asked.Load() != 0 {
		t.Errorf("an issuer inside is asked: %d %s", a.StatusCode, a.Body)
	}
}

type ownIssuer struct {
	issuer *authntest.Issuer
	ended  sync.Map
	away   atomic.Bool
}

func (o *ownIssuer) Issuer() string { return "https://terrace.example" }

func (o *ownIssuer) Keys(context.Context) (jose.JSONWebKeySet, error) { return o.issuer.Set(), nil }

func (o *ownIssuer) Counts(_ context.Context, token string) error {
	if _, ended := o.ended.Load(token); ended {
		return kernel.Errorf(kernel.Unauthenticated, "it has ended")
	}
	if o.away.Load() {
		return errors.New("the database is away")
	}
	return nil
}

func (*ownIssuer) Lasts(context.Context, string, string, string) error { return nil }

func TestOwnIssuerNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	own := &ownIssuer{}
	w := start(t, func(c *authn.Config) { c.Own, c.Guard = own, egress.Guard{} })
	own.issuer = w.issuer
	w.Put(t, authntest.Dev(), authn.KindName, `{"providers": [{"name": "terrace", "jwt": {"issuers": [{"issuer": "https://terrace.example"}], "audiences": ["https://api.example"]}}]}`)
	for _, tenant := range []any{"rival", nil, []string{"acme"}} {
		foreign := w.issuer.Token(t, map[string]any{"iss": own.Issuer(), "tenant": tenant}, nil)
		if a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+foreign); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("a token of tenant %v: %d", tenant, a.StatusCode)
		}
	}
	token := w.issuer.Token(t, map[string]any{"iss": own.Issuer(), "tenant": "acme"}, nil)
	ask := func() int {
		return w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token).StatusCode
	}
	if got := ask(); got != http.StatusOK || w.issuer.Asked.Load() != 0 {
		t.Errorf("%d, %d calls", got, w.issuer.Asked.Load())
	}
	own.away.Store(true)
	if got := ask(); got != http.StatusServiceUnavailable {
		t.Errorf("a session of which it is not known whether it has ended: %d", got)
	}
	own.away.Store(false)
	own.ended.Store(token, true)
	if got := ask(); got != http.StatusUnauthorized {
		t.Errorf("a session that has ended: %d", got)
	}
}

func TestPlacesOfTokens(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.jwt(t, `, "from": [{"header": "X-Token"}, {"cookie": "token"}]`, `, "forwardCredential": false`)
	token := w.issuer.Token(t, nil, nil)
	for _, headers := range [][]string{{"X-Token", token}, {"Cookie", "a=b; token=" + token}} {
		a := w.Do(t, http.MethodGet, authntest.Host, "/", headers...)
		if a.StatusCode != http.StatusOK || strings.Contains(a.Body, token) {
			t.Errorf("%s: %d %s", headers[0], a.StatusCode, a.Body)
		}
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("another place: %d", a.StatusCode)
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/", "Cookie", "token="+token+"; token=other"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("two cookies: %d", a.StatusCode)
	}
	for site, status := range map[string]int{"cross-site": http.StatusForbidden, "same-origin": http.StatusOK} {
		if a := w.Do(t, http.MethodPost, authntest.Host, "/", "Cookie", "token="+token, "Sec-Fetch-Site", site); a.StatusCode != status {
			t.Errorf("a cookie, %s: %d", site, a.StatusCode)
		}
	}
}

// TestHeadersCannotBeForged sends what a service could take for the gateway's word.
func TestHeadersCannotBeForged(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.jwt(t, "", toUser+`, "required": false`)
	token := w.issuer.Token(t, nil, nil)
	forged := []string{
		"X-User-Id: root", "x-user-id: root", "X_User_Id: root", "X-User_ID: root", "X.User.Id: root", "X-USER-ID: root", "X-Roles: admin", "X_ROLES: admin",
		"X-User-Id: root\r\nX-User-Id: admin", "X-User-Id: \r\nX_User_Id: root",
		"Connection: X-User-Id", "Connection: keep-alive, x_user_id, X-Roles\r\nConnection: X-User-Id", "Connection: close, X-User-Id",
	}
	for _, who := range []string{"", token} {
		for _, lines := range forged {
			if who != "" {
				lines += "\r\nAuthorization: Bearer " + who
			}
			header := w.raw(t, lines)
			want := ""
			if who != "" {
				want = "ada"
			}
			for name, values := range header {
				told := strings.Map(func(r rune) rune {
					if strings.ContainsRune("_.", r) {
						return '-'
					}
					return r
				}, strings.ToLower(name))
				if told == "x-roles" || told == "x-user-id" && (name != "X-User-Id" || strings.Join(values, "|") != want) {
					t.Errorf("%q: the service sees %s: %q", lines, name, values)
				}
			}
			if got := header.Get("X-User-Id"); got != want {
				t.Errorf("%q: the service sees %q, want %q", lines, got, want)
			}
		}
	}
	a := w.Do(t, http.MethodGet, authntest.Host, "/", "x_user_id", "root", "X-User-Id", "root") // by HTTP/2
	if a.ProtoMajor != 2 || a.Seen.Header.Get("X-User-Id") != "" || len(a.Seen.Header["X_user_id"]) > 0 {
		t.Errorf("HTTP/%d: %s", a.ProtoMajor, a.Body)
	}
}

// raw sends header lines as they are by HTTP/1.1, and returns what the service sees.
func (w *world) raw(t *testing.T, lines string) http.Header {
	t.Helper()
	config := w.NewClient().Transport.(*http.Transport).TLSClientConfig.Clone() //nolint:forcetypeassert // it is made so
	config.ServerName, config.NextProtos = authntest.Host, []string{"http/1.1"}
	conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(w.Server.Port())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n", authntest.Host, lines)
	var answer []byte
	for !strings.HasSuffix(string(answer), "}\n") {
		part := make([]byte, 4096)
		n, err := conn.Read(part)
		if answer = append(answer, part[:n]...); err != nil && !errors.Is(err, io.EOF) || err != nil && n == 0 {
			break
		}
	}
	_, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	var seen authntest.Seen
	if err := json.Unmarshal([]byte(body), &seen); err != nil {
		t.Fatalf("%q: %s", lines, answer)
	}
	return seen.Header
}

func TestSpecs(t *testing.T) {
	t.Parallel()
	k := authn.New(authn.Config{Own: &ownIssuer{}, Guard: loopback(), Clock: kernel.Clock(time.Now), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(k.Close)
	jwt := `"jwt": {"issuers": [{"issuer": "https://a.example"}], "audiences": ["a"]`
	cases := []struct{ spec, want string }{
		{`{}`, "nobody could prove"},
		{`{"provders": []}`, "did you mean providers?"},
		{`{"providers": [{"name": "a"}]}`, "proves in one way"},
		{`{"providers": [{"name": "A B", ` + jwt + `}}]}`, "is no name"},
		{`{"providers": [{"name": "a", "jwt": {"audiences": ["a"]}}]}`, "the key issuers is missing"},
		{`{"providers": [{"name": "a", "jwt": {"issuers": [{"issuer": "https://a.example"}]}}]}`, "the key audiences is missing"},
		{`{"providers": [{"name": "a", "jwt": {"issuers": [{"issuer": "https://a.example"}], "audiences": ["https://terrace.example"]}}]}`, "tokens for Terrace itself"},
		{`{"providers": [{"name": "a", "oidc": {"issuer": "https://a.example", "clientId": "a"}}]}`, "no keys to seal"},
		{`{"providers": [{"name": "a", ` + jwt + `, "algorithms": ["HS256"]}}]}`, `"HS256" is no algorithm`},
		{`{"providers": [{"name": "a", ` + jwt + `, "algorithms": ["none"]}}]}`, `"none" is no algorithm`},
		{`{"providers": [{"name": "a", ` + jwt + `, "clockSkew": "1h"}}]}`, "no skew"},
		{`{"providers": [{"name": "a", "jwt": {"issuers": [{"issuer": "file:///etc"}], "audiences": ["a"]}}]}`, "no address of the web"},
		{`{"providers": [{"name": "a", ` + jwt + `}}, {"name": "b", ` + jwt + `}}]}`, "is read already"},
		{`{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "products": true}}]}`, "no products"},
		{`{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "keys": [{"name": "b", "secret": "plain"}]}}]}`, "stands in the policy itself"},
		{`{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "keys": [{"name": "b", "sha256": "12"}]}}]}`, "64 hexadecimal"},
		{`{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "keys": []}}], "claimsToHeaders": [{"claim": "sub", "header": "x_key"}]}`, "removed from every request"},
		{`{"providers": [{"name": "a", "mtls": {"authorities": "no PEM"}}]}`, "no certificate in it"},
		{`{"required": false, "claimsToHeaders": [{"claim": "sub", "header": "Host"}]}`, "not for claims"},
		{`{"required": false, "claimsToHeaders": [{"claim": "sub", "header": "X_Forwarded-User"}]}`, "not for claims"},
		{`{"required": false, "claimsToHeaders": [{"claim": "sub", "header": "X-A: b"}]}`, "no name of a header"},
		{`{"required": false, "claimsToHeaders": [{"claim": "sub", "header": "X-A"}, {"claim": "sub", "header": "x_a"}]}`, "tells two claims"},
	}
	for _, c := range cases {
		_, err := k.Compile(t.Context(), gateway.Policy{Name: "p", Scope: authntest.Dev(), Spec: json.RawMessage(c.spec)}, gateway.Attachment{})
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.spec, err, c.want)
		}
	}
}
