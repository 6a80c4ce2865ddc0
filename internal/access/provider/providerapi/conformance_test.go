package providerapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// conformance is one case of the OpenID Connect conformance suite.
type conformance struct {
	profile, name, what string
	// not says why an optional part is not there; then the check is that Terrace says so.
	not   string
	check func(t *testing.T, w *world)
}

// flow redeems the code of a request, and returns the tokens and what the ID token says.
func (w *world) flow(t *testing.T, b *browser, changes ...string) (*oauth2.Token, map[string]any) {
	t.Helper()
	got := b.code(w.authorization(changes...))
	if got.Get("code") == "" {
		t.Fatalf("no code: %v", got)
	}
	token, err := w.config().Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if _, err := w.discover().VerifierContext(t.Context(), &oidc.Config{ClientID: w.client.ID}).Verify(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	return token, claimsOf(t, raw)
}

// refusal returns the error with which a request comes back to the client.
func (w *world) refusal(t *testing.T, b *browser, changes ...string) string {
	t.Helper()
	if b.open(w.authorization(changes...)); b.Left == nil {
		t.Fatalf("it is not sent back: %d %s", b.Status, b.At)
	}
	return b.Left.Query().Get("error")
}

// succeeds is a case in which a request with some parameters gives a code.
func succeeds(changes ...string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) { w.flow(t, w.browser(), changes...) }
}

// userInfo holds what is told of who has an ID token.
func userInfo(t *testing.T, id map[string]any, r *http.Request) {
	t.Helper()
	res, err := http.DefaultClient.Do(r.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	info := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&info); err != nil || res.StatusCode != http.StatusOK || info["sub"] == nil || info["sub"] != id["sub"] || info["name"] != "ada" || info["preferred_username"] != "ada" {
		t.Errorf("%d %v, %v", res.StatusCode, info, err)
	}
}

