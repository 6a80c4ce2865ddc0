package app

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/workloadid/trust"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidsql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// trusting is a Terrace that exchanges tokens of a CI system, which it is as well.
type trusting struct {
	t     *testing.T
	web   *httptest.Server
	users *identity.Service
	ci    *httptest.Server
	key   *rsa.PrivateKey
}

func newTrusting(t *testing.T) *trusting {
	t.Helper()
	w := &trusting{t: t, web: httptest.NewUnstartedServer(nil)}
	var err error
	if w.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	w.ci = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(out).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: w.key.Public(), KeyID: "ci", Algorithm: "RS256", Use: "sig"}}})
			return
		}
		_ = json.NewEncoder(out).Encode(map[string]string{"issuer": w.ci.URL, "jwks_uri": w.ci.URL + "/keys"})
	}))
	t.Cleanup(w.ci.Close)
	d := dbtest.SQLite(t, identitysql.Migrations(), providersql.Migrations(), workloadidsql.Migrations())
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	journal := &statetest.Journal{}
	w.users = identity.New(identity.Config{Store: identitysql.NewStore(d), Tx: d, Projects: noProjects{}, Journal: journal})
	issuer := "http://" + w.web.Listener.Addr().String()
	keys := provider.New(provider.Config{
		Store: providersql.NewStore(d), Tx: d, Users: w.users, Authorizer: w.users, Journal: journal, Sealer: sealer, Issuer: issuer, Tenant: "acme",
	})
	w.users.Access = keys
	if err := keys.EnsureKeys(t.Context(), provider.ES256); err != nil {
		t.Fatal(err)
	}
	rules := trust.New(trust.Config{
		Store: workloadidsql.NewStore(d), Accounts: trustAccounts{w.users}, Authorizer: w.users, Journal: journal, Tx: d,
		Issuer: issuer, Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	})
	server := oauth.New(keys)
	server.Subjects = subjects{rules}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: w.users})
	providerapi.New(providerapi.Config{Provider: keys, OAuth: server}).Mount(router)
	w.web.Config.Handler = router
	w.web.Start()
	t.Cleanup(w.web.Close)
	w.trust(rules)
	return w
}

// trust makes a service account, and a rule that leads to it.
func (w *trusting) trust(rules *trust.Service) {
	w.t.Helper()
	first, _, err := w.users.Bootstrap(w.t.Context(), "acme", func(context.Context, identity.Credentials) error { return nil })
	if err != nil {
		w.t.Fatal(err)
	}
	root, err := w.users.Authenticate(w.t.Context(), first.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, scope := kernel.WithActor(w.t.Context(), root), kernel.Scope{Tenant: "acme"}
	if _, err := w.users.CreateServiceAccount(ctx, scope, identity.NewServiceAccount{Name: "ci"}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := rules.Create(ctx, scope, trust.Rule{
		Name: "shop", Issuer: w.ci.URL, Service: "ci", Scopes: []string{"read", "deploy"}, Projects: []string{"shop"}, Stages: []string{"dev"},
		Conditions: map[string]string{"repository": "acme/shop"},
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *trusting) job(repository string, life time.Duration) string {
	w.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: w.key, KeyID: "ci"}}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	now := time.Now()
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": w.ci.URL, "aud": w.web.URL + "/tenants/acme", "sub": "repo:" + repository, "repository": repository,
		"iat": now.Unix(), "exp": now.Add(life).Unix(), "jti": kernel.NewID("jti"),
	}).Serialize()
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// exchange asks the token endpoint, as a job does.
func (w *trusting) exchange(kind, token, scope string) (status int, access string, seconds int) {
	w.t.Helper()
	response, err := http.PostForm(w.web.URL+"/oauth2/token", url.Values{
		"grant_type": {provider.GrantExchange}, "client_id": {provider.CLI}, "subject_token": {token}, "subject_token_type": {kind}, "scope": {scope},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var out struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, out.Token, out.Seconds
}

func TestAJobOfCIHasAShortTokenOfOneProject(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	job := w.job("acme/shop", 3*time.Minute)
	status, access, seconds := w.exchange(trust.TypeJWT, job, "")
	if status != http.StatusOK {
		t.Fatalf("%d", status)
	}
	if seconds > 180 {
		t.Errorf("it holds for %d seconds, and what it was exchanged for 180", seconds)
	}
	limited := func(access string, scopes ...string) {
		t.Helper()
		actor, err := w.users.Authenticate(t.Context(), access)
		if err != nil {
			t.Fatal(err)
		}
		l := actor.Limits
		if actor.Kind != kernel.ActorService || actor.Name != "service:ci" || l == nil || !slices.Equal(l.Scopes, scopes) || !slices.Equal(l.Projects, []string{"shop"}) || !slices.Equal(l.Stages, []string{"dev"}) {
			t.Errorf("%+v %+v", actor, l)
		}
	}
	limited(access, "read", "deploy")
	status, fewer, _ := w.exchange(oauth.TypeAccessToken, access, "read")
	if status != http.StatusOK {
		t.Fatalf("for fewer scopes: %d", status)
	}
	limited(fewer, "read")
	for name, c := range map[string]struct{ kind, token, scope string }{
		"once more":               {trust.TypeJWT, job, ""},
		"another repository":      {trust.TypeJWT, w.job("mallory/shop", time.Minute), ""},
		"more scopes":             {trust.TypeJWT, w.job("acme/shop", time.Minute), "admin"},
		"expired":                 {trust.TypeJWT, w.job("acme/shop", -time.Minute), ""},
		"a type that is not":      {"urn:ietf:params:oauth:token-type:saml2", w.job("acme/shop", time.Minute), ""},
		"one's own as another's":  {trust.TypeJWT, access, ""},
		"another's as one's own":  {oauth.TypeAccessToken, w.job("acme/shop", time.Minute), ""},
		"more than it was narrow": {oauth.TypeAccessToken, fewer, "deploy"},
	} {
		if status, access, _ := w.exchange(c.kind, c.token, c.scope); status != http.StatusBadRequest || access != "" {
			t.Errorf("%s: %d %q", name, status, access)
		}
	}
}
