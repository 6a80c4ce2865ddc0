package workloadidapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/workloadid"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidapi"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

const (
	audience = "api://AzureADTokenExchange"
	stack    = "acme/shop/orders/dev"
)

// fakes are the rooms that the service asks.
type fakes struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

func (f *fakes) Record(_ context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts = append(f.facts, fact)
	return nil
}

func (*fakes) Audience(_ context.Context, scope kernel.Scope) (string, error) {
	if scope.Stage == "dev" {
		return audience, nil
	}
	return "", nil
}

func (*fakes) CheckFence(_ context.Context, _ string, fence int64) error {
	if fence != 7 {
		return kernel.Errorf(kernel.Stale, "fence %d has ended", fence)
	}
	return nil
}

func (*fakes) Requester(_ context.Context, _ kernel.Scope, run string) (string, error) {
	if run == "run_1" {
		return "usr_ada", nil
	}
	return "", nil
}

func (*fakes) Exists(context.Context, kernel.Scope) error { return nil }

// world is a Terrace as far as clouds see it.
type world struct {
	*fakes

	web      *httptest.Server
	provider *provider.Service
	runs     *tokens.Issuer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{fakes: &fakes{}, web: httptest.NewUnstartedServer(nil), runs: tokens.NewIssuer([]byte(strings.Repeat("k", 32)), nil)}
	d := dbtest.SQLite(t, identitysql.Migrations(), providersql.Migrations())
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	users := identity.New(identity.Config{Store: identitysql.NewStore(d), Tx: d, Projects: w.fakes, Journal: w.fakes, Runs: w.runs})
	issuer := "http://" + w.web.Listener.Addr().String()
	w.provider = provider.New(provider.Config{
		Store: providersql.NewStore(d), Tx: d, Users: users, Authorizer: users, Journal: w.fakes, Sealer: sealer, Issuer: issuer, Tenant: "acme",
	})
	if err := w.provider.EnsureKeys(t.Context(), provider.RS256); err != nil {
		t.Fatal(err)
	}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: users})
	providerapi.New(providerapi.Config{Provider: w.provider, OAuth: oauth.New(w.provider)}).Mount(router)
	service := &workloadid.Service{Signer: w.provider, Stages: w.fakes, Runs: w.fakes, Journal: w.fakes, Tx: d, Issuer: issuer}
	workloadidapi.API{Identities: service, Tokens: w.runs}.Mount(router)
	w.web.Config.Handler = router
	w.web.Start()
	t.Cleanup(w.web.Close)
	return w
}

func running(change func(*tokens.Run)) tokens.Run {
	r := tokens.Run{
		Run: "run_1", Stack: stack, Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Workload: "orders",
		Fence: 7, Phase: tokens.PhasePlan, Expires: time.Now().Add(time.Hour),
	}
	change(&r)
	return r
}

// ask asks for an identity with a bearer token.
func (w *world) ask(t *testing.T, bearer string) (status int, token string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL+workloadidapi.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var got struct {
		Token     string
		ExpiresIn int
	}
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK && got.ExpiresIn != 600 {
		t.Errorf("it holds for %d seconds", got.ExpiresIn)
	}
	return response.StatusCode, got.Token
}

func (w *world) issue(t *testing.T, r tokens.Run) string {
	t.Helper()
	token, err := w.runs.Issue(r)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestAPeerVerifiesIdentities has an OpenID client do what a cloud does: read the
// discovery and the keys of the issuer, and check issuer, audience, time and signature.
func TestAPeerVerifiesIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for phase, subject := range map[string]string{tokens.PhasePlan: "acme:shop:dev:plan", tokens.PhaseApply: "acme:shop:dev:apply"} {
		status, raw := w.ask(t, w.issue(t, running(func(r *tokens.Run) { r.Phase = phase })))
		if status != http.StatusOK {
			t.Fatalf("%s: %d", phase, status)
		}
		cloud, err := oidc.NewProvider(t.Context(), w.web.URL)
		if err != nil {
			t.Fatal(err)
		}
		token, err := cloud.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{"RS256"}}).Verify(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		var claims workloadid.Claims
		if err := token.Claims(&claims); err != nil {
			t.Fatal(err)
		}
		want := workloadid.Claims{
			Issuer: w.web.URL, Subject: subject, Audience: audience, Tenant: "acme", Project: "shop", Stage: "dev", Phase: phase,
			Workload: "orders", Run: "run_1", Requester: "usr_ada",
		}
		if diff := cmp.Diff(want, claims, cmpopts.IgnoreFields(claims, "Expires", "NotBefore", "IssuedAt", "ID")); diff != "" {
			t.Error(diff)
		}
		if claims.ID == "" || claims.Expires-claims.IssuedAt != 600 {
			t.Errorf("id %q, for %d s", claims.ID, claims.Expires-claims.IssuedAt)
		}
		if _, err := cloud.Verifier(&oidc.Config{ClientID: "sts.amazonaws.com"}).Verify(t.Context(), raw); err == nil {
			t.Error("another cloud takes it")
		}
		if _, err := w.provider.Verify(t.Context(), raw); !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("Terrace's API takes it: %v", err)
		}
		if status, _ := w.ask(t, raw); status != http.StatusUnauthorized {
			t.Errorf("it leads to another one: %d", status)
		}
	}
	if last := w.facts[len(w.facts)-1]; last.Type != "workload_identity.issued" || last.Subject != "run_1" {
		t.Errorf("%+v", last)
	}
}

func TestWhoIsGivenNoIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	forged, err := tokens.NewIssuer([]byte(strings.Repeat("x", 32)), nil).Issue(running(func(*tokens.Run) {}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token string
		want  int
	}{
		"nobody":                    {"", http.StatusUnauthorized},
		"a run of another Terrace":  {forged, http.StatusUnauthorized},
		"a run that lost its stack": {w.issue(t, running(func(r *tokens.Run) { r.Fence = 6 })), http.StatusConflict},
		"a stage without":           {w.issue(t, running(func(r *tokens.Run) { r.Scope.Stage = "test" })), http.StatusNotFound},
		"a name with a colon":       {w.issue(t, running(func(r *tokens.Run) { r.Scope.Project = "shop:dev" })), http.StatusUnprocessableEntity},
		"no project":                {w.issue(t, running(func(r *tokens.Run) { r.Scope.Project = "" })), http.StatusUnprocessableEntity},
	} {
		if status, token := w.ask(t, c.token); status != c.want || token != "" {
			t.Errorf("%s: %d %q, want %d", name, status, token, c.want)
		}
	}
	if n := len(w.facts); n != 1 || w.facts[0].Type != "signing_key.added" {
		t.Errorf("%+v", w.facts)
	}
}