// conformanceCases are those of the plans for a provider's basic and config profiles.
func conformanceCases() []conformance {
	const basic, config = "basic", "config"
	unknown := "the scope is not offered, so the suite skips it"
	return []conformance{
		{config, "oidcc-discovery-endpoint-verification", "the discovery document and the keys", "", discoveryCase},
		{basic, "oidcc-server", "a code is redeemed for an access token and an ID token", "", func(t *testing.T, w *world) {
			token, claims := w.flow(t, w.browser(), "nonce", "nonce-12345678")
			if token.TokenType != "bearer" || claims["nonce"] != "nonce-12345678" || claims["iss"] != w.issuer() || claims["at_hash"] == nil {
				t.Errorf("%+v %v", token, claims)
			}
		}},
		{basic, "oidcc-response-type-missing", "a request without a response type is refused", "", func(t *testing.T, w *world) {
			if got := w.refusal(t, w.browser(), "response_type", ""); got != "unsupported_response_type" && got != "invalid_request" {
				t.Error(got)
			}
		}},
		{basic, "oidcc-idtoken-signature", "ID tokens are signed, with the algorithm that the client has", "", signatureCase},
		{basic, "oidcc-idtoken-unsigned", "ID tokens without a signature", "none is not offered, so the suite skips it", unsignedCase},
		{basic, "oidcc-userinfo-get", "userinfo by GET", "", func(t *testing.T, w *world) {
			token, id := w.flow(t, w.browser(), "scope", "openid profile")
			r, _ := http.NewRequest(http.MethodGet, w.issuer()+"/oauth2/userinfo", nil)
			token.SetAuthHeader(r)
			userInfo(t, id, r)
		}},
		{basic, "oidcc-userinfo-post-header", "userinfo by POST with a header", "", func(t *testing.T, w *world) {
			token, id := w.flow(t, w.browser(), "scope", "openid profile")
			r, _ := http.NewRequest(http.MethodPost, w.issuer()+"/oauth2/userinfo", nil)
			token.SetAuthHeader(r)
			userInfo(t, id, r)
		}},
		{basic, "oidcc-userinfo-post-body", "userinfo by POST with the token in the form", "", func(t *testing.T, w *world) {
			token, id := w.flow(t, w.browser(), "scope", "openid profile")
			form := url.Values{"access_token": {token.AccessToken}}
			r, _ := http.NewRequest(http.MethodPost, w.issuer()+"/oauth2/userinfo", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			userInfo(t, id, r)
		}},
		{basic, "oidcc-ensure-request-without-nonce-succeeds-for-code-flow", "a request without a nonce", "", succeeds("nonce", "")},
		{basic, "oidcc-scope-profile", "the scope profile gives claims", "", func(t *testing.T, w *world) {
			if _, claims := w.flow(t, w.browser(), "scope", "openid profile"); claims["name"] != "ada" || claims["preferred_username"] != "ada" {
				t.Error(claims)
			}
		}},
		{basic, "oidcc-scope-email", "the scope email", unknown, noScope("email")},
		{basic, "oidcc-scope-address", "the scope address", unknown, noScope("address")},
		{basic, "oidcc-scope-phone", "the scope phone", unknown, noScope("phone")},
		{basic, "oidcc-scope-all", "all scopes", unknown, noScope("profile email address phone")},
		{basic, "oidcc-ensure-other-scope-order-succeeds", "scopes in another order", "", succeeds("scope", "profile openid")},
		{basic, "oidcc-display-page", "display=page", "", succeeds("display", "page")},
		{basic, "oidcc-display-popup", "display=popup", "", succeeds("display", "popup")},
		{basic, "oidcc-prompt-login", "prompt=login has somebody sign in again", "", promptLoginCase},
		{basic, "oidcc-prompt-none-not-logged-in", "prompt=none where nobody is signed in", "", func(t *testing.T, w *world) {
			if got := w.refusal(t, w.browser(), "prompt", "none"); got != "login_required" {
				t.Error(got)
			}
		}},
		{basic, "oidcc-prompt-none-logged-in", "prompt=none where somebody is signed in", "", func(t *testing.T, w *world) {
			b := w.browser()
			_, first := w.flow(t, b)
			if _, second := w.flow(t, b, "prompt", "none"); second["sub"] != first["sub"] || second["auth_time"] != first["auth_time"] {
				t.Errorf("%v %v", first, second)
			}
		}},
		{basic, "oidcc-max-age-1", "max_age=1 has somebody sign in again", "", maxAgeCase},
		{basic, "oidcc-max-age-10000", "max_age=10000 does not", "", func(t *testing.T, w *world) {
			b := w.browser()
			_, first := w.flow(t, b)
			b.open(w.authorization("max_age", "10000"))
			if b.Left == nil {
				t.Fatalf("%d %s", b.Status, b.At)
			}
			if _, second := w.flow(t, b, "max_age", "10000"); second["auth_time"] != first["auth_time"] {
				t.Errorf("%v %v", first, second)
			}
		}},
		{basic, "oidcc-ensure-request-with-unknown-parameter-succeeds", "a parameter that nobody knows", "", succeeds("extra", "foobar")},
		{basic, "oidcc-id-token-hint", "id_token_hint with prompt=none", "", hintCase},
		{basic, "oidcc-login-hint", "login_hint", "", func(t *testing.T, w *world) {
			b := w.browser().open(w.authorization("login_hint", "ada"))
			if !strings.Contains(b.Page, `value="ada"`) {
				t.Error(b.Page)
			}
			w.flow(t, b, "login_hint", "ada")
		}},
		{basic, "oidcc-ui-locales", "ui_locales", "", succeeds("ui_locales", "se")},
		{basic, "oidcc-claims-locales", "claims_locales", "", succeeds("claims_locales", "se")},
		{basic, "oidcc-ensure-request-with-acr-values-succeeds", "acr_values", "", succeeds("acr_values", "1 2")},
		{basic, "oidcc-codereuse", "a code that comes twice", "", codeReuseCase(0)},
		{basic, "oidcc-codereuse-30seconds", "a code that comes again after 30 s ends what it gave", "", codeReuseCase(30 * time.Second)},
		{basic, "oidcc-ensure-registered-redirect-uri", "an address to come back to that is not registered", "", func(t *testing.T, w *world) {
			if b := w.browser().open(w.authorization("redirect_uri", callback+"/other")); b.Left != nil || b.Status != http.StatusBadRequest {
				t.Errorf("%v %d", b.Left, b.Status)
			}
		}},
		{basic, "oidcc-ensure-post-request-succeeds", "the request as a form", "", func(t *testing.T, w *world) {
			b := w.browser()
			w.flow(t, b)
			u, _ := url.Parse(w.authorization())
			if b.post(w.issuer()+"/oauth2/authorize", u.Query()); b.Left == nil || b.Left.Query().Get("code") == "" {
				t.Errorf("%d %s", b.Status, b.Page)
			}
		}},
		{basic, "oidcc-server-client-secret-post", "the client's secret in the form", "", func(t *testing.T, w *world) {
			config := w.config()
			config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
			if _, err := config.Exchange(t.Context(), w.browser().code(w.authorization()).Get("code"), oauth2.VerifierOption(verifier)); err != nil {
				t.Error(err)
			}
		}},
		{basic, "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", "a request object is refused", "", func(t *testing.T, w *world) {
			if b := w.browser().open(w.authorization("request", "eyJhbGciOiJub25lIn0.e30.")); b.Left != nil || b.Status != http.StatusBadRequest {
				t.Errorf("%v %d", b.Left, b.Status)
			}
		}},
		{basic, "oidcc-claims-essential", "the parameter claims", "claims_parameter_supported is false, so the suite skips it; the parameter does no harm", func(t *testing.T, w *world) {
			w.says(t, "claims_parameter_supported", false)
			w.flow(t, w.browser(), "claims", `{"id_token":{"auth_time":{"essential":true}},"userinfo":{"name":{"essential":true}}}`)
		}},
		{basic, "oidcc-ensure-request-object-with-redirect-uri", "redirect_uri in a request object", "request_parameter_supported is false, so the suite skips it", func(t *testing.T, w *world) {
			w.says(t, "request_parameter_supported", false)
			w.says(t, "request_uri_parameter_supported", false)
		}},
		{basic, "oidcc-refresh-token", "a refresh token gives an ID token of the same person", "", refreshCase},
		{basic, "oidcc-ensure-request-with-valid-pkce-succeeds", "PKCE with S256, which each case here has, since every client must", "", succeeds()},
	}
}

// says holds what the discovery document says of something.
func (w *world) says(t *testing.T, name string, want any) {
	t.Helper()
	var doc map[string]any
	if err := w.discover().Claims(&doc); err != nil {
		t.Fatal(err)
	}
	if doc[name] != want {
		t.Errorf("%s is %v", name, doc[name])
	}
}

// noScope is a case of scopes of which one is not offered, neither before nor when it is
// asked for.
func noScope(scopes string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		var doc struct {
			Scopes []string `json:"scopes_supported"`
		}
		if err := w.discover().Claims(&doc); err != nil {
			t.Fatal(err)
		}
		if last := scopes[strings.LastIndexByte(scopes, ' ')+1:]; slices.Contains(doc.Scopes, last) || !slices.Contains(doc.Scopes, "profile") {
			t.Errorf("of %s there are %v", scopes, doc.Scopes)
		}
		if got := w.refusal(t, w.browser(), "scope", "openid "+scopes); got != "invalid_scope" {
			t.Error(got)
		}
	}
}

