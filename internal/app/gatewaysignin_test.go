package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// gatewayOf is a gateway beside Terrace's own provider.
func gatewayOf(t *testing.T, w *relying) *authntest.Gateway {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	kind := authn.New(authn.Config{Own: ownIssuer{w.provider}, Sealer: sealer, Clock: w.now, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(kind.Close)
	g := authntest.Start(t, kind.AsksCertificate, kind)
	w.provider.Resources = guarded{g.Service, kind}
	return g
}

// TestPeopleSignInAtTheGatewayWithTerrace goes the whole way with the provider's own pages.
func TestPeopleSignInAtTheGatewayWithTerrace(t *testing.T) {
	t.Parallel()
	w := newRelying(t)
	w.user("acme", "ada", identity.Developer)
	w.user("blue", "mallory", identity.Developer)
	g := gatewayOf(t, w)
	ctx, scope := w.system("acme")
	client, _, err := w.provider.CreateClient(ctx, scope, provider.NewClient{
		Name: "shop", Public: true, Redirects: []string{g.URL(authntest.Host, "/.terrace/callback")}, LogoutRedirects: []string{g.URL(authntest.Host, "/")},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [{"name": "terrace", "oidc": {"issuer": %q, "clientId": %q, "scopes": ["profile"]}}],
		"claimsToHeaders": [{"claim": "sub", "header": "X-User"}, {"claim": "tenant", "header": "X-Tenant"}]}`, w.address, client.ID))
	signIn := func(tenant, name string) (*authntest.Browser, *providertest.Browser, authntest.Answer) {
		t.Helper()
		b, there := g.NewBrowser(t), providertest.NewBrowser(t, w.address)
		there.Open(b.Go(http.MethodGet, authntest.Host, "/orders?page=2").Header.Get("Location"))
		fields := []string{"username", name, "password", relyingPassword}
		if strings.Contains(there.Page, `name="tenant"`) {
			fields = append(fields, "tenant", tenant)
		}
		if there.Send("", fields...); there.Left == nil && strings.Contains(there.Page, "decision") {
			there.Send("", "decision", "allow")
		}
		if there.Left == nil {
			return b, there, authntest.Answer{}
		}
		return b, there, b.Go(http.MethodGet, authntest.Host, there.Left.RequestURI())
	}
	b, there, back := signIn("acme", "ada")
	if back.Response == nil || back.Header.Get("Location") != g.URL(authntest.Host, "/orders?page=2") {
		t.Fatalf("the way back: %+v %s", back, there.Page)
	}
	if a := b.Go(http.MethodGet, authntest.Host, "/orders"); a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-Tenant") != "acme" || a.Seen.Header.Get("X-User") == "" {
		t.Errorf("signed in: %d %s", a.StatusCode, a.Body)
	}
	out := b.Go(http.MethodPost, authntest.Host, "/.terrace/logout", "Sec-Fetch-Site", "same-origin")
	if there.Open(out.Header.Get("Location")); there.Left == nil || there.Left.String() != g.URL(authntest.Host, "/") {
		t.Errorf("signing out leads to %v: %d %s", there.Left, there.Status, there.Page)
	}
	w.several.Store(true)
	b, _, _ = signIn("blue", "mallory")
	if a := b.Go(http.MethodGet, authntest.Host, "/orders"); a.StatusCode == http.StatusOK {
		t.Error("somebody of another tenant is signed in")
	}
}

// TestTokensOfTerraceAtTheGateway end there with their session.
func TestTokensOfTerraceAtTheGateway(t *testing.T) {
	t.Parallel()
	const api = "https://orders.example"
	w := newRelying(t)
	w.user("acme", "ada", identity.Developer)
	g := gatewayOf(t, w)
	ctx, scope := w.system("acme")
	client, secret, err := w.provider.CreateClient(ctx, scope, provider.NewClient{
		Name: "orders", Redirects: []string{"https://client.example/back"}, Audiences: []string{api},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [{"name": "terrace", "jwt": {"issuers": [{"issuer": %q}], "audiences": [%q]}}],
		"claimsToHeaders": [{"claim": "tenant", "header": "X-Tenant"}]}`, w.address, api))
	config := oauth2.Config{
		ClientID: client.ID, ClientSecret: secret, RedirectURL: client.Redirects[0], Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: w.address + "/oauth2/authorize", TokenURL: w.address + "/oauth2/token"},
	}
	verifier := oauth2.GenerateVerifier()
	there := providertest.NewBrowser(t, w.address)
	there.Open(config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("resource", api)))
	if there.Send("", "username", "ada", "password", relyingPassword); there.Left == nil {
		there.Send("", "decision", "allow")
	}
	token, err := config.Exchange(t.Context(), there.Left.Query().Get("code"), oauth2.VerifierOption(verifier), oauth2.SetAuthURLParam("resource", api))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a := g.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token.AccessToken)
		if a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-Tenant") != "acme" {
			t.Errorf("a token: %d %s %s", a.StatusCode, a.Body, a.Header.Get("WWW-Authenticate"))
		}
	}
	claims, err := w.provider.Inspect(t.Context(), token.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.provider.End(ctx, claims.Session, "a test"); err != nil {
		t.Fatal(err)
	}
	if a := g.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token.AccessToken); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a session that has ended: %d", a.StatusCode)
	}
}

