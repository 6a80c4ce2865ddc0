package providerapi_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// authorization returns the address of a good authorization request with some of its
// parameters changed; "" takes one away.
func (w *world) authorization(changes ...string) string {
	values := url.Values{
		"client_id": {w.client.ID}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {"state-12345678"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		if values.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			values.Del(changes[i])
		}
	}
	return w.issuer() + "/oauth2/authorize?" + values.Encode()
}

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// TestCodesAreGoodOnce holds that a code that comes a second time gives nothing, and
// ends what it gave.
func TestCodesAreGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config, b := w.config(), w.browser()
	code := b.code(w.authorization("scope", "openid offline_access read")).Get("code")
	token, err := config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); !isError(err, "invalid_grant") {
		t.Errorf("%v", err)
	}
	if w.whoami(token.AccessToken) != http.StatusUnauthorized {
		t.Error("what the code gave still holds")
	}
	token.Expiry = time.Now().Add(-time.Hour)
	if _, err := config.TokenSource(t.Context(), token).Token(); !isError(err, "invalid_grant") {
		t.Errorf("what the code gave is renewed: %v", err)
	}
	if !slices.Contains(w.journal.why(), provider.EndedByReplay) {
		t.Errorf("the audit log has %q", w.journal.why())
	}
	// One of another client, and one whose time is over.
	other, secret := w.register(provider.NewClient{Name: "other", Redirects: []string{callback}})
	theirs := w.config()
	theirs.ClientID, theirs.ClientSecret = other.ID, secret
	code = b.code(w.authorization()).Get("code")
	if _, err := theirs.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); !isError(err, "invalid_grant") {
		t.Errorf("a code of another client: %v", err)
	}
	code = b.code(w.authorization()).Get("code")
	w.later(2 * provider.CodeLife)
	if _, err := config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); !isError(err, "invalid_grant") {
		t.Errorf("an old code: %v", err)
	}
}

// TestRefreshTokensAreGoodOnce holds that a refresh token that comes a second time ends
// its session.
func TestRefreshTokensAreGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config, b := w.config(), w.browser()
	first := w.tokens(b, "openid", "offline_access", "read")
	first.Expiry = time.Now().Add(-time.Hour)
	second, err := config.TokenSource(t.Context(), first).Token()
	if err != nil || w.whoami(second.AccessToken) != http.StatusOK {
		t.Fatal(err)
	}
	if _, err := config.TokenSource(t.Context(), first).Token(); !isError(err, "invalid_grant") {
		t.Errorf("the first one again: %v", err)
	}
	if w.whoami(second.AccessToken) != http.StatusUnauthorized {
		t.Error("the session goes on")
	}
	second.Expiry = time.Now().Add(-time.Hour)
	if _, err := config.TokenSource(t.Context(), second).Token(); !isError(err, "invalid_grant") {
		t.Errorf("the second one: %v", err)
	}
	if why := w.journal.why(); !slices.Contains(why, provider.EndedByReuse) {
		t.Errorf("the audit log has %q", why)
	}
	// One that nobody was given, of another client, and with more scopes than it has.
	for name, change := range map[string]func(*oauth2.Config, *oauth2.Token){
		"made up": func(_ *oauth2.Config, t *oauth2.Token) { t.RefreshToken = provider.NewSecret(provider.PrefixRefresh) },
		"of another client": func(c *oauth2.Config, _ *oauth2.Token) {
			c.ClientID, c.ClientSecret, c.Endpoint.AuthStyle = provider.CLI, "", oauth2.AuthStyleInParams
		},
	} {
		third, other := w.tokens(b, "openid", "offline_access"), w.config()
		third.Expiry = time.Now().Add(-time.Hour)
		change(other, third)
		if _, err := other.TokenSource(t.Context(), third).Token(); !isError(err, "invalid_grant") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPKCECannotBeAvoided has requests without what RFC 7636 asks for, of a client that
// has a secret.
func TestPKCECannotBeAvoided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, changes := range map[string][]string{
		"no challenge":         {"code_challenge", "", "code_challenge_method", ""},
		"an empty challenge":   {"code_challenge", ""},
		"plain":                {"code_challenge", verifier, "code_challenge_method", "plain"},
		"plain by default":     {"code_challenge", verifier, "code_challenge_method", ""},
		"a method that is not": {"code_challenge_method", "S512"},
	} {
		b := w.browser().open(w.authorization(changes...))
		if b.Left == nil || b.Left.Query().Get("error") != "invalid_request" || b.Left.Query().Get("state") != "state-12345678" {
			t.Errorf("%s: %v, %d %s", name, b.Left, b.Status, b.Page)
		}
	}
	b := w.browser()
	for name, options := range map[string][]oauth2.AuthCodeOption{
		"no verifier":      nil,
		"an empty one":     {oauth2.VerifierOption("")},
		"another one":      {oauth2.VerifierOption(oauth2.GenerateVerifier())},
		"the challenge":    {oauth2.VerifierOption(oauth2.S256ChallengeFromVerifier(verifier))},
		"one that is cut":  {oauth2.VerifierOption(verifier[:42])},
		"one in two parts": {oauth2.VerifierOption(verifier + " ")},
	} {
		code := b.code(w.authorization()).Get("code")
		if token, err := w.config().Exchange(t.Context(), code, options...); !isError(err, "invalid_grant") {
			t.Errorf("%s: %v, %v", name, token, err)
		}
	}
}

