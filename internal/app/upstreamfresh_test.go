package app

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// proved has the other provider say how long ago somebody has proven who they are; negative
// for saying nothing.
func (e *elsewhere) proved(ago time.Duration) {
	e.set(func(e *elsewhere) {
		e.said = func(claims map[string]any) {
			claims["auth_time"] = e.clock.Now().Add(-ago).Unix()
			if ago < 0 {
				delete(claims, "auth_time")
			}
		}
	})
}

// idTokenOf returns what the ID token beside a token says.
func idTokenOf(t *testing.T, token *oauth2.Token) map[string]any {
	t.Helper()
	text, _ := token.Extra("id_token").(string)
	parsed, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestASilentSignInElsewhereIsNotFresh: another provider in which somebody is signed in sends
// them back at once, which proves nothing of who sits there now.
func TestASilentSignInElsewhereIsNotFresh(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	e.proved(2 * time.Hour)
	p := w.person()
	before := w.now()
	p.login()
	if e.last.Get("max_age") == "" {
		t.Error("the other provider is not asked for the time")
	}
	claims := idTokenOf(t, w.person().login())
	if at, _ := claims["auth_time"].(float64); at > float64(before.Add(-time.Hour).Unix()) {
		t.Errorf("auth_time is %v", claims["auth_time"])
	}
	// A page that changes how somebody signs in wants a quarter of an hour.
	if p.open("/sign-in/links"); p.At.Path != "/sign-in" {
		t.Fatalf("a sign-in of two hours ago opens %s", p.At)
	}
	if p.button(); p.At.Path != "/sign-in" || e.last.Get("max_age") != "900" {
		t.Errorf("at %s, asked for %v", p.At, e.last)
	}
	e.proved(0)
	if p.button(); p.At.Path != "/sign-in/links" || p.Status != http.StatusOK {
		t.Errorf("who has proven it just now is at %s, %d", p.At, p.Status)
	}

	// So do programs.
	e.proved(2 * time.Hour)
	q := w.person()
	for name, asked := range map[string][]string{"max_age": {"max_age", "60"}, "login": {"prompt", "login"}, "none": {"max_age", "0"}} {
		if q.open(w.authorization(oauth2.GenerateVerifier(), asked...)).button(); q.At.Path != "/sign-in" || strings.Contains(q.Page, "does not say") {
			t.Errorf("%s: at %s, %d", name, q.At, q.Status)
		}
		want := url.Values{"max_age": {"60"}, "login": {"login"}, "none": {"login"}}[name][0]
		if got := map[bool]string{true: e.last.Get("max_age"), false: e.last.Get("prompt")}[name == "max_age"]; got != want {
			t.Errorf("%s: asked for %v", name, e.last)
		}
	}
	e.proved(10 * time.Second) // of a clock that differs, or just before
	if q.open(w.authorization(oauth2.GenerateVerifier(), "prompt", "login")).button(); !strings.Contains(q.Page, "Allow access?") {
		t.Errorf("at %s, %d: %s", q.At, q.Status, q.Page)
	}
	// Another account is another account, however old its sign-in.
	e.proved(2 * time.Hour)
	if q.open(w.authorization(oauth2.GenerateVerifier(), "prompt", "select_account")).button(); !strings.Contains(q.Page, "Allow access?") {
		t.Errorf("at %s, %d: %s", q.At, q.Status, q.Page)
	}
}

// TestATimeThatIsNotSaid is none: who signs in with such a provider does so in another way
// where the time matters.
func TestATimeThatIsNotSaid(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	e.proved(-1)
	p := w.person()
	for _, prompt := range [][]string{nil, {"prompt", "consent"}} {
		if claims := idTokenOf(t, p.login(append(prompt, "tenant", "acme")...)); claims["auth_time"] != nil {
			t.Errorf("auth_time is %v", claims["auth_time"])
		}
		p = w.person()
	}
	p.login()
	for _, address := range []string{"/sign-in/links", w.authorization(oauth2.GenerateVerifier(), "max_age", "3600"), w.authorization(oauth2.GenerateVerifier(), "prompt", "login")} {
		for range 2 { // with what there is, and again
			if p.open(address); p.At.Path != "/sign-in" || !strings.Contains(p.Page, "does not say when") {
				t.Errorf("%s: at %s, %d: %s", address, p.At, p.Status, p.Page)
			}
			p.button()
		}
	}
	if p.open(w.authorization(oauth2.GenerateVerifier(), "max_age", "3600", "prompt", "none")); p.Left == nil || p.Left.Query().Get("error") != "login_required" {
		t.Errorf("%v", p.Left)
	}
}

// TestASignOutOnTheWay: the other provider says that somebody has signed out while they are
// on their way back from it.
func TestASignOutOnTheWay(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]map[string]any{
		"by the session": {"sid": "there-1"}, "by the account": {"sub": "4711"}, "by both": {"sub": "4711", "sid": "there-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, e := newRelying(t), newElsewhere(t, ada())
			u := w.add("acme", e)
			e.set(func(e *elsewhere) { e.claims["sid"] = "there-0" })
			w.person().login() // so that its keys are known
			e.set(func(e *elsewhere) { e.claims["sid"] = "there-1" })
			end := func() {
				if status := w.ended(u, e.sign("logout+jwt", e.logout(who))); status != http.StatusOK {
					t.Errorf("the token: %d", status)
				}
			}
			e.set(func(e *elsewhere) { e.said = func(map[string]any) { end() } })
			p := w.person()
			if page := p.refused(); !strings.Contains(page, "you have signed out at Corp & Sons meanwhile") {
				t.Error(page)
			}
			if p.open("/sign-in"); strings.Contains(p.Page, "Sign out") {
				t.Error("the browser is signed in")
			}
			e.set(func(e *elsewhere) { e.said, e.claims["sid"] = later, "there-1" })
			w.between.Store(&end)
			q := w.person()
			if page := q.refused(); !strings.Contains(page, "the sign-in at the other provider has ended") {
				t.Error(page)
			}
			w.between.Store(nil)
			if q.open("/sign-in"); strings.Contains(q.Page, "Sign out") {
				t.Error("the browser is signed in")
			}
			if token := w.person().login(); w.whoami(token.AccessToken) != "acme/ada.l" {
				t.Error("nobody signs in any more")
			}
		})
	}
}