func unsignedCase(t *testing.T, w *world) {
	var doc struct {
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := w.discover().Claims(&doc); err != nil || len(doc.Algorithms) == 0 || slices.Contains(doc.Algorithms, "none") {
		t.Errorf("%v, %v", doc.Algorithms, err)
	}
	unsigned := provider.NewClient{Name: "unsigned", Redirects: []string{callback}, Algorithm: "none"}
	if _, _, err := w.service.CreateClient(w.system(), scope(), unsigned); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a client with tokens that nobody signs: %v", err)
	}
}

func discoveryCase(t *testing.T, w *world) {
	var doc map[string]any
	if err := w.discover().Claims(&doc); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "scopes_supported", "response_types_supported", "grant_types_supported",
		"subject_types_supported", "id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported", "claims_supported", "code_challenge_methods_supported",
	} {
		if doc[name] == nil {
			t.Errorf("%s is not there", name)
		}
	}
	if algorithms := fmt.Sprint(doc["id_token_signing_alg_values_supported"]); doc["issuer"] != w.issuer() || !strings.Contains(algorithms, "RS256") || strings.Contains(algorithms, "none") {
		t.Errorf("%v", doc)
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth2/jwks"} {
		res, err := http.Get(w.issuer() + path)
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v, %v", path, res, err)
		}
	}
	set, err := w.service.KeySet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, k := range set.Keys {
		if !k.IsPublic() || k.Use != "sig" || k.KeyID == "" || seen[k.KeyID] {
			t.Errorf("%+v", k)
		}
		seen[k.KeyID] = true
	}
}

