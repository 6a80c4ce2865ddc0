package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/workloadid"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidapi"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimtest"
)

const federatedStack = "acme/shop/orders/dev"

// federated is a Terrace, and a simulated Azure that trusts it.
type federated struct {
	t        *testing.T
	sim      *azuresimtest.Sim
	room     *statetest.Room
	web      *httptest.Server
	service  *workloadid.Service
	identity stage.Identity
	// owner is a token of the subscription's owner.
	owner string
}

type noProjects struct{}

func (noProjects) Exists(context.Context, kernel.Scope) error { return nil }

// identityWorld says that everybody works on dev, and that nobody asked for it.
type identityWorld struct{ *statetest.Fences }

func (identityWorld) Audience(context.Context, kernel.Scope) (string, error) {
	return stage.AudienceAzure, nil
}

func (identityWorld) Requester(context.Context, kernel.Scope, string) (string, error) { return "", nil }

func newFederated(t *testing.T) *federated {
	t.Helper()
	d := dbtest.SQLite(t, identitysql.Migrations(), providersql.Migrations(), statesql.Migrations())
	f := &federated{t: t, sim: azuresimtest.Start(t), room: statetest.New(t, d), web: httptest.NewUnstartedServer(nil)}
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	users := identity.New(identity.Config{Store: identitysql.NewStore(d), Tx: d, Projects: noProjects{}, Journal: f.room.Journal, Runs: f.room.Issuer})
	issuer := "http://" + f.web.Listener.Addr().String()
	keys := provider.New(provider.Config{
		Store: providersql.NewStore(d), Tx: d, Users: users, Authorizer: users, Journal: f.room.Journal, Sealer: sealer, Issuer: issuer, Tenant: "acme",
	})
	f.service = &workloadid.Service{
		Signer: identitySigner{keys}, Stages: identityWorld{f.room.Fences}, Runs: identityWorld{f.room.Fences}, Journal: f.room.Journal, Tx: d, Issuer: issuer,
	}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: users})
	providerapi.New(providerapi.Config{Provider: keys, OAuth: oauth.New(keys)}).Mount(router)
	workloadidapi.API{Identities: f.service, Tokens: f.room.Issuer}.Mount(router)
	states, err := url.Parse(f.room.URL)
	if err != nil {
		t.Fatal(err)
	}
	rest := httputil.NewSingleHostReverseProxy(states)
	f.web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/state/") {
			rest.ServeHTTP(w, r)
			return
		}
		router.ServeHTTP(w, r)
	})
	f.web.Start()
	t.Cleanup(f.web.Close)
	f.trust(issuer)
	return f
}

