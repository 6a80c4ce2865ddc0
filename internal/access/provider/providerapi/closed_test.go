package providerapi_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// suspension says whether the tenants are suspended.
type suspension struct{ on atomic.Bool }

func (s *suspension) Closed(_ context.Context, tenant string) error {
	if !s.on.Load() {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "the tenant %s is suspended", tenant)
}

// TestClientsThatAreNotKnown are told how they may come again (RFC 6749 §5.2).
func TestClientsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/device"} {
		form := url.Values{"grant_type": {provider.GrantRefresh}, "refresh_token": {"terf_x"}, "token": {"terf_x"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer()+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(w.client.ID, "ters_wrong")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("WWW-Authenticate"); res.StatusCode != http.StatusUnauthorized || got != `Basic realm="terrace"` {
			t.Errorf("%s: %d %q", path, res.StatusCode, got)
		}
	}
}

// TestResources have tokens be for them (RFC 8707), and not for Terrace.
func TestResources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const api = "https://api.example.com"
	config, verifier := w.config("openid", "read"), oauth2.GenerateVerifier()
	got := w.browser().code(config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("resource", api)))
	token, err := config.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if audience, _ := claimsOf(t, token.AccessToken)["aud"].([]any); len(audience) != 1 || audience[0] != api || w.whoami(token.AccessToken) != http.StatusUnauthorized {
		t.Errorf("it is for %v", audience)
	}
	h := w.held()
	for resource, want := range map[string]string{w.issuer(): "", api: "invalid_target"} {
		if word := h.given(h.account.ID, h.secret, url.Values{"grant_type": {provider.GrantClient}, "resource": {resource}}); word != want {
			t.Errorf("a program, for %s: %q", resource, word)
		}
	}
}

// held are tokens of all kinds of somebody.
type held struct {
	w             *world
	person        *oauth2.Token
	account       identity.ServiceAccount
	secret, robot string
}

func (w *world) held() held {
	w.t.Helper()
	h := held{w: w, person: w.tokens(w.browser(), "openid", "offline_access", "read")}
	var err error
	if h.account, err = w.users.CreateServiceAccount(w.system(), scope(), identity.NewServiceAccount{Name: "robot", Owner: "ada"}); err != nil {
		w.t.Fatal(err)
	}
	if h.secret, _, err = w.users.CreateToken(w.system(), scope(), identity.NewToken{Service: "robot", Name: "ci"}); err != nil {
		w.t.Fatal(err)
	}
	_, got := w.ask("/oauth2/token", h.account.ID, h.secret, url.Values{"grant_type": {provider.GrantClient}, "scope": {"read"}})
	h.robot, _ = got["access_token"].(string)
	return h
}

// active returns whether the server says so of a token.
func (h held) active(token string) bool {
	h.w.t.Helper()
	status, got := h.w.ask("/oauth2/introspect", h.w.client.ID, h.w.secret, url.Values{"token": {token}})
	if status != http.StatusOK {
		h.w.t.Errorf("it is not told whether a token holds: %d %v", status, got)
	}
	return got["active"] == true
}

// given asks the token endpoint, and returns its error, "" for tokens.
func (h held) given(id, secret string, form url.Values) string {
	h.w.t.Helper()
	status, got := h.w.ask("/oauth2/token", id, secret, form)
	word, _ := got["error"].(string)
	if status >= http.StatusInternalServerError {
		h.w.t.Errorf("%v: %d %v", form, status, got)
	}
	return word
}

func (h held) exchanged() string {
	return h.given(h.w.client.ID, h.w.secret, url.Values{
		"grant_type": {provider.GrantExchange}, "subject_token": {h.person.AccessToken}, "subject_token_type": {oauth.TypeAccessToken}, "scope": {"read"},
	})
}

func (h held) info() int {
	h.w.t.Helper()
	r, err := http.NewRequestWithContext(h.w.t.Context(), http.MethodGet, h.w.issuer()+"/oauth2/userinfo", nil)
	if err != nil {
		h.w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.person.AccessToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.w.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// nothing fails unless no token of a person is good for anything.
func (h held) nothing() {
	h.w.t.Helper()
	for name, token := range map[string]string{"access": h.person.AccessToken, "refresh": h.person.RefreshToken} {
		if h.active(token) {
			h.w.t.Errorf("the %s token holds", name)
		}
	}
	if word := h.exchanged(); word != "invalid_grant" {
		h.w.t.Errorf("an exchange: %q", word)
	}
	if status := h.info(); status != http.StatusUnauthorized && status != http.StatusForbidden {
		h.w.t.Errorf("the userinfo endpoint: %d", status)
	}
	if word := h.given(h.w.client.ID, h.w.secret, url.Values{"grant_type": {provider.GrantRefresh}, "refresh_token": {h.person.RefreshToken}}); word != "invalid_grant" {
		h.w.t.Errorf("a refresh: %q", word)
	}
}

// TestTokensOfASuspendedTenant are good for nothing while it is, and again afterwards.
func TestTokensOfASuspendedTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h, tenants := w.held(), &suspension{}
	b := w.browser()
	b.code(w.config("openid").AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	w.users.Tenants = tenants
	turn := func(on bool) {
		tenants.on.Store(on)
		if err := w.users.TenantChanged(t.Context(), "default"); err != nil {
			t.Fatal(err)
		}
	}
	turn(true)
	h.nothing()
	if h.active(h.robot) {
		t.Error("a program's token holds")
	}
	if word := h.given(h.account.ID, h.secret, url.Values{"grant_type": {provider.GrantClient}}); word != "invalid_client" {
		t.Errorf("a program: %q", word)
	}
	// Who is signed in in a browser can sign out there all the same.
	other := w.browser()
	turn(false)
	other.open(w.issuer() + "/sign-in").signIn("ada")
	turn(true)
	if other.open(w.issuer() + "/oauth2/logout").send(); other.Status != http.StatusOK {
		t.Errorf("signing out: %d %s", other.Status, other.Page)
	}
	turn(false)
	if !h.active(h.person.AccessToken) || !h.active(h.robot) || h.info() != http.StatusOK || h.exchanged() != "" {
		t.Error("they do not hold after the tenant was resumed")
	}
	if word := h.given(w.client.ID, w.secret, url.Values{"grant_type": {provider.GrantRefresh}, "refresh_token": {h.person.RefreshToken}}); word != "" {
		t.Errorf("the refresh token was lost: %s", word)
	}
}

// TestTokensOfWhoIsKeptOut are good for nothing.
func TestTokensOfWhoIsKeptOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.held()
	if _, err := w.users.SetDisabled(w.system(), scope(), "ada", true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.users.DisableServiceAccount(w.system(), scope(), "robot", true); err != nil {
		t.Fatal(err)
	}
	h.nothing()
	if h.active(h.robot) {
		t.Error("a program's token holds")
	}
}
