package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localapi"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
	"github.com/terrace-idp/terrace/internal/target/local/provider"
)

const stack = "acme/shop/orders/dev"

// world is a real target behind its API, and Terraform with the real provider.
type world struct {
	*tfexec.Terraform

	target *localtest.Target
	caller local.Caller
	dir    string
	env    map[string]string
	issuer *tokens.Issuer
}

var mirror = sync.OnceValues(buildMirror)

// buildMirror builds the provider and lays it out as a filesystem mirror.
func buildMirror() (string, error) {
	dir, err := os.MkdirTemp("", "terrace-mirror-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, provider.Address, provider.Version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-terrace_v"+provider.Version)
	build := exec.Command("go", "build", "-o", path, "github.com/terrace-idp/terrace/cmd/terraform-provider-terrace")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the provider: %w: %s", err, out)
	}
	return dir, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	plugins, err := mirror()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		target: localtest.Start(t, localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())),
		caller: localtest.Caller("dev", "orders"), dir: t.TempDir(), issuer: tokens.NewIssuer([]byte(strings.Repeat("k", 32)), nil),
	}
	r := httpserver.NewRouter(httpserver.Options{Authenticator: runs{w.issuer}})
	localapi.API{Service: w.target.Service, Tokens: w.issuer}.Mount(r)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)

	rc := filepath.Join(w.dir, "terraform.rc")
	write(t, rc, fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", plugins))
	w.Terraform, err = tfexec.NewTerraform(w.dir, path)
	if err != nil {
		t.Fatal(err)
	}
	w.env = map[string]string{"TF_CLI_CONFIG_FILE": rc, provider.AddressVariable: server.URL, "HOME": w.dir, "PATH": os.Getenv("PATH")}
	w.as(t, tokens.PhaseApply)
	return w
}

// runs lets runs through to the planes, which look at their tokens themselves.
type runs struct{ *tokens.Issuer }

// Authenticate returns the token's run as an actor.
func (r runs) Authenticate(_ context.Context, bearer string) (kernel.Actor, error) {
	run, err := r.Verify(bearer)
	return run.Actor(), err
}

