package providerapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
)

const (
	orders = "https://orders.example.com"
	bills  = "https://bills.example.com"
)

// audienceOf returns whom an access token is for.
func audienceOf(t *testing.T, token string) []string {
	t.Helper()
	list, _ := claimsOf(t, token)["aud"].([]any)
	out := make([]string, len(list))
	for i, one := range list {
		out[i], _ = one.(string)
	}
	slices.Sort(out)
	return out
}

// resources are parameters of a request to the token endpoint.
func resources(all ...string) (options []oauth2.AuthCodeOption) {
	for _, one := range all {
		options = append(options, oauth2.SetAuthURLParam("resource", one))
	}
	return options
}

// targets is a client that may have tokens for two others, beside Terrace.
func (w *world) targets(scopes ...string) *oauth2.Config {
	w.t.Helper()
	c, secret := w.register(provider.NewClient{
		Name: "targets", Redirects: []string{callback}, Grants: provider.ClientGrants(), Scopes: provider.Scopes(), Audiences: []string{orders, bills},
	})
	config := w.config(scopes...)
	config.ClientID, config.ClientSecret = c.ID, secret
	return config
}

// renew refreshes a token, for a resource.
func renew(t *testing.T, config *oauth2.Config, token *oauth2.Token, options ...oauth2.AuthCodeOption) (*oauth2.Token, error) {
	t.Helper()
	return config.Exchange(t.Context(), "", append(options,
		oauth2.SetAuthURLParam("grant_type", provider.GrantRefresh), oauth2.SetAuthURLParam("refresh_token", token.RefreshToken))...)
}

// TestResourcesOfAGrant: a grant for several resources gives tokens for one of them, with the
// code and at each refresh, and stays whole; one that was not granted is refused, and the code
// or the refresh token with which it was asked for stays good (RFC 8707 §2.2).
func TestResourcesOfAGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config, verifier := w.targets("openid", "offline_access", "read"), oauth2.GenerateVerifier()
	address := config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("resource", orders)) + "&resource=" + url.QueryEscape(bills)
	code := w.browser().code(address).Get("code")
	redeem := func(resource string) (*oauth2.Token, error) {
		return config.Exchange(t.Context(), code, append(resources(resource), oauth2.VerifierOption(verifier))...)
	}
	if _, err := redeem(w.issuer()); !isError(err, "invalid_target") {
		t.Errorf("a code for Terrace, which was not granted: %v", err)
	}
	token, err := redeem(orders) // the code is good still
	if err != nil || !slices.Equal(audienceOf(t, token.AccessToken), []string{orders}) {
		t.Fatalf("%v, %v", token, err)
	}
	for _, step := range []struct {
		resources []string
		want      []string
		refused   bool
	}{
		{nil, []string{bills, orders}, false},
		{[]string{bills}, []string{bills}, false},
		{[]string{w.issuer()}, nil, true},
		{[]string{"https://evil.example.com"}, nil, true},
		{nil, []string{bills, orders}, false},
	} {
		next, err := renew(t, config, token, resources(step.resources...)...)
		switch {
		case step.refused && !isError(err, "invalid_target"):
			t.Errorf("%v: %v", step.resources, err)
		case step.refused:
		case err != nil:
			t.Fatalf("%v: %v", step.resources, err)
		default:
			if token = next; !slices.Equal(audienceOf(t, token.AccessToken), step.want) {
				t.Errorf("%v: it is for %v", step.resources, audienceOf(t, token.AccessToken))
			}
		}
	}
	if w.whoami(token.AccessToken) != http.StatusUnauthorized {
		t.Error("Terrace takes a token that is for others")
	}
}

// TestResourcesOfADevice: a device that was let in for one API gets nothing for another, and
// its code is good for the one still, once.
func TestResourcesOfADevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.register(provider.NewClient{Name: "box", Public: true, Grants: []string{provider.GrantDevice}, Scopes: provider.Scopes(), Audiences: []string{orders, bills}})
	config := w.config("read")
	config.ClientID, config.ClientSecret, config.Endpoint.AuthStyle = c.ID, "", oauth2.AuthStyleInParams
	begun, err := config.DeviceAuth(t.Context(), oauth2.SetAuthURLParam("audience", orders))
	if err != nil {
		t.Fatal(err)
	}
	w.browser().open(begun.VerificationURIComplete).signIn("ada").send().send("decision", "allow")
	if _, err := config.DeviceAccessToken(t.Context(), begun, resources(bills)...); !isError(err, "invalid_target") {
		t.Errorf("for another: %v", err)
	}
	token, err := config.DeviceAccessToken(t.Context(), begun, resources(orders)...)
	if err != nil || !slices.Equal(audienceOf(t, token.AccessToken), []string{orders}) {
		t.Errorf("for the one that was granted, after another was refused: %v", err)
	}
	if _, err := config.DeviceAccessToken(t.Context(), begun, resources(orders)...); !isError(err, "invalid_grant") {
		t.Errorf("a second time: %v", err)
	}
	if _, err := config.DeviceAuth(t.Context(), resources("https://evil.example.com")...); !isError(err, "invalid_target") {
		t.Errorf("for somebody whom the client does not know: %v", err)
	}
}