// TestRedirectsAreExact has addresses to come back to that look like the client's. None
// is sent anything, not even an error.
func TestRedirectsAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	native, _ := w.register(provider.NewClient{Name: "native", Public: true, Redirects: []string{"http://127.0.0.1/callback", "com.example.app:/callback"}})
	for name, c := range map[string]struct{ client, uri string }{
		"another host":                          {w.client.ID, "https://evil.example.com/callback"},
		"a longer host":                         {w.client.ID, "https://shop.example.com.evil.example.com/callback"},
		"a user before the host":                {w.client.ID, "https://shop.example.com@evil.example.com/callback"},
		"a user of the host":                    {w.client.ID, "https://evil@shop.example.com/callback"},
		"a longer path":                         {w.client.ID, callback + "/../evil"},
		"a path below":                          {w.client.ID, callback + "/x"},
		"a path that is escaped":                {w.client.ID, "https://shop.example.com/%63allback"},
		"a slash more":                          {w.client.ID, callback + "/"},
		"a question":                            {w.client.ID, callback + "?next=https://evil.example.com"},
		"a fragment":                            {w.client.ID, callback + "#x"},
		"a backslash":                           {w.client.ID, `https://shop.example.com\@evil.example.com/callback`},
		"no encryption":                         {w.client.ID, "http://shop.example.com/callback"},
		"capital letters":                       {w.client.ID, "https://shop.example.com/Callback"},
		"a port":                                {w.client.ID, "https://shop.example.com:8443/callback"},
		"a script":                              {w.client.ID, "javascript:alert(1)"},
		"a line break":                          {w.client.ID, callback + "\r\nX: y"},
		"this machine, of a client that is not": {w.client.ID, "http://127.0.0.1:1234/callback"},
		"another machine":                       {native.ID, "http://192.0.2.1:1234/callback"},
		"a name for this machine":               {native.ID, "http://localhost:1234/callback"},
		"a host that begins like it":            {native.ID, "http://127.0.0.1.evil.example.com/callback"},
		"a user before this machine":            {native.ID, "http://127.0.0.1:80@evil.example.com/callback"},
		"a user of this machine":                {native.ID, "http://evil@127.0.0.1:1234/callback"},
		"another path of this machine":          {native.ID, "http://127.0.0.1:1234/other"},
		"a path of it that is escaped":          {native.ID, "http://127.0.0.1:1234/%63allback"},
		"this machine, encrypted":               {native.ID, "https://127.0.0.1:1234/callback"},
		"another app":                           {native.ID, "com.evil.app:/callback"},
	} {
		b := w.browser().open(w.authorization("client_id", c.client, "redirect_uri", c.uri))
		if b.Left != nil || b.Status != http.StatusBadRequest || !strings.Contains(b.Page, `role="alert"`) {
			t.Errorf("%s: %v, %d", name, b.Left, b.Status)
		}
	}
	for _, uri := range []string{"http://127.0.0.1:1234/callback", "http://127.0.0.1/callback", "com.example.app:/callback"} {
		if b := w.browser().open(w.authorization("client_id", native.ID, "redirect_uri", uri)); b.At.Path != "/sign-in" {
			t.Errorf("%s: %d %s", uri, b.Status, b.Page)
		}
	}
	// The same address is wanted when the code is redeemed.
	config := w.config()
	config.RedirectURL = "https://evil.example.com/callback"
	if _, err := config.Exchange(t.Context(), w.browser().code(w.authorization()).Get("code"), oauth2.VerifierOption(verifier)); !isError(err, "invalid_grant") {
		t.Errorf("%v", err)
	}
}

