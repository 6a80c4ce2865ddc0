package providerapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// api sends a request with a token and returns what came.
func (w *world) api(method, path, token string, out any) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.issuer()+"/api/v1"+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if out != nil {
		_ = json.NewDecoder(res.Body).Decode(out) // what is refused is no list
	}
	return res.StatusCode
}

// TestSessionsAreListedAndEnded has somebody see the browser and the two programs that they
// are signed in with, and end them; an admin does it for others, and nobody else.
func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	config, verifier := w.config("openid", "offline_access", "read", "deploy", "approve", "secrets", "admin"), oauth2.GenerateVerifier()
	got := b.code(config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier)))
	program, err := config.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	device := w.device(b)
	w.later(2 * time.Hour)
	program.Expiry = time.Now().Add(-time.Hour)
	if program, err = config.TokenSource(t.Context(), program).Token(); err != nil {
		t.Fatal(err)
	}
	admin := w.personal("root")
	var mine, theirs, others providerapi.SignInSessions
	if status := w.api(http.MethodGet, "/me/sessions", program.AccessToken, &mine); status != http.StatusOK || len(mine.Items) != 3 {
		t.Fatalf("%d %+v", status, mine)
	}
	first, find := mine.Items[0], func(kind provider.ActiveKind) providerapi.SignInSession {
		i := slices.IndexFunc(mine.Items, func(n providerapi.SignInSession) bool { return n.Kind == kind })
		if i < 0 {
			t.Fatalf("there is no %s in %+v", kind, mine)
		}
		return mine.Items[i]
	}
	if first.Kind != provider.ActiveProgram || first.Client != "shop" || !first.Current || first.Address != "127.0.0.1" || first.UsedAt.Sub(first.BeganAt) < time.Hour || !slices.Equal(first.Methods, []string{"pwd"}) {
		t.Errorf("the program that asks: %+v", first)
	}
	browser, byCode := find(provider.ActiveBrowser), find(provider.ActiveDevice)
	if byCode.Client != "The command line terrace" || byCode.Current || byCode.Browser != "" || first.Browser != browser.ID {
		t.Errorf("%+v", mine)
	}
	if status := w.api(http.MethodGet, "/users/ada/sessions", admin, &theirs); status != http.StatusOK || len(theirs.Items) != 3 || slices.ContainsFunc(theirs.Items, func(n providerapi.SignInSession) bool { return n.Current }) {
		t.Errorf("for an admin: %d %+v", status, theirs)
	}
	w.user("eve", identity.Viewer)
	eve := w.personal("eve")
	for _, path := range []string{"/users/ada/sessions", "/users/nobody/sessions"} {
		if status := w.api(http.MethodGet, path, eve, nil); status != http.StatusForbidden {
			t.Errorf("%s for a viewer: %d", path, status)
		}
	}
	if status := w.api(http.MethodGet, "/me/sessions", eve, &others); status != http.StatusOK || len(others.Items) != 0 {
		t.Errorf("those of somebody else: %d %+v", status, others)
	}
	if w.api(http.MethodDelete, "/me/sessions/"+byCode.ID, eve, nil) != http.StatusNotFound || w.api(http.MethodDelete, "/users/ada/sessions/"+byCode.ID, eve, nil) != http.StatusForbidden {
		t.Error("somebody else ends a session")
	}
	if status := w.api(http.MethodDelete, "/users/ada/sessions/"+byCode.ID, admin, nil); status != http.StatusNoContent || w.whoami(device.AccessToken) != http.StatusUnauthorized {
		t.Errorf("an admin ends one: %d", status)
	}
	if status := w.api(http.MethodDelete, "/me/sessions/"+browser.ID, program.AccessToken, nil); status != http.StatusNoContent || w.whoami(program.AccessToken) != http.StatusUnauthorized {
		t.Errorf("the browser with its program: %d", status)
	}
	if why := w.journal.why(); !slices.Equal(why, []string{provider.EndedByAdmin, provider.EndedByOwner, provider.EndedByOwner}) {
		t.Errorf("%q", why)
	}
	if w.api(http.MethodGet, "/users/ada/sessions", admin, &theirs); len(theirs.Items) != 0 {
		t.Errorf("%+v", theirs)
	}
}

// TestSessionsEndByThemselves has a session be over that nobody uses for a month.
func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.device(w.browser())
	admin := w.personal("root")
	var all providerapi.SignInSessions
	w.later(provider.RefreshLife - time.Hour)
	if w.api(http.MethodGet, "/users/ada/sessions", admin, &all); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	w.later(2 * time.Hour)
	if w.api(http.MethodGet, "/users/ada/sessions", admin, &all); len(all.Items) != 0 {
		t.Errorf("%+v", all)
	}
}

// TestLimitedTokensEndNoOtherSession has a program of few scopes end its own session only.
func TestLimitedTokensEndNoOtherSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	config, verifier := w.config("openid", "offline_access", "read"), oauth2.GenerateVerifier()
	got := b.code(config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier)))
	token, err := config.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	var mine providerapi.SignInSessions
	w.api(http.MethodGet, "/me/sessions", token.AccessToken, &mine)
	own, browser := mine.Items[0].ID, mine.Items[1].ID
	if strings.HasPrefix(own, "sgn_") {
		own, browser = browser, own
	}
	if status := w.api(http.MethodDelete, "/me/sessions/"+browser, token.AccessToken, nil); status != http.StatusForbidden {
		t.Errorf("the browser: %d", status)
	}
	if status := w.api(http.MethodDelete, "/me/sessions/"+own, token.AccessToken, nil); status != http.StatusNoContent || w.whoami(token.AccessToken) != http.StatusUnauthorized {
		t.Errorf("its own: %d", status)
	}
}

// device signs the command line in by a code that ada allows.
func (w *world) device(b *browser) *oauth2.Token {
	w.t.Helper()
	config := w.config("openid", "offline_access", "read")
	config.ClientID, config.ClientSecret, config.Endpoint.AuthStyle = provider.CLI, "", oauth2.AuthStyleInParams
	begun, err := config.DeviceAuth(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if b.open(begun.VerificationURIComplete); !strings.Contains(b.Page, begun.UserCode) || strings.Contains(b.Page, `name="password"`) {
		b.signIn("ada")
	}
	b.send("user_code", begun.UserCode).send("decision", "allow")
	token, err := config.DeviceAccessToken(w.t.Context(), begun)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// personal makes a token of a user.
func (w *world) personal(user string) string {
	w.t.Helper()
	secret, _, err := w.users.CreateToken(w.system(), kernel.Scope{Tenant: "default"}, identity.NewToken{User: user, Name: "x"})
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}
