package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// tokenAudience is whom the routes of the test take tokens for.
const tokenAudience = "https://orders.example.com"

// programAccount is a service account with the secret that it signs in with.
type programAccount struct{ client, secret string }

// newProgramAccount makes a service account of a person's tenant.
func newProgramAccount(ctx context.Context, t *testing.T, p harness.Person, name string) programAccount {
	t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(p.Must(ctx, "service-account", "create", name, "-o", "json").Stdout), &made); err != nil {
		t.Fatal(err)
	}
	var issued struct{ Token string }
	if err := json.Unmarshal([]byte(p.Must(ctx, "token", "create", "--service-account", name, "--name", "nightly", "--scope", "read", "-o", "json").Stdout), &issued); err != nil {
		t.Fatal(err)
	}
	return programAccount{made.ID, issued.Token}
}

// token asks for a token for the routes of the test.
func (p programAccount) token(ctx context.Context, t *testing.T, d *harness.Daemon) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {tokenAudience}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+d.API+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(p.client, p.secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	var got struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(raw, &got) != nil || got.Token == "" {
		t.Fatalf("%d %s", resp.StatusCode, raw)
	}
	return got.Token
}

// takesTokens makes a route of a project that takes tokens of Terrace.
func takesTokens(ctx context.Context, t *testing.T, d *harness.Daemon, p harness.Person, to string) (host string) {
	t.Helper()
	host = "orders.dev." + p.Project + ".localhost"
	file := filepath.Join(t.TempDir(), "orders.yaml")
	const documents = "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: orders}\nspec: {hosts: [%s], rules: [{backends: [{url: %q}]}]}\n---\n" +
		"apiVersion: gateway.terrace.dev/v1\nkind: AuthenticationPolicy\nmetadata: {name: programs}\n" +
		"spec: {targetRef: {route: orders}, providers: [{name: terrace, jwt: {issuers: [{issuer: 'http://%s'}], audiences: ['%s']}}]}\n"
	if err := os.WriteFile(file, fmt.Appendf(nil, documents, host, to, d.API, tokenAudience), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must(ctx, "gateway", "apply", "-f", file, "--stage", "dev")
	return host
}

// founded makes a tenant with a project, and returns its admin.
func founded(ctx context.Context, t *testing.T, operator harness.Person, name string) harness.Person {
	t.Helper()
	var made struct{ Password string }
	r := operator.Must(ctx, "tenant", "create", name, "--admin", "ada", "--project", "till", "--costcenter", "4711", "--owner", "ada", "-o", "json")
	if err := json.Unmarshal([]byte(r.Stdout), &made); err != nil {
		t.Fatal(err)
	}
	var session struct{ Token string }
	status, err := operator.Call(ctx, "", http.MethodPost, "/api/v1/sessions",
		map[string]string{"tenant": name, "username": "ada", "password": made.Password, "newPassword": "correct-horse-battery"}, &session)
	if err != nil || session.Token == "" {
		t.Fatal(status, err)
	}
	ada := operator.With(session.Token)
	ada.Project = "till"
	return ada
}

// call asks a route with a token at a gateway, and returns the status.
func (p plane) call(ctx context.Context, host, token string) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/", nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := p.client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

// TestTokensOfTerraceAtADataPlane has tokens of two tenants at routes of both, at the control
// plane's gateway and at one of its own: they count for their tenant alone, end with their
// account and while the tenant is suspended, and are not said to have ended where nobody knows.
func TestTokensOfTerraceAtADataPlane(t *testing.T) {
	t.Parallel()
	ctx, shared := t.Context(), t.TempDir()
	database := dbtest.NewPostgres(t)
	through, line := way(t, database)
	common := []string{
		"--key", "file://" + filepath.Join(shared, "kek"), "--pki", filepath.Join(shared, "pki"), "--tenant-keys", "file://" + filepath.Join(shared, "tenant-keys"),
		"--gateway-networks", "127.0.0.0/8",
	}
	role := func(extra ...string) []string {
		return append(append([]string{"gateway", "--data", filepath.Join(t.TempDir(), "data"), "--database", through}, common...), extra...)
	}
	control := harness.Start(t, append([]string{"--database", database}, common...)...)
	notStarted(t, role("--public-url", "https://terrace.example.com"), "publicUrl: it is https://terrace.example.com, and that of the control plane http://"+control.API)
	shop := control.Project(ctx, t, "shop")
	orders := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "orders") }))
	t.Cleanup(orders.Close)
	ada := founded(ctx, t, shop, "acme")

	alone := startPlane(t, filepath.Join(shared, "pki", "root.pem"), role()...)
	within := alone
	within.client = clientAt(t, filepath.Join(shared, "pki", "root.pem"), control.Gateway)
	home, theirs := takesTokens(ctx, t, control, shop, orders.URL), takesTokens(ctx, t, control, ada, orders.URL)
	own, batch := newProgramAccount(ctx, t, shop, "nightly"), newProgramAccount(ctx, t, ada, "batch")
	becomes := func(when, host, token, want string) {
		t.Helper()
		for name, p := range map[string]plane{"the gateway alone": alone, "the control plane's": within} {
			harness.Eventually(t, name+": "+when, func() (string, bool) { said := p.call(ctx, host, token); return said, strings.HasPrefix(said, want) })
		}
	}
	mine, token := own.token(ctx, t, control), batch.token(ctx, t, control)
	becomes("a token of the tenant", home, mine, "200 ")
	becomes("a token of the other tenant", theirs, token, "200 ")
	for name, p := range map[string]plane{"the gateway alone": alone, "the control plane's": within} {
		if said := p.call(ctx, home, token); !strings.HasPrefix(said, "401 ") || !strings.Contains(said, "another tenant") {
			t.Errorf("%s takes a token of another tenant: %s", name, said)
		}
	}
	ada.Must(ctx, "service-account", "disable", "batch")
	becomes("the account is disabled", theirs, token, "401 ")
	ada.Must(ctx, "service-account", "enable", "batch")
	becomes("it is enabled", theirs, token, "200 ")
	shop.Must(ctx, "tenant", "suspend", "acme", "--reason", "a trial", "--yes")
	becomes("the tenant is suspended", theirs, token, "401 ")
	becomes("that of another is none of its business", home, mine, "200 ")
	shop.Must(ctx, "tenant", "resume", "acme", "--reason", "paid")
	becomes("the tenant is resumed", theirs, token, "200 ")
	ada.Must(ctx, "service-account", "delete", "batch", "--yes")
	becomes("the account is deleted", theirs, token, "401 ")

	line.sever(true)
	harness.Eventually(t, "without the database nobody knows whether it has ended", func() (string, bool) {
		said := alone.call(ctx, home, mine)
		if strings.HasPrefix(said, "401 ") {
			t.Errorf("it is said to have ended: %s", said)
		}
		return said, strings.HasPrefix(said, "503 ")
	})
	line.sever(false)
	becomes("the database is back", home, mine, "200 ")
}

// notReady starts terraced with arguments with which it serves something else than it should,
// and waits until it says what.
func notReady(t *testing.T, arguments []string, says string) {
	t.Helper()
	health := harness.FreeAddress(t)
	cmd := exec.Command(harness.Bin(t, "terraced"), append(arguments, "--listen", health, "--gateway", harness.FreeAddress(t), "--gateway-http", harness.FreeAddress(t))...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }()
	harness.Eventually(t, "it is not ready", func() (string, bool) {
		now := plane{health: health}.ready()
		return now, strings.HasPrefix(now, "503 ") && strings.Contains(now, says)
	})
}