// exchange narrows a token, as a client does with golang.org/x/oauth2.
func exchange(t *testing.T, config *oauth2.Config, token string, options ...oauth2.AuthCodeOption) (*oauth2.Token, error) {
	t.Helper()
	return config.Exchange(t.Context(), "", append(options, oauth2.SetAuthURLParam("grant_type", provider.GrantExchange),
		oauth2.SetAuthURLParam("subject_token", token), oauth2.SetAuthURLParam("subject_token_type", oauth.TypeAccessToken),
		oauth2.SetAuthURLParam("scope", "read"))...)
}

// TestResourcesOfAnExchange: what is for Terrace is exchanged for whom the client may have, and
// what is for somebody else is never for more than them.
func TestResourcesOfAnExchange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config, verifier := w.targets("read"), oauth2.GenerateVerifier()
	got := w.browser().code(config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier)))
	all, err := config.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := exchange(t, config, all.AccessToken, resources(orders)...)
	if err != nil || !slices.Equal(audienceOf(t, narrow.AccessToken), []string{orders}) {
		t.Fatalf("%v, %v", narrow, err)
	}
	if same, err := exchange(t, config, narrow.AccessToken); err != nil || !slices.Equal(audienceOf(t, same.AccessToken), []string{orders}) {
		t.Errorf("without a resource it is for %v: %v", same, err)
	}
	for name, c := range map[string]struct{ token, resource string }{
		"one that is for another, for Terrace": {narrow.AccessToken, w.issuer()},
		"one that is for another, for a third": {narrow.AccessToken, bills},
		"for whom the client may not have":     {all.AccessToken, "https://evil.example.com"},
	} {
		if _, err := exchange(t, config, c.token, resources(c.resource)...); !isError(err, "invalid_target") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRevokingWhatWasExchanged: one that is given back ends with what was made of it, on each
// replica, and nothing else does; the session ends them all.
func TestRevokingWhatWasExchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.config("openid", "offline_access", "read")
	root := w.tokens(w.browser(), "openid", "offline_access", "read")
	of := func(token string) string {
		out, err := exchange(t, config, token)
		if err != nil {
			t.Fatal(err)
		}
		return out.AccessToken
	}
	first, other := of(root.AccessToken), of(root.AccessToken)
	second := of(first)
	third := of(second)
	elsewhere := w.replica()
	if _, err := elsewhere.Verify(t.Context(), third); err != nil {
		t.Fatal(err)
	}
	holds := func(want map[string]bool) {
		t.Helper()
		for token, holds := range want {
			status, got := w.ask("/oauth2/introspect", w.client.ID, w.secret, url.Values{"token": {token}})
			if status != http.StatusOK || got["active"] != holds || (w.whoami(token) == http.StatusOK) != holds {
				t.Errorf("holds: %v, introspection: %v, API: %d", holds, got["active"], w.whoami(token))
			}
			if _, err := elsewhere.Verify(t.Context(), token); (err == nil) != holds {
				t.Errorf("holds: %v, elsewhere: %v", holds, err)
			}
		}
	}
	revoke := func(token string) {
		t.Helper()
		if status, _ := w.ask("/oauth2/revoke", w.client.ID, w.secret, url.Values{"token": {token}}); status != http.StatusOK {
			t.Fatal(status)
		}
		w.later(time.Second)
	}
	revoke(second)
	holds(map[string]bool{root.AccessToken: true, first: true, other: true, second: false, third: false})
	if _, err := exchange(t, config, third); !isError(err, "invalid_grant") {
		t.Errorf("what does not hold is exchanged: %v", err)
	}
	revoke(second) // again: nothing more happens
	next, err := renew(t, config, root)
	if err != nil {
		t.Fatal(err)
	}
	if why := w.journal.why(); len(why) != 1 || why[0] != provider.EndedByClient {
		t.Errorf("%v", why)
	}
	revoke(next.AccessToken)
	holds(map[string]bool{root.AccessToken: false, next.AccessToken: false, first: false, other: false, third: false})
}

// TestExchangesEnd: a chain of them has an end, before its tokens are too long to be taken.
func TestExchangesEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.config("read")
	token := w.tokens(w.browser(), "read").AccessToken
	for n := 0; ; n++ {
		out, err := exchange(t, config, token)
		if err != nil {
			if n < 4 || !isError(err, "invalid_grant") || !strings.Contains(err.Error(), "exchanges") {
				t.Errorf("after %d: %v", n, err)
			}
			return
		}
		if token = out.AccessToken; n > 20 || w.whoami(token) != http.StatusOK {
			t.Fatalf("the exchange %d gives %d", n, w.whoami(token))
		}
	}
}