// TestSigningOutLeadsNowhereElse: a browser that is signed out is sent where the client that
// shows who it signed in may have it, to the letter.
func TestSigningOutLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, _ := w.register(provider.NewClient{Name: "other", Redirects: []string{callback}, LogoutRedirects: []string{"https://other.example.com/"}})
	hint, _ := w.tokens(w.browser(), "openid").Extra("id_token").(string)
	for name, c := range map[string]struct{ client, uri string }{
		"another host":                      {"", "https://evil.example.com/"},
		"a path below":                      {"", "https://shop.example.com/evil"},
		"a user before the host":            {"", "https://shop.example.com@evil.example.com/"},
		"where people come back to sign in": {"", callback},
		"an address of another client":      {"", "https://other.example.com/"},
		"another client by its name":        {other.ID, "https://other.example.com/"},
		"a script":                          {"", "javascript:alert(1)"},
	} {
		ask := url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {c.uri}}
		if c.client != "" {
			ask.Set("client_id", c.client)
		}
		if b := w.browser().open(w.issuer() + "/oauth2/logout?" + ask.Encode()); b.Left != nil || !strings.Contains(b.Page, "You are signed out") {
			t.Errorf("%s: %v, %d", name, b.Left, b.Status)
		}
	}
}

// TestRequestsAreRead has requests that are refused before anybody signs in.
func TestRequestsAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		address, answer string
	}{
		"no client":                {w.authorization("client_id", ""), ""},
		"a client that is not":     {w.authorization("client_id", "cli_none"), ""},
		"no state":                 {w.authorization("state", ""), "invalid_state"},
		"a state to guess":         {w.authorization("state", "1"), "invalid_state"},
		"a token at once":          {w.authorization("response_type", "token"), "unsupported_response_type"},
		"an ID token at once":      {w.authorization("response_type", "id_token"), "unsupported_response_type"},
		"code and token":           {w.authorization("response_type", "code token"), "unsupported_response_type"},
		"no response type":         {w.authorization("response_type", ""), "unsupported_response_type"},
		"a scope that is not":      {w.authorization("scope", "openid everything"), "invalid_scope"},
		"an audience that is not":  {w.authorization("audience", "https://evil.example.com"), "invalid_target"},
		"a resource that is not":   {w.authorization("resource", "https://evil.example.com"), "invalid_target"},
		"a request object":         {w.authorization("request", "e30.e30."), ""},
		"a request's address":      {w.authorization("request_uri", "http://169.254.169.254/"), ""},
		"a registration":           {w.authorization("registration", "{}"), "registration_not_supported"},
		"an answer in a fragment":  {w.authorization("response_mode", "fragment"), "unsupported_response_mode"},
		"an age that is none":      {w.authorization("max_age", "old"), "invalid_request"},
		"nobody, without a page":   {w.authorization("prompt", "none"), "login_required"},
		"the same parameter twice": {w.authorization() + "&client_id=" + provider.CLI, ""},
	} {
		b := w.browser().open(c.address)
		switch {
		case c.answer == "" && (b.Left != nil || b.Status != http.StatusBadRequest):
			t.Errorf("%s: %v, %d", name, b.Left, b.Status)
		case c.answer != "" && (b.Left == nil || b.Left.Query().Get("error") != c.answer || b.Left.Query().Get("iss") != w.issuer()):
			t.Errorf("%s: %v, %d", name, b.Left, b.Status)
		}
	}
}

// TestFormsOfOthers has each form sent as another site would.
func TestFormsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pages := map[string]func(b *browser){
		"sign in":      func(b *browser) { b.open(w.authorization()) },
		"say a tenant": func(b *browser) { b.open(w.authorization()) },
		"allow":        func(b *browser) { b.open(w.authorization()).signIn("ada") },
		"let a device": func(b *browser) { b.open(w.issuer() + "/device").signIn("ada") },
		"sign out":     func(b *browser) { b.open(w.issuer() + "/sign-in").signIn("ada") },
	}
	for name, show := range pages {
		b, other := w.browser(), w.browser()
		show(b)
		show(other)
		to, values := b.form()
		if name == "say a tenant" { // its form is there with several tenants
			to = "/sign-in/tenant"
			values.Set("tenant", "default")
		}
		_, theirs := other.form()
		values.Set("username", "ada")
		values.Set("password", password)
		values.Set("decision", "allow")
		forged := func(form string) url.Values {
			out := url.Values{}
			for k, v := range values {
				out[k] = v
			}
			out.Set("form", form)
			return out
		}
		own := values.Get("form")
		for how, send := range map[string]func() *browser{
			"without a token":      func() *browser { return b.post(to, forged("")) },
			"with another's token": func() *browser { return b.post(to, forged(theirs.Get("form"))) },
			"from another site": func() *browser {
				return b.post(to, forged(own), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example.com")
			},
			"from a neighbour": func() *browser {
				return b.post(to, forged(own), "Sec-Fetch-Site", "same-site", "Origin", "https://evil.example.com")
			},
			"from an older browser":       func() *browser { return b.post(to, forged(own), "Origin", "https://evil.example.com") },
			"by a browser without cookie": func() *browser { return b.w.browser().post(to, forged(own)) },
		} {
			keep := *b
			if by := send(); by.Status != http.StatusForbidden || by.Left != nil {
				t.Errorf("%s, %s: %d, sent to %v", name, how, by.Status, by.Left)
			}
			b.Page, b.At = keep.Page, keep.At
		}
	}
}

