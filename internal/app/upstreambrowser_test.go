package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providertest"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestARealBrowserComesBack signs somebody in at one Terrace with another one, in a
// Chromium: what the policies of both make of the way there and back.
func TestARealBrowserComesBack(t *testing.T) {
	t.Parallel()
	c := providertest.StartChromium(t)
	w, there := newRelying(t), newRelyingAt(t, dbtest.SQLite(t, relyingTables()...), "localhost") // another host has other cookies
	w.runs.Store(true)
	there.runs.Store(true)
	there.user("acme", "ada", identity.Developer)
	ctx, scope := there.system("acme")
	back := w.address + "/sign-in/with/acme/corp"
	client, secret, err := there.provider.CreateClient(ctx, scope, provider.NewClient{
		Name: "The first Terrace", Redirects: []string{back + "/callback"}, LogoutRedirects: []string{back + "/signed-out"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, scope = w.as("acme", "root")
	if _, err := w.upstreams.Create(ctx, scope, upstream.NewUpstream{
		Name: "corp", Issuer: there.address, Secret: secret,
		Settings: upstream.Settings{Label: "Corp", ClientID: client.ID, Scopes: []string{"openid", "profile"}, NewUsers: upstream.CreateActive, Enabled: true, SignOut: true},
	}); err != nil {
		t.Fatal(err)
	}
	text := func(what string) string { return "document.body.innerText.includes('" + what + "')" }
	button := "document.querySelector('a[href^=\"/sign-in/with/acme/corp\"]')"
	c.Open(w.address + "/sign-in")
	c.Until("the page to sign in on", button)
	c.Run(button + ".click()")
	c.Until("the page of the other one", "location.hostname === 'localhost' && document.querySelector('form[action=\"/sign-in\"]')")
	c.Fill("form[action=\"/sign-in\"]", "username", "ada", "password", relyingPassword)
	c.Until("the question there", text("Allow access?"))
	c.Run("document.querySelector('button[name=decision][value=allow]').click()")
	c.Until("the way back", "location.hostname === '127.0.0.1' && "+text("You are signed in as ada"))

	// Who is known there comes back at once, from a form that was sent there, and goes on to a
	// program of a third place.
	third := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, "the shop") }))
	t.Cleanup(third.Close)
	program, _, err := w.provider.CreateClient(ctx, scope, provider.NewClient{Name: "shop", Redirects: []string{third.URL + "/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	user, err := w.users.Named(t.Context(), "acme", "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.provider.Allow(t.Context(), provider.Person{Actor: user}, program, program.Scopes); err != nil {
		t.Fatal(err)
	}
	c.Open(w.authorization(oauth2.GenerateVerifier(), "client_id", program.ID, "redirect_uri", program.Redirects[0], "scope", "openid", "prompt", "login"))
	c.Until("the page to sign in on", button)
	c.Run(button + ".click()")
	c.Until("the page of the other one", "location.hostname === 'localhost' && document.querySelector('form[action=\"/sign-in\"]')")
	c.Fill("form[action=\"/sign-in\"]", "username", "ada", "password", relyingPassword)
	c.Until("the program", "location.pathname === '/callback' && location.search.includes('code=')")

	c.Open(w.address + "/sign-in")
	c.Until("the page to sign out on", text("You are signed in as ada"))
	c.Fill("form[action=\"/sign-out\"]")
	c.Until("the end", "location.hostname === '127.0.0.1' && "+text("You are signed out"))
	c.Open(there.address + "/sign-in")
	c.Until("the other one knows nobody", "document.querySelector('form[action=\"/sign-in\"]')")
	for _, problem := range c.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}
