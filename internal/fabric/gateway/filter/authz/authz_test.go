package authz_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authz"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

type world struct {
	*authntest.Gateway
	issuer *authntest.Issuer
}

// start has who calls proven by tokens, which nobody has to have.
func start(t *testing.T) *world {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	w := &world{issuer: authntest.NewIssuer(t)}
	kind := authn.New(authn.Config{Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, Log: quiet})
	t.Cleanup(kind.Close)
	w.Gateway = authntest.Start(t, kind.AsksCertificate, kind, authz.New(quiet))
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(
		`{"required": false, "providers": [{"name": "login", "jwt": {"issuers": [{"issuer": %q}], "audiences": ["https://api.example"]}}]}`, w.issuer.URL))
	return w
}

func (w *world) ask(t *testing.T, method, path string, claims map[string]any, headers ...string) authntest.Answer {
	t.Helper()
	if claims != nil {
		headers = append(headers, "Authorization", "Bearer "+w.issuer.Token(t, claims, nil))
	}
	return w.Do(t, method, authntest.Host, path, headers...)
}

func TestRules(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Put(t, authntest.Dev(), authz.KindName, `{"rules": [
		{"pathPrefixes": ["/admin"], "roles": ["admin", "owner"]},
		{"pathPrefixes": ["/internal/"], "deny": true},
		{"methods": ["GET", "HEAD"], "paths": ["/health"]},
		{"methods": ["POST"], "pathPrefixes": ["/orders"], "scopes": ["orders.read", "orders.write"]},
		{"pathPrefixes": ["/orders"], "scopes": ["orders.read"], "claims": [{"name": "/org/tier", "values": ["gold", "1"]}]},
		{"pathPrefixes": ["/me"], "authenticated": true},
		{"pathPrefixes": ["/open/admin"], "roles": ["admin"]},
		{"pathPrefixes": ["/open"]}
	]}`)
	gold := map[string]any{"org": map[string]any{"tier": []any{"x", 1}}}
	cases := []struct {
		method, path string
		claims       map[string]any
		status       int
	}{
		{"GET", "/health", nil, 200},
		{"POST", "/health", nil, 403},
		{"GET", "/health/x", nil, 403},
		{"GET", "/elsewhere", gold, 403},
		{"GET", "/orders", nil, 401},
		{"GET", "/orders", map[string]any{}, 403},
		{"GET", "/orders", gold, 200},
		{"GET", "/orders/7", gold, 200},
		{"GET", "/ordersheet", gold, 403},
		{"POST", "/orders", gold, 403},
		{"POST", "/orders", map[string]any{"scope": "orders.write orders.read"}, 200},
		{"POST", "/orders", map[string]any{"scope": "orders.write"}, 403},
		{"POST", "/orders", map[string]any{"scope": "orders.writes orders.read"}, 403},
		{"GET", "/admin", map[string]any{"roles": []string{"owner"}}, 200},
		{"GET", "/admin/x", map[string]any{"roles": "admin"}, 200},
		{"GET", "/admin/x", map[string]any{"roles": "administrator"}, 403},
		{"GET", "/me", nil, 401},
		{"GET", "/me", map[string]any{}, 200},
		{"GET", "/internal", gold, 403},
		{"GET", "/x/%2e%2e/admin", gold, 403},
		{"GET", "//admin", gold, 403},
		{"GET", "/%61dmin", gold, 403},
		{"GET", "/me/../internal/x", gold, 403},
		{"GET", "/open/x", nil, 200},
		{"GET", "/open/admin;x=1", nil, 401},
		{"GET", "/open/admin%2Fx", nil, 401},
		{"GET", "/open%2Fx", nil, 403},
		{"GET", "/open;x/admin", nil, 403},
		{"GET", "/open/%3badmin", nil, 200},
	}
	for _, c := range cases {
		a := w.ask(t, c.method, c.path, c.claims)
		if a.StatusCode != c.status || c.status >= 400 && a.Header.Get("Content-Type") != "application/problem+json" || (c.status == 401) != (a.Header.Get("WWW-Authenticate") == `Bearer realm="login"`) && c.status != 403 {
			t.Errorf("%s %s %v: %d %s, want %d", c.method, c.path, c.claims, a.StatusCode, a.Body, c.status)
		}
	}
	a := w.ask(t, "POST", "/orders", map[string]any{})
	if got := a.Header.Get("WWW-Authenticate"); got != `Bearer realm="login", error="insufficient_scope", scope="orders.read orders.write"` {
		t.Errorf("a scope that is missing: %q", got)
	}
}