func signatureCase(t *testing.T, w *world) {
	w.flow(t, w.browser())
	old, secret := w.register(provider.NewClient{Name: "old", Redirects: []string{callback}, Algorithm: provider.RS256})
	config := w.config("openid")
	config.ClientID, config.ClientSecret = old.ID, secret
	token, err := config.Exchange(t.Context(), w.browser().code(w.authorization("client_id", old.ID)).Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verifier := w.discover().VerifierContext(t.Context(), &oidc.Config{ClientID: old.ID, SupportedSigningAlgs: []string{oidc.RS256}})
	if _, err := verifier.Verify(t.Context(), raw); err != nil {
		t.Error(err)
	}
}

func promptLoginCase(t *testing.T, w *world) {
	b := w.browser()
	w.later(-10 * time.Minute)
	_, first := w.flow(t, b)
	w.later(10 * time.Minute)
	if b.open(w.authorization("prompt", "login")); b.At.Path != "/sign-in" {
		t.Fatalf("nobody is asked: %v %s", b.Left, b.At)
	}
	if _, second := w.flow(t, b, "prompt", "login"); second["auth_time"].(int64) <= first["auth_time"].(int64) {
		t.Errorf("%v %v", first, second)
	}
}

func maxAgeCase(t *testing.T, w *world) {
	b := w.browser()
	w.later(-10 * time.Minute)
	_, first := w.flow(t, b)
	w.later(10 * time.Minute)
	if b.open(w.authorization("max_age", "1")); b.At.Path != "/sign-in" {
		t.Fatalf("nobody is asked: %v %s", b.Left, b.At)
	}
	if _, second := w.flow(t, b, "max_age", "1"); second["auth_time"].(int64) <= first["auth_time"].(int64) {
		t.Errorf("%v %v", first, second)
	}
}

func hintCase(t *testing.T, w *world) {
	b := w.browser()
	token, first := w.flow(t, b)
	raw, _ := token.Extra("id_token").(string)
	if _, second := w.flow(t, b, "prompt", "none", "id_token_hint", raw); second["sub"] != first["sub"] {
		t.Errorf("%v %v", first, second)
	}
	other := w.browser().open(w.issuer() + "/sign-in").signIn("root")
	other.open(w.authorization("scope", "openid")).send("decision", "allow")
	if got := w.refusal(t, other, "prompt", "none", "id_token_hint", raw); got != "login_required" {
		t.Errorf("somebody else: %s", got)
	}
}

func codeReuseCase(after time.Duration) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		code := w.browser().code(w.authorization()).Get("code")
		token, err := w.config().Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		w.later(after)
		if _, err := w.config().Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); !isError(err, "invalid_grant") {
			t.Error(err)
		}
		if w.whoami(token.AccessToken) != http.StatusUnauthorized {
			t.Error("what the code gave holds")
		}
	}
}

func refreshCase(t *testing.T, w *world) {
	token, first := w.flow(t, w.browser(), "scope", "openid offline_access")
	token.Expiry = time.Now().Add(-time.Hour)
	second, err := w.config().TokenSource(t.Context(), token).Token()
	if err != nil {
		t.Fatal(err)
	}
	other, secret := w.register(provider.NewClient{Name: "other", Redirects: []string{callback}, Grants: provider.ClientGrants(), Scopes: provider.Scopes()})
	stolen := w.config()
	stolen.ClientID, stolen.ClientSecret = other.ID, secret
	if _, err := renew(t, stolen, second); !isError(err, "invalid_grant") {
		t.Errorf("another client refreshes it: %v", err)
	}
	raw, _ := second.Extra("id_token").(string)
	if claims := claimsOf(t, raw); claims["sub"] != first["sub"] || claims["iss"] != first["iss"] || claims["auth_time"] != first["auth_time"] || fmt.Sprint(claims["aud"]) != fmt.Sprint(first["aud"]) {
		t.Errorf("%v %v", first, claims)
	}
}

const conformancePage = "../../../../docs/reference/oidc-conformance.md"

// TestConformance runs each case, and holds that the page in the reference tells how
// they end. UPDATE=1 writes it.
func TestConformance(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ends := map[string]string{}
	t.Run("cases", func(t *testing.T) {
		for _, c := range conformanceCases() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.check(t, newWorld(t))
				end := "passes"
				switch {
				case t.Failed():
					end = "fails"
				case c.not != "":
					end = "not offered: " + c.not
				}
				mu.Lock()
				defer mu.Unlock()
				ends[c.name] = end
			})
		}
	})
	var b strings.Builder
	b.WriteString("# OpenID Connect conformance\n\nThe cases of the OpenID Foundation's plans for the basic and the config profile of a provider, as they are written out in\n" +
		"`internal/access/provider/providerapi/conformance_test.go`, and how they end. Each is the test `TestConformance/cases/CASE`, which writes this page; of what is not offered it holds that the discovery document and the\n" +
		"endpoints say so. The Foundation's own suite has not run.\n\n" +
		"| profile | case | what it holds | result |\n|---|---|---|---|\n")
	for _, c := range conformanceCases() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.profile, c.name, c.what, ends[c.name])
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(conformancePage, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(conformancePage); err != nil || string(have) != b.String() {
		t.Errorf("docs/reference/oidc-conformance.md is old: UPDATE=1 go test -run TestConformance (%v)", err)
	}
}