// TestCookies holds how a browser is known: by a new cookie at each sign-in, which no
// script and no other host gets.
func TestCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookie := func(b *browser) *http.Cookie {
		at, err := url.Parse(w.issuer())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.Jar.Cookies(at) {
			if strings.HasSuffix(c.Name, "terrace-sign-in") {
				return c
			}
		}
		return nil
	}
	at, _ := url.Parse(w.issuer())
	b := w.browser()
	fixed := provider.NewSecret("terb_")
	b.Jar.SetCookies(at, []*http.Cookie{{Name: "terrace-sign-in", Value: fixed, Path: "/"}})
	b.open(w.issuer() + "/sign-in").signIn("ada")
	first := cookie(b)
	if first == nil || first.Value == fixed {
		t.Fatalf("a cookie that somebody has put there is kept: %v", first)
	}
	thief := w.browser()
	thief.Jar.SetCookies(at, []*http.Cookie{{Name: "terrace-sign-in", Value: fixed, Path: "/"}})
	if thief.open(w.issuer() + "/sign-in"); strings.Contains(thief.Page, "<strong>ada</strong>") {
		t.Error("the fixed cookie is signed in")
	}
	b.open(w.authorization("prompt", "login")).signIn("ada")
	second := cookie(b)
	if second == nil || second.Value == first.Value {
		t.Fatal("the cookie is the same after another sign-in")
	}
	b.open(w.issuer() + "/sign-in").send()
	if !strings.Contains(b.Page, "You are signed out") || cookie(b) != nil {
		t.Errorf("%s", b.Page)
	}
	for _, former := range []*http.Cookie{first, second} {
		thief.Jar.SetCookies(at, []*http.Cookie{{Name: "terrace-sign-in", Value: former.Value, Path: "/"}})
		if thief.open(w.issuer() + "/sign-in"); thief.At.RawQuery == "" {
			t.Error("a cookie is good after a sign-out, or after another sign-in in its place")
		}
	}
}

// TestNamesAreNotTold holds that who tries a name learns nothing of whether somebody
// has it.
func TestNamesAreNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hidden := regexp.MustCompile(`<input[^>]* name="([^"]*)" value="([^"]*)"`)
	answer := func(name string) (int, string) {
		b := w.browser().open(w.authorization()).send("username", name, "password", "wrong wrong wrong")
		page := b.Page
		for _, own := range []string{name} {
			page = strings.ReplaceAll(page, own, "NAME")
		}
		return b.Status, hidden.ReplaceAllString(page, "")
	}
	status, page := answer("ada")
	if s, p := answer("nobody"); s != status || p != page || status != http.StatusUnauthorized {
		t.Errorf("%d %s\nand %d %s", status, page, s, p)
	}
	w.user("gone", identity.Viewer)
	if _, err := w.users.SetDisabled(w.system(), scope(), "gone", true); err != nil {
		t.Fatal(err)
	}
	if s, p := answer("gone"); s != status || p != page {
		t.Errorf("%d %s\nand %d %s", status, page, s, p)
	}
}

// TestGuessingIsSlow has passwords and device codes tried.
func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().open(w.authorization())
	for i := 0; b.Status != http.StatusTooManyRequests; i++ {
		if b.send("username", "ada", "password", "wrong wrong wrong"); i > 10 {
			t.Fatalf("ten passwords are tried: %d", b.Status)
		}
	}
	if b.send("username", "ada", "password", password); b.Status != http.StatusTooManyRequests {
		t.Errorf("the right one at last: %d", b.Status)
	}
	for i, status := 0, http.StatusOK; status != http.StatusTooManyRequests; i++ {
		if status, _ = w.ask("/oauth2/device", provider.CLI, "", url.Values{"scope": {"openid"}}); i > 2000 {
			t.Fatalf("two thousand devices begin: %d", status)
		}
	}
	b = w.browser().open(w.issuer() + "/device").signIn("root")
	for i := 0; b.Status != http.StatusTooManyRequests; i++ {
		if b.send("user_code", "BCDF-GHJK"); i > 20 {
			t.Fatalf("twenty codes are tried: %d", b.Status)
		}
	}
}

func scope() kernel.Scope { return kernel.Scope{Tenant: "default"} }