func TestRego(t *testing.T) {
	t.Parallel()
	w := start(t)
	module, _ := json.Marshal(`package authz

default decision := {"allow": false, "reason": "The orders of others are not yours."}

decision := {"allow": true} if {
	input.method == "GET"
	input.host == "orders.dev.shop.localhost"
	["customers", id, "orders"] = input.segments
	input.authenticated
	input.claims.customer == id
	input.consumer == "login/web"
	input.client == "127.0.0.1"
	"orders.read" in input.scopes
	not "x-secret" in object.keys(input.headers)
	input.headers["x-region"] == [data.region]
}
`)
	w.Put(t, authntest.Dev(), authz.KindName, fmt.Sprintf(`{"rego": {"module": %s, "rule": "decision", "headers": ["X-Region"], "data": {"region": "eu"}}}`, module))
	seven := map[string]any{"customer": "7"}
	cases := []struct {
		reason, path string
		claims       map[string]any
		region       string
		status       int
	}{
		{"one's own", "/customers/7/orders", seven, "eu", 200},
		{"another's", "/customers/8/orders", seven, "eu", 403},
		{"by a way around", "/customers/7/../8/orders", seven, "eu", 403},
		{"nobody", "/customers/7/orders", nil, "eu", 403},
		{"another region", "/customers/7/orders", seven, "us", 403},
	}
	for _, c := range cases {
		a := w.ask(t, http.MethodGet, c.path, c.claims, "X-Region", c.region, "X-Secret", "1")
		if a.StatusCode != c.status || c.status == 403 && !strings.Contains(a.Body, "The orders of others are not yours.") {
			t.Errorf("%s: %d %s", c.reason, a.StatusCode, a.Body)
		}
	}
}

// TestRegoAsksWhoCalls where it says that this would help.
func TestRegoAsksWhoCalls(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Put(t, authntest.Dev(), authz.KindName, `{"rego": {"rule": "d", "module": "package p\ndefault d := {\"allow\": false, \"signIn\": true}\nd := true if input.claims.customer == \"7\"\n"}}`)
	for status, claims := range map[int]map[string]any{http.StatusUnauthorized: nil, http.StatusForbidden: {"customer": "8"}, http.StatusOK: {"customer": "7"}} {
		if a := w.ask(t, http.MethodGet, "/", claims); a.StatusCode != status || (status == http.StatusUnauthorized) != (a.Header.Get("WWW-Authenticate") != "") {
			t.Errorf("%v: %d %s", claims, a.StatusCode, a.Body)
		}
	}
}