// as makes Terraform run with a token of the phase.
func (w *world) as(t *testing.T, phase string) {
	t.Helper()
	token, err := w.issuer.Issue(tokens.Run{
		Run: "run_1", Stack: stack, Scope: w.caller.Scope, Workload: "orders", Fence: 1, Phase: phase, Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.env[provider.TokenVariable] = token
	if err := w.SetEnv(w.env); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

const header = `terraform {
  required_providers {
    terrace = {
      source  = "terrace.localhost/terrace/terrace"
      version = "0.1.0"
    }
  }
}
`

func (w *world) configure(t *testing.T, body string) {
	t.Helper()
	write(t, filepath.Join(w.dir, "main.tf"), header+body)
}

func (w *world) apply(t *testing.T) {
	t.Helper()
	if err := w.Apply(context.Background()); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// changes plans and returns what would change: address to actions, and outputs
// that would.
func (w *world) changes(t *testing.T) map[string]string {
	t.Helper()
	ctx, file := context.Background(), filepath.Join(w.dir, "plan")
	if _, err := w.Plan(ctx, tfexec.Out(file)); err != nil {
		t.Fatalf("plan: %v", err)
	}
	plan, err := w.ShowPlanFile(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range plan.ResourceChanges {
		if !c.Change.Actions.NoOp() && !c.Change.Actions.Read() {
			out[c.Address] = fmt.Sprint(c.Change.Actions)
		}
	}
	for name, c := range plan.OutputChanges {
		if !c.Actions.NoOp() {
			out["output."+name] = fmt.Sprint(c.Actions)
		}
	}
	return out
}

func (w *world) state(t *testing.T) map[string]*tfjson.StateResource {
	t.Helper()
	s, err := w.Show(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*tfjson.StateResource{}
	if s.Values == nil {
		return out
	}
	for _, r := range s.Values.RootModule.Resources {
		out[r.Address] = r
	}
	return out
}

func (w *world) config(t *testing.T, version string) string {
	t.Helper()
	artifact := w.target.Artifacts.Add(localtest.Bundle(t, localtest.File{Name: "app", Content: localtest.Program(t), Mode: 0o755}))
	return fmt.Sprintf(`
locals {
  tags = { costcenter = "1", env = "dev", owner = "team" }
}
resource "terrace_dns_record" "this" {
  name   = "orders"
  values = ["127.0.0.1"]
  tags   = local.tags
}
resource "terrace_route" "this" {
  name    = "orders"
  host    = terrace_dns_record.this.fqdn
  service = terrace_service.this.name
  tags    = local.tags
}
resource "terrace_secret" "this" {
  name = "orders-token"
}
resource "terrace_topic" "this" {
  name = "orders-events"
}
resource "terrace_volume" "this" {
  name = "orders-data"
}
resource "terrace_service" "this" {
  name            = "orders"
  release         = "rel_1"
  release_version = %q
  tags            = local.tags
  containers = {
    main = {
      artifact  = %q
      args      = []
      variables = { TOKEN = terrace_secret.this.reference, SUBJECT = terrace_topic.this.subject }
      files     = { "/etc/config" = { content = "x", mode = "0600" } }
      volumes   = { "/data" = { source = terrace_volume.this.path } }
      readiness = { http = { path = "/health", port = 8080, headers = { "X-Probe" = "yes" } } }
    }
  }
  ports = { http = { port = 8080 } }
}
output "endpoints" {
  value = { orders = terrace_route.this.url }
}
output "service" {
  value = { endpoints = terrace_service.this.endpoints, status = terrace_service.this.status }
}
`, version, artifact)
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.configure(t, w.config(t, "1.0.0"))
	if err := w.Init(ctx); err != nil {
		t.Fatal(err)
	}
	w.as(t, tokens.PhasePlan)
	if got := w.changes(t); len(got) != 8 {
		t.Errorf("the first plan has %v", got)
	}
	w.as(t, tokens.PhaseApply)
	w.apply(t)
	if got := w.changes(t); len(got) != 0 {
		t.Errorf("after the apply, a plan has %v", got)
	}
	first := w.state(t)
	for address, want := range map[string]map[string]any{
		"terrace_dns_record.this": {"id": "orders", "fqdn": "orders.dev.shop.localhost", "ttl": json.Number("60"), "type": "A"},
		"terrace_route.this":      {"url": "https://orders.dev.shop.localhost:7443/"},
		"terrace_secret.this":     {"reference": "${secret:orders-token}", "version": json.Number("1")},
		"terrace_topic.this":      {"subject": "shop.dev.orders-events", "password_reference": "${secret:orders-events.topic.password}"},
		"terrace_service.this":    {"status": "ready", "start_timeout": "60s"},
	} {
		for name, value := range want {
			if got := first[address].AttributeValues[name]; got != value {
				t.Errorf("%s.%s is %v, want %v", address, name, got, value)
			}
		}
	}

	w.configure(t, w.config(t, "2.0.0"))
	if got := w.changes(t); len(got) != 1 || got["terrace_service.this"] != "[update]" {
		t.Errorf("a new version's plan has %v, want the service alone", got)
	}
	w.apply(t)
	if _, _, ok := w.target.Upstream(w.caller.Scope, "orders", ""); !ok {
		t.Error("the service is not ready after the apply")
	}

	lose(t, w)
	want := map[string]string{ // the route and its address wait for the record's name
		"terrace_dns_record.this": "[create]", "terrace_topic.this": "[update]",
		"terrace_route.this": "[update]", "output.endpoints": "[update]",
	}
	if diff := cmp.Diff(want, w.changes(t)); diff != "" {
		t.Errorf("the plan after a loss and a change behind Terraform's back (-want +got):\n%s", diff)
	}
	w.apply(t)
	if got := w.changes(t); len(got) != 0 {
		t.Errorf("after the repair, a plan has %v", got)
	}

	if err := w.StateRm(ctx, "terrace_volume.this"); err != nil {
		t.Fatal(err)
	}
	if err := w.Import(ctx, "terrace_volume.this", "orders-data"); err != nil {
		t.Fatal(err)
	}
	if got := w.changes(t); len(got) != 0 {
		t.Errorf("after an import, a plan has %v", got)
	}

	if err := w.Destroy(ctx); err != nil {
		t.Fatal(err)
	}
	if left := w.state(t); len(left) != 0 {
		t.Errorf("after destroy the state has %v", left)
	}
	for kind, name := range map[local.Kind]string{local.Services: "orders", local.DNSRecords: "orders", local.Volumes: "orders-data"} {
		if _, err := w.target.Get(ctx, w.caller, kind, name); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after destroy %s %s: %v", kind, name, err)
		}
	}
}

func TestTwoResourcesHoldOneRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	record := func(resource, claim string) string {
		return fmt.Sprintf("resource \"terrace_dns_record\" %q {\n  name   = \"orders\"\n  values = [\"127.0.0.1\"]\n  claim  = %q\n}\n", resource, claim)
	}
	apply := func(body string) {
		t.Helper()
		w.configure(t, body)
		w.as(t, tokens.PhaseApply)
		if err := w.Apply(ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.changes(t); len(got) != 0 {
			t.Errorf("after an apply, a plan has %v", got)
		}
	}
	w.configure(t, record("own", "orders-host"))
	if err := w.Init(ctx); err != nil {
		t.Fatal(err)
	}
	apply(record("own", "orders-host") + record("route", "orders"))
	apply(record("route", "orders"))  // the other one has gone
	apply(record("route", "renamed")) // its claim is replaced, not added to
	kept, err := w.target.Get(ctx, w.caller, local.DNSRecords, "orders")
	if err != nil || len(kept.Owners) != 1 || kept.Owners[0].Claim != "renamed" {
		t.Errorf("%+v, %v", kept.Owners, err)
	}
	if err := w.Destroy(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.target.Get(ctx, w.caller, local.DNSRecords, "orders"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("after destroy: %v", err)
	}
}

// lose takes the DNS record away and changes the topic, behind Terraform's back.
func lose(t *testing.T, w *world) {
	t.Helper()
	ctx := context.Background()
	if err := w.target.DNS.DeleteRecord(ctx, w.caller.Scope, "orders.dev.shop.localhost"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.target.Put(ctx, w.caller, local.TopicsKind, "orders-events", []byte(`{"retention_hours":1}`)); err != nil {
		t.Fatal(err)
	}
}

func TestFailuresAreDiagnostics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	for _, test := range []struct {
		name, body, phase string
		want              []string
	}{
		{
			"a run that plans", `resource "terrace_volume" "this" { name = "x" }`, tokens.PhasePlan,
			[]string{`Cannot create terrace_volume "x"`, "only plans", "To fix it:"},
		},
		{
			"a service that is not there", `data "terrace_service" "this" { name = "billing" }`, tokens.PhaseApply,
			[]string{`There is no service "billing"`, "Deploy the workload"},
		},
		{
			"a bad name", `resource "terrace_volume" "this" { name = "X" }`, tokens.PhaseApply, []string{"must be lower case letters"},
		},
		{
			"a service that ends", strings.ReplaceAll(w.config(t, "1.0.0"), "SUBJECT =", `EXIT = "7", SUBJECT =`), tokens.PhaseApply,
			[]string{`Cannot create terrace_service "orders"`, "exited with status 7", "log main: cannot go on", "To fix it:"},
		},
	} {
		w.configure(t, test.body)
		if err := w.Init(ctx); err != nil {
			t.Fatal(err)
		}
		w.as(t, test.phase)
		err := w.Apply(ctx)
		if err == nil {
			t.Errorf("%s: the apply has passed", test.name)
			continue
		}
		said := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "│", "")), " ")
		for _, want := range test.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is missing in:\n%s", test.name, want, err)
			}
		}
	}
}

func TestServiceDataSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.configure(t, w.config(t, "1.0.0"))
	if err := w.Init(ctx); err != nil {
		t.Fatal(err)
	}
	w.apply(t)
	w.configure(t, w.config(t, "1.0.0")+`
data "terrace_service" "this" {
  name = "orders"
}
output "address" {
  value = data.terrace_service.this.endpoints["http"]
}
`)
	w.apply(t)
	outputs, err := w.Output(ctx)
	if err != nil {
		t.Fatal(err)
	}
	endpoints := w.state(t)["terrace_service.this"].AttributeValues["endpoints"].(map[string]any)
	if got := strings.Trim(string(outputs["address"].Value), `"`); got != endpoints["http"] || got == "" {
		t.Errorf("the data source says %q, the resource %v", got, endpoints)
	}
}

func TestTheProviderLinksNothingOfTheServer(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "github.com/terrace-idp/terrace/cmd/terraform-provider-terrace").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		path := strings.TrimSpace(line)
		own := strings.HasPrefix(path, "github.com/terrace-idp/terrace/")
		allowed := strings.HasSuffix(path, "/cmd/terraform-provider-terrace") || strings.HasSuffix(path, "/target/local/provider") ||
			strings.HasSuffix(path, "/platform/confine") // the program is the helper that isolates runs, too
		if own && !allowed {
			t.Errorf("it links %s", path)
		}
		for _, banned := range []string{"uptrace/bun", "nats-io", "danielgtaylor/huma", "modernc.org/sqlite"} {
			if strings.Contains(path, banned) {
				t.Errorf("it links %s", path)
			}
		}
	}
}
