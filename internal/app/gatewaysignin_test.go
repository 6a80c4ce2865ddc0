package app

import (
	"fmt"
	"log/slog"
	"net/http"
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
	return authntest.Start(t, kind.AsksCertificate, kind)
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
