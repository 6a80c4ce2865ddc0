package localapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localapi"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

type fixture struct {
	url    string
	target *localtest.Target
	issuer *tokens.Issuer
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	f := fixture{
		target: localtest.Start(t, localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())),
		issuer: tokens.NewIssuer([]byte(strings.Repeat("k", 32)), nil),
	}
	people := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(kernel.Actor{ID: "ann", Kind: kernel.ActorUser, Tenant: "acme"})})
	api := localapi.API{Service: f.target.Service, Tokens: f.issuer}
	api.Register(httpserver.NewAPI(people, "test"))
	api.Mount(people)
	server := httptest.NewServer(people)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f fixture) token(t *testing.T, scope kernel.Scope, phase string) string {
	t.Helper()
	token, err := f.issuer.Issue(tokens.Run{
		Run: "run_1", Stack: "s", Scope: scope, Workload: "orders", Fence: 1, Phase: phase, Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (f fixture) do(t *testing.T, method, path, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestPlanes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	dev := localtest.Scope("dev")
	apply, plan := f.token(t, dev, tokens.PhaseApply), f.token(t, dev, tokens.PhasePlan)
	stranger := f.token(t, kernel.Scope{Tenant: "evil", Project: "shop", Stage: "dev"}, tokens.PhaseApply)
	large := `{"x":"` + strings.Repeat("x", local.MaxSpec) + `"}`
	const path = "/planes/v1/secrets/token"
	for _, step := range []struct {
		name, method, path, token, body string
		status                          int
		says                            string
	}{
		{"no token", "GET", path, "", "", 401, "needs a run's token"},
		{"a bad token", "GET", path, "trun_x.y", "", 401, ""},
		{"nothing there", "GET", path, plan, "", 404, "does not exist"},
		{"a planning run may not write", "PUT", path, plan, `{"length":32}`, 403, "only plans"},
		{"put", "PUT", path, apply, `{"length":32,"tags":{"owner":"a"}}`, 200, `"reference":"${secret:token}"`},
		{"get", "GET", path, plan, "", 200, `"tags":{"owner":"a"}`},
		{"another tenant", "GET", path, stranger, "", 404, "does not exist"},
		{"an invalid one", "PUT", path, apply, `{"length":1}`, 422, "between 16 and 256"},
		{"too much", "PUT", path, apply, large, 413, ""},
		{"an unknown kind", "GET", "/planes/v1/queues/x", apply, "", 404, "queues"},
		{"a planning run may not delete", "DELETE", path, plan, "", 403, ""},
		{"delete", "DELETE", path, apply, "", 204, ""},
		{"delete again", "DELETE", path, apply, "", 204, ""},
	} {
		status, body := f.do(t, step.method, step.path, step.token, step.body)
		if status != step.status || !strings.Contains(body, step.says) {
			t.Errorf("%s: %d %.300s, want %d with %q", step.name, status, body, step.status, step.says)
		}
	}
}

func TestServicesAndLogs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bundle := localtest.Bundle(t, localtest.File{Name: "app", Content: localtest.Program(t), Mode: 0o755})
	spec := fmt.Sprintf(`{"release_version":"1.0.0","containers":{"main":{"artifact":%q}},"ports":{"http":{"port":80}}}`, f.target.Artifacts.Add(bundle))
	if status, body := f.do(t, "PUT", "/planes/v1/services/orders", f.token(t, localtest.Scope("dev"), tokens.PhaseApply), spec); status != http.StatusOK {
		t.Fatalf("put: %d %s", status, body)
	}
	_, body := f.do(t, "GET", "/api/v1/projects/shop/services?stage=dev", "", "")
	var page kernel.Page[local.ServiceInfo]
	if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Items) != 1 || page.Items[0].Status != "ready" {
		t.Errorf("services: %s, %v", body, err)
	}
	if _, body = f.do(t, "GET", "/api/v1/projects/shop/services?stage=prod", "", ""); !strings.Contains(body, `"items":[]`) {
		t.Errorf("services of another stage: %s", body)
	}
	if status, body := f.do(t, "GET", "/api/v1/projects/shop/services/billing/logs?stage=dev", "", ""); status != http.StatusNotFound {
		t.Errorf("the log of no service: %d %s", status, body)
	}
	localtest.Eventually(t, func() string {
		if _, body := f.do(t, "GET", "/api/v1/projects/shop/services/orders/logs?stage=dev", "", ""); !strings.Contains(body, "app 1.0.0 starts") {
			return "log: " + body
		}
		return ""
	})
	f.follow(t)
}

// follow reads a line that is written while it follows.
func (f fixture) follow(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/api/v1/projects/shop/services/orders/logs?stage=dev&follow=true&lines=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() {
		t.Fatal("there is no first line")
	}
	addr, _, _ := f.target.Upstream(localtest.Scope("dev"), "orders", "")
	said, err := http.Get("http://" + addr + "/say/well")
	if err != nil {
		t.Fatal(err)
	}
	_ = said.Body.Close()
	for lines.Scan() {
		if strings.Contains(lines.Text(), `"text":"well"`) {
			return
		}
	}
	t.Errorf("the line does not arrive: %v", lines.Err())
}