// trust makes the two identities of the stage in Azure, which reads or writes.
func (f *federated) trust(issuer string) {
	f.t.Helper()
	env := f.sim.Env()
	_, signedIn := f.signIn(url.Values{"client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {env["ARM_CLIENT_SECRET"]}})
	f.owner, _ = signedIn["access_token"].(string)
	f.identity = stage.Identity{Tenant: env["ARM_TENANT_ID"], Subscription: env["ARM_SUBSCRIPTION_ID"]}
	f.must("PUT", "/resourceGroups/identities", `{"location":"westeurope"}`)
	for phase, with := range map[string]struct {
		role, assignment string
		client           *string
	}{
		"plan":  {"acdd72a7-3385-48ef-bd42-f606fba81ae7", "00000000-0000-0000-0000-00000000000a", &f.identity.Plan},
		"apply": {"b24988ac-6180-42a0-ab88-20f7382dd24c", "00000000-0000-0000-0000-00000000000b", &f.identity.Apply},
	} {
		path := "/resourceGroups/identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dev-" + phase
		properties, _ := f.must("PUT", path, `{"location":"westeurope"}`)["properties"].(map[string]any)
		*with.client, _ = properties["clientId"].(string)
		f.must("PUT", path+"/federatedIdentityCredentials/terrace",
			`{"properties":{"issuer":"`+issuer+`","subject":"acme:shop:dev:`+phase+`","audiences":["`+stage.AudienceAzure+`"]}}`)
		object, _ := properties["principalId"].(string)
		f.must("PUT", "/providers/Microsoft.Authorization/roleAssignments/"+with.assignment,
			`{"properties":{"roleDefinitionId":"/subscriptions/`+f.identity.Subscription+`/providers/Microsoft.Authorization/roleDefinitions/`+with.role+`","principalId":"`+object+`"}}`)
	}
}

// signIn asks the simulated directory for a token of Resource Manager.
func (f *federated) signIn(form url.Values) (int, map[string]any) {
	f.t.Helper()
	form.Set("grant_type", "client_credentials")
	form.Set("scope", f.sim.Endpoint()+"/.default")
	return f.call(http.MethodPost, f.sim.Endpoint()+"/"+f.sim.Env()["ARM_TENANT_ID"]+"/oauth2/v2.0/token", "", "application/x-www-form-urlencoded", form.Encode())
}

// as signs in with a run's token as a client.
func (f *federated) as(client, token string) (int, map[string]any) {
	f.t.Helper()
	return f.signIn(url.Values{
		"client_id": {client}, "client_assertion": {token}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}

func (f *federated) call(method, address, bearer, kind, body string) (int, map[string]any) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := f.sim.HTTP(f.t).Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	out := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			f.t.Fatalf("%s: %s", address, raw)
		}
	}
	return response.StatusCode, out
}

func (f *federated) arm(bearer, method, path, body string) (int, map[string]any) {
	f.t.Helper()
	return f.call(method, f.sim.Endpoint()+"/subscriptions/"+f.identity.Subscription+path+"?api-version=2024-01-01", bearer, "application/json", body)
}

func (f *federated) must(method, path, body string) map[string]any {
	f.t.Helper()
	status, got := f.arm(f.owner, method, path, body)
	if status >= http.StatusBadRequest {
		f.t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
	return got
}

func (f *federated) running(change func(*tokens.Run)) tokens.Run {
	r := tokens.Run{
		Run: "run_1", Stack: federatedStack, Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Workload: "orders", Fence: 1,
		Phase: tokens.PhasePlan, Expires: time.Now().Add(time.Hour),
	}
	change(&r)
	return r
}

func (f *federated) token(change func(*tokens.Run)) string {
	f.t.Helper()
	token, err := f.service.Issue(f.t.Context(), f.running(change))
	if err != nil {
		f.t.Fatal(err)
	}
	return token.Token
}

func apply(r *tokens.Run) { r.Phase = tokens.PhaseApply }

// TestAPlanReadsAndAnApplyWrites signs in to the simulated Azure, which asks Terrace for
// its keys.
func TestAPlanReadsAndAnApplyWrites(t *testing.T) {
	t.Parallel()
	f := newFederated(t)
	const group = `{"location":"westeurope"}`
	status, body := f.as(f.identity.Plan, f.token(func(*tokens.Run) {}))
	if status != http.StatusOK {
		t.Fatalf("a plan signs in: %d %v", status, body)
	}
	plan, _ := body["access_token"].(string)
	if status, got := f.arm(plan, "GET", "/resourceGroups/identities", ""); status != http.StatusOK {
		t.Errorf("a plan reads: %d %v", status, got)
	}
	status, got := f.arm(plan, "PUT", "/resourceGroups/orders", group)
	refused, _ := got["error"].(map[string]any)
	if status != http.StatusForbidden || refused["code"] != "AuthorizationFailed" {
		t.Errorf("a plan writes: %d %v", status, got)
	}
	_, body = f.as(f.identity.Apply, f.token(apply))
	applies, _ := body["access_token"].(string)
	if status, got := f.arm(applies, "PUT", "/resourceGroups/orders", group); status >= http.StatusBadRequest {
		t.Errorf("an apply writes: %d %v", status, got)
	}
}

func TestWhomAzureDoesNotTakeTheTokenFrom(t *testing.T) {
	t.Parallel()
	f := newFederated(t)
	plan := f.token(func(*tokens.Run) {})
	parts := strings.Split(f.token(apply), ".")
	for name, c := range map[string]struct {
		client, token string
		number        float64
	}{
		"a plan as who applies":    {f.identity.Apply, plan, 700213},
		"an apply as who plans":    {f.identity.Plan, f.token(apply), 700213},
		"another project":          {f.identity.Plan, f.token(func(r *tokens.Run) { r.Scope.Project = "other" }), 700213},
		"another tenant":           {f.identity.Plan, f.token(func(r *tokens.Run) { r.Scope.Tenant = "other" }), 700213},
		"another signature":        {f.identity.Apply, parts[0] + "." + parts[1] + "." + strings.Split(plan, ".")[2], 700027},
		"no algorithm":             {f.identity.Apply, "eyJhbGciOiJub25lIn0." + parts[1] + ".", 50027},
		"a token of the directory": {f.identity.Apply, f.owner, 700211},
	} {
		status, body := f.as(c.client, c.token)
		numbers, _ := body["error_codes"].([]any)
		if status == http.StatusOK || len(numbers) != 1 || numbers[0] != c.number {
			t.Errorf("%s: %d %v, want AADSTS%v", name, status, body, c.number)
		}
	}
}

const federatedRoot = `{"terraform":{"required_providers":{"azurerm":{"source":"hashicorp/azurerm","version":"` + runner.AzurermVersion + `"}}},
"provider":{"azurerm":{"features":{}}},
"resource":{"azurerm_resource_group":{"this":{"name":"rg-federated","location":"westeurope"}}}}`

// TestAzurermSignsInWithoutASecret plans and applies with the real provider, which has the
// token of its phase in a file and no secret anywhere.
func TestAzurermSignsInWithoutASecret(t *testing.T) {
	t.Parallel()
	mirror := os.Getenv(azuresimtest.MirrorVariable)
	program, err := exec.LookPath("terraform")
	if mirror == "" || err != nil {
		t.Skipf("%s names no folder with hashicorp/azurerm, or terraform is not on PATH: %v", azuresimtest.MirrorVariable, err)
	}
	f := newFederated(t)
	tool, err := runner.Find(t.Context(), runner.Options{Path: program})
	if err != nil {
		t.Fatal(err)
	}
	r := runner.New(runner.Config{Tool: tool, DataDir: t.TempDir(), Address: f.web.URL, Mirror: mirror})
	var kept []byte
	job := func(phase string) runner.Job {
		bearer, err := f.room.Issuer.Issue(f.running(func(r *tokens.Run) { r.Phase = phase }))
		if err != nil {
			t.Fatal(err)
		}
		j := runnerJob(run.Job{
			Run: "run_1", Stack: federatedStack, Fence: 1, Files: map[string][]byte{"main.tf.json": []byte(federatedRoot)}, Token: bearer,
			Stage: stage.Stage{Name: "dev", Target: stage.TargetAzure, Identity: f.identity},
			Keep: func(ctx context.Context, p run.PlanFile) (err error) {
				content, err := p.Open(ctx)
				if err == nil {
					kept, err = io.ReadAll(content)
				}
				return err
			},
		}, phase, f.sim.Env())
		for name := range j.Env {
			if stage.SecretVariable(name) {
				t.Errorf("%s is in the environment of the %s", name, phase)
			}
		}
		return j
	}
	plan := func() runner.PlanFile {
		planned, err := r.Plan(t.Context(), job(tokens.PhasePlan), nil)
		if err != nil {
			t.Fatal(err)
		}
		return runner.PlanFile{Digest: planned.Digest, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(kept))), nil
		}}
	}
	mine := job(tokens.PhaseApply)
	mine.Identity.Variables["ARM_CLIENT_ID"] = f.identity.Plan
	if _, err := r.Apply(t.Context(), mine, plan(), nil); err == nil || !strings.Contains(err.Error(), "AADSTS700213") {
		t.Errorf("an apply signs in as who plans: %v", err)
	}
	if status, _ := f.arm(f.owner, "GET", "/resourceGroups/rg-federated", ""); status != http.StatusNotFound {
		t.Errorf("before the apply the group is there: %d", status)
	}
	if _, err := r.Apply(t.Context(), job(tokens.PhaseApply), plan(), nil); err != nil {
		t.Fatal(err)
	}
	f.must("GET", "/resourceGroups/rg-federated", "")
}