// TestBrowsersAreSentToSignIn by a rule that needs to know who calls, though the route lets
// in who shows nothing.
func TestBrowsersAreSentToSignIn(t *testing.T) {
	t.Parallel()
	quiet := slog.New(slog.DiscardHandler)
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	people := authntest.NewProvider(t)
	people.Secret = ""
	kind := authn.New(authn.Config{Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, Sealer: sealer, Log: quiet})
	t.Cleanup(kind.Close)
	g := authntest.Start(t, kind.AsksCertificate, kind, authz.New(quiet))
	g.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"required": false, "providers": [{"name": "people", "oidc": {"issuer": %q, "clientId": "shop"}}]}`, people.URL))
	g.Put(t, authntest.Dev(), authz.KindName, `{"rules": [{"pathPrefixes": ["/me"], "authenticated": true}, {"pathPrefixes": ["/open"]}]}`)
	b := g.NewBrowser(t)
	if a := b.Go(http.MethodGet, authntest.Host, "/open"); a.StatusCode != http.StatusOK {
		t.Errorf("what is open to all: %d %s", a.StatusCode, a.Body)
	}
	if a := b.Go(http.MethodGet, authntest.Host, "/me?page=2"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), people.URL) {
		t.Errorf("a page for people: %d %s", a.StatusCode, a.Body)
	}
	if a := b.Go(http.MethodGet, authntest.Host, "/elsewhere"); a.StatusCode != http.StatusForbidden {
		t.Errorf("what nobody may: %d %s", a.StatusCode, a.Body)
	}
	if a := g.Do(t, http.MethodPost, authntest.Host, "/me"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a program: %d %s", a.StatusCode, a.Body)
	}
	for range 10 { // sign-ins that are never ended do not pile up
		b.Go(http.MethodGet, authntest.Host, "/me")
	}
	if n := len(b.Cookies[authntest.Host]); n > 8 {
		t.Errorf("the browser holds %d cookies", n)
	}
}

func TestRegoThatFailsPassesNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	cases := []struct {
		reason, module string
		status         int
	}{
		{"an error", "package p\nallow if to_number(input.method) == 1\n", 500},
		{"without an end", "package p\nallow if {\n some a in numbers.range(1, 100000)\n some b in numbers.range(1, 100000)\n a * b == -1\n}\n", 500},
		{"undefined", "package p\nallow if input.method == \"PUT\"\n", 403},
		{"a text", "package p\nallow := \"true\"\n", 403},
		{"an object without allow", "package p\nallow := {\"reason\": \"no\"}\n", 403},
		{"true", "package p\nallow := true\n", 200},
	}
	for _, c := range cases {
		module, _ := json.Marshal(c.module)
		w.Put(t, authntest.Dev(), authz.KindName, fmt.Sprintf(`{"rego": {"module": %s}}`, module))
		if a := w.ask(t, http.MethodGet, "/", nil); a.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", c.reason, a.StatusCode, a.Body, c.status)
		}
	}
}

func TestSpecs(t *testing.T) {
	t.Parallel()
	cases := []struct{ spec, want string }{
		{`{}`, "decides on nothing"},
		{`{"rules": [{"scops": []}]}`, "did you mean scopes?"},
		{`{"rules": [], "default": "maybe"}`, "is no default"},
		{`{"rules": [{"methods": ["get"]}]}`, "is no method"},
		{`{"rules": [{"paths": ["orders"]}]}`, "is no path"},
		{`{"rules": [{"paths": ["/a/../b"]}]}`, "is no path"},
		{`{"rules": [{"pathPrefixes": ["/a/*"]}]}`, "is no path"},
		{`{"rules": [{"scopes": ["a\"b"]}]}`, "is no scope"},
		{`{"rules": [{"scopes": []}]}`, "an empty list"},
		{`{"rules": [{"deny": true, "roles": ["a"]}]}`, "needs nothing"},
		{`{"rego": {}}`, "the key module is missing"},
		{`{"rego": {"module": "package p\nallow := true", "timeout": "1m"}}`, "no time that a decision may take"},
		{`{"rego": {"module": "package p\n\nallow if {\n  input.x ==\n}"}}`, "line 5, column 1"},
		{`{"rego": {"module": "package p\nallow if http.send({}).status_code == 200"}}`, "line 2, column 10: undefined function http.send"},
		{`{"rego": {"module": "package p\nallow := true", "rule": "deny"}}`, "there is no rule deny"},
	}
	for _, c := range cases {
		_, err := authz.New(slog.New(slog.DiscardHandler)).Compile(t.Context(), gateway.Policy{Name: "p", Spec: json.RawMessage(c.spec)}, gateway.Attachment{})
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.spec, err, c.want)
		}
	}
}