// askToken signs a service account in for itself, and returns the token, or the error's code.
func (w *relying) askToken(id, secret string, resources ...string) (token, refused string) {
	w.t.Helper()
	form := url.Values{"grant_type": {provider.GrantClient}, "resource": resources}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.address+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got struct {
		Token string `json:"access_token"`
		Error string `json:"error"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		w.t.Fatal(err)
	}
	return got.Token, got.Error
}

// account makes a service account of a tenant, with a token.
func (w *relying) account(tenant string) (id, secret string) {
	w.t.Helper()
	w.user(tenant, "ada", identity.Developer)
	ctx, scope := w.system(tenant)
	account, err := w.users.CreateServiceAccount(ctx, scope, identity.NewServiceAccount{Name: "batch", Owner: "ada"})
	if err != nil {
		w.t.Fatal(err)
	}
	secret, _, err = w.users.CreateToken(ctx, scope, identity.NewToken{Service: "batch", Name: "nightly"})
	if err != nil {
		w.t.Fatal(err)
	}
	return account.ID, secret
}

// TestProgramsCallAPIsWithTokensOfTerrace holds what a service account gets for its own
// token: one for an API whose routes take it (RFC 8707), which counts there and nowhere else.
func TestProgramsCallAPIsWithTokensOfTerrace(t *testing.T) {
	t.Parallel()
	const orders, bills, word, bank = "https://orders.example", "https://bills.example", "cli_word", "https://bank.example"
	w := newRelying(t)
	w.provider.Programs = w.users
	g := gatewayOf(t, w)
	takes := func(audiences string) string {
		return fmt.Sprintf(`{"providers": [{"name": "terrace", "jwt": {"issuers": [{"issuer": %q}], "audiences": %s}}]}`, w.address, audiences)
	}
	g.Put(t, authntest.Dev(), authn.KindName, takes(fmt.Sprintf(`[%q, %q]`, orders, word)))
	g.Put(t, authntest.Bank(), authn.KindName, takes(fmt.Sprintf(`[%q, %q]`, orders, bank)))
	id, secret := w.account(authntest.Dev().Tenant)
	rivalID, rivalSecret := w.account(authntest.Bank().Tenant)

	status := func(host, token string) int {
		return g.Do(t, http.MethodGet, host, "/", "Authorization", "Bearer "+token).StatusCode
	}
	token, refused := w.askToken(id, secret, orders)
	if refused != "" || status(authntest.Host, token) != http.StatusOK {
		t.Errorf("a token for the API: %q, %d", refused, status(authntest.Host, token))
	}
	if w.whoami(token) != "" {
		t.Error("Terrace takes a token that is for an API")
	}
	if got := status(authntest.Other, token); got != http.StatusUnauthorized {
		t.Errorf("another tenant's route with the same audience: %d", got)
	}
	own, refused := w.askToken(id, secret)
	if refused != "" || status(authntest.Host, own) != http.StatusUnauthorized {
		t.Errorf("a token for Terrace: %q, %d", refused, status(authntest.Host, own))
	}
	for name, resources := range map[string][]string{
		"an API that no route is of":           {bills},
		"one of another tenant":                {bank},
		"a word that is no URI":                {word},
		"an API and one that is none":          {orders, bills},
		"an API and Terrace in the same token": {orders, w.address},
	} {
		if _, refused := w.askToken(id, secret, resources...); refused != "invalid_target" {
			t.Errorf("%s: %q", name, refused)
		}
	}
	rival, refused := w.askToken(rivalID, rivalSecret, orders)
	if refused != "" || status(authntest.Other, rival) != http.StatusOK || status(authntest.Host, rival) != http.StatusUnauthorized {
		t.Errorf("another tenant's account: %q, at home %d, here %d", refused, status(authntest.Other, rival), status(authntest.Host, rival))
	}
	g.Put(t, authntest.Dev(), authn.KindName, takes(fmt.Sprintf(`[%q]`, bills)))
	if got := status(authntest.Host, token); got != http.StatusUnauthorized {
		t.Errorf("the API is another one since: %d", got)
	}
	if _, refused := w.askToken(id, secret, orders); refused != "invalid_target" {
		t.Errorf("for an API that was: %q", refused)
	}
}