// later is of a moment after all sign-outs until now.
func later(claims map[string]any) {
	claims["iat"] = claims["iat"].(int64) + 30
}

// TestProvidersOfEverybody let nobody in whom no admin knows: not at those that are known for
// it, nor, unless an admin says whose the accounts are, at those of which nothing is known.
func TestProvidersOfEverybody(t *testing.T) {
	t.Parallel()
	w := newRelying(t)
	w.upstreams.Address = "https://terrace.corp.co.uk"
	ctx, scope := w.as("acme", "root")
	const home = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
	active := func(domains ...string) upstream.Settings {
		return upstream.Settings{NewUsers: upstream.CreateActive, EmailDomains: domains}
	}
	said := upstream.Settings{NewUsers: upstream.CreateActive, OwnAccounts: true}
	for i, c := range []struct {
		issuer   string
		settings upstream.Settings
		problem  string
	}{
		{"https://accounts.google.com", active(), "newUsers"},
		{"https://ACCOUNTS.google.com/", active(), "newUsers"},
		{"https://accounts.google.com", said, "ownAccounts"},
		{"https://other.google.com", said, "ownAccounts"},
		{"https://accounts.google.com", upstream.Settings{NewUsers: upstream.CreateDisabled, OwnAccounts: true}, "ownAccounts"},
		{"https://github.com/login/oauth", active(), "newUsers"},
		{"https://gitlab.com", active("gmail.com"), "newUsers"},
		{"https://gitlab.com", active("mail.gmail.com"), "newUsers"},
		{"https://gitlab.com", active("co.uk"), "newUsers"},
		{"https://login.yahoo.com", active("yahoo.com"), "newUsers"},
		{"https://access.line.me", active("line.me"), "newUsers"},
		{"https://accounts.google.com", active("corp.example", "gmail.com"), "newUsers"},
		{"https://login.microsoftonline.com/common/v2.0", active(), "newUsers"},
		{"https://login.microsoftonline.com/consumers/v2.0", active(), "newUsers"},
		{"https://login.microsoftonline.com/consumers/v2.0", said, "ownAccounts"},
		{"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", active(), "newUsers"},
		{"https://accounts.google.com", active("corp.example"), ""},
		{"https://accounts.google.com", upstream.Settings{NewUsers: upstream.CreateDisabled}, ""},
		{"https://accounts.google.com", upstream.Settings{NewUsers: upstream.Refuse}, ""},
		{"https://login.microsoftonline.com/" + home + "/v2.0", active(), ""},
		{"https://login.microsoftonline.com/organizations/v2.0", upstream.Settings{NewUsers: upstream.CreateActive, EntraTenants: []string{home}}, ""},
		{"https://sso.corp.co.uk/realms/corp", active(), ""},
		{"https://sso.other.co.uk/realms/corp", active(), "newUsers"},
		{"https://sso.corp.internal/realms/corp", active(), ""},
		{"https://10.0.0.5/realms/corp", active(), ""},
		{"https://93.184.215.14/realms/corp", active(), "newUsers"},
		{"https://corp.signin.com", active(), "newUsers"},
		{"https://corp.signin.com", active("co.uk"), "newUsers"},
		{"https://corp.signin.com", active("corp.co.uk"), ""},
		{"https://corp.signin.com", said, ""},
		{"https://corp.signin.com", upstream.Settings{NewUsers: upstream.CreateDisabled}, ""},
	} {
		c.settings.ClientID, c.settings.Subject = "terrace", []string{"iss", "sub"}
		_, err := w.upstreams.Create(ctx, scope, upstream.NewUpstream{Name: fmt.Sprintf("u%d", i), Issuer: c.issuer, Settings: c.settings})
		known, ok := errors.AsType[*kernel.Error](err)
		if c.problem == "" && err != nil || c.problem != "" && (!ok || known.Kind != kernel.Invalid || len(known.Problems) == 0 || known.Problems[0].Path != c.problem) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// Nor is one made so later.
	settings := active("corp.example")
	settings.ClientID = "terrace"
	if _, err := w.upstreams.Create(ctx, scope, upstream.NewUpstream{Name: "later", Issuer: "https://accounts.google.com", Settings: settings}); err != nil {
		t.Fatal(err)
	}
	_, err := w.upstreams.Change(ctx, scope, "later", upstream.Change{Settings: func(s *upstream.Settings) { s.EmailDomains = nil }})
	if known, ok := errors.AsType[*kernel.Error](err); !ok || known.Kind != kernel.Invalid || !strings.Contains(known.Problems[0].Fix, "domains") {
		t.Errorf("%v", err)
	}
}
