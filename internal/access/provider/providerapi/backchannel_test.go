package providerapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// channel is the back channel of a client.
type channel struct {
	*httptest.Server

	mu     sync.Mutex
	answer int
	got    []string
}

func newChannel(t *testing.T) *channel {
	t.Helper()
	c := &channel{answer: http.StatusOK}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, r.Method+" "+r.PostFormValue("logout_token"))
		http.Redirect(w, r, c.URL+"/elsewhere", c.answer)
	}))
	t.Cleanup(c.Close)
	return c
}

// says has the client answer in a way, and returns what it was told since.
func (c *channel) says(status int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.answer, c.got = status, nil
	return got
}

// tell has Terrace tell clients what it owes them.
func (w *world) tell() {
	w.t.Helper()
	if err := w.service.TellClients(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// TestClientsAreToldOfSignOuts (OpenID Connect Back-Channel Logout 1.0): once each, again
// where they do not take it, and not for ever.
func TestClientsAreToldOfSignOuts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := newChannel(t)
	w.client, w.secret = w.register(provider.NewClient{
		Name: "told", Redirects: []string{callback}, Grants: provider.ClientGrants(), Scopes: provider.Scopes(), BackchannelLogout: c.URL + "/out",
	})
	var id struct {
		Subject string `json:"sub"`
		Session string `json:"sid"`
	}
	signedOut := func(scopes ...string) {
		t.Helper()
		b := w.browser()
		token := w.tokens(b, scopes...)
		if raw, ok := token.Extra("id_token").(string); ok {
			verified, err := w.discover().Verifier(&oidc.Config{ClientID: w.client.ID}).Verify(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := verified.Claims(&id); err != nil {
				t.Fatal(err)
			}
		}
		if b.open(w.issuer() + "/oauth2/logout").send(); w.whoami(token.AccessToken) != http.StatusUnauthorized {
			t.Fatal("the token outlives the logout")
		}
	}

	signedOut("read") // nobody has signed in to it
	if w.tell(); len(c.says(http.StatusOK)) != 0 {
		t.Error("told of what was no sign-in")
	}
	signedOut("openid", "read")
	c.says(http.StatusInternalServerError)
	w.tell()
	w.tell() // not yet again
	if got := c.says(http.StatusTemporaryRedirect); len(got) != 1 {
		t.Fatalf("told %d times, want once", len(got))
	}
	w.later(15 * time.Second)
	w.tell()
	if got := c.says(http.StatusNoContent); len(got) != 1 {
		t.Fatalf("told %d times with a redirect, which is not followed", len(got))
	}
	w.later(2 * time.Minute)
	w.tell()
	got := c.says(http.StatusOK)
	if len(got) != 1 {
		t.Fatalf("told %d times, want once more", len(got))
	}
	token, err := w.discover().Verifier(&oidc.Config{ClientID: w.client.ID, Now: w.now}).Verify(t.Context(), got[0][len("POST "):])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	events, _ := json.Marshal(claims["events"])
	told := []any{token.Subject, claims["sid"], string(events), claims["nonce"], token.Expiry.Sub(token.IssuedAt)}
	if d := cmp.Diff([]any{id.Subject, id.Session, `{"http://schemas.openid.net/event/backchannel-logout":{}}`, nil, 2 * time.Minute}, told); d != "" {
		t.Error(d)
	}
	if _, err := w.service.Hint(t.Context(), got[0][len("POST "):]); err == nil {
		t.Error("a logout token is taken for an ID token")
	}
	w.later(3 * time.Hour)
	if w.tell(); len(c.says(http.StatusOK)) != 0 {
		t.Error("who took it is told again")
	}
}

// TestBackChannelsAreNotInside: nobody has Terrace call what only Terrace reaches.
func TestBackChannelsAreNotInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := newChannel(t)
	for _, bad := range []string{"http://10.0.0.1/out", "com.example.app:/out", "https://shop.example.com/#x", "file:///etc/passwd"} {
		_, _, err := w.service.CreateClient(w.system(), kernel.Scope{Tenant: "default"}, provider.NewClient{Name: "bad", Redirects: []string{callback}, BackchannelLogout: bad})
		if !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	w.client, w.secret = w.register(provider.NewClient{Name: "inside", Redirects: []string{callback}, Scopes: provider.Scopes(), BackchannelLogout: c.URL})
	token := w.tokens(w.browser(), "openid")
	w.service.Guard = egress.Guard{}
	if status, _ := w.ask("/oauth2/revoke", w.client.ID, w.secret, url.Values{"token": {token.AccessToken}}); status != http.StatusOK {
		t.Fatal(status)
	}
	if owed := w.owed(); owed != 0 {
		t.Errorf("a client that gave a token back is told of that: %d", owed)
	}
	b := w.browser()
	w.tokens(b, "openid")
	b.open(w.issuer() + "/oauth2/logout").send()
	if owed := w.owed(); owed != 1 {
		t.Errorf("%d are owed, want 1", owed)
	}
	for range 10 {
		w.tell()
		w.later(3 * time.Hour)
	}
	if owed := w.owed(); owed != 0 || len(c.says(http.StatusOK)) != 0 {
		t.Errorf("an address inside was called, or is for ever: %d", owed)
	}
}

// TestAClientThatTakesNothingIsToldSixTimes and no more.
func TestAClientThatTakesNothingIsToldSixTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := newChannel(t)
	w.client, w.secret = w.register(provider.NewClient{Name: "deaf", Redirects: []string{callback}, Scopes: provider.Scopes(), BackchannelLogout: c.URL})
	b := w.browser()
	w.tokens(b, "openid")
	b.open(w.issuer() + "/oauth2/logout").send()
	c.says(http.StatusBadRequest)
	for range 10 {
		w.tell()
		w.later(3 * time.Hour)
	}
	if got := c.says(http.StatusOK); len(got) != 6 {
		t.Errorf("told %d times, want 6", len(got))
	}
}

// owed counts whom Terrace is to tell of an end by now.
func (w *world) owed() int {
	w.t.Helper()
	all, err := w.service.Store.Owed(w.t.Context(), w.now(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}
