package render_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/iac/iactest"
	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduleapi"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// everything uses each type that is shipped, and texts that templates could mistake.
const everything = `
apiVersion: score.dev/v1b1
metadata:
  name: orders
containers:
  main:
    image: .
    args: ["--greeting", "Grüße $${you} 100%{"]
    variables:
      CACHE: ${resources.cache.host}:${resources.cache.port}
      CACHE_PASSWORD: ${resources.cache.password}
      TOPIC: ${resources.events.url}/${resources.events.subject}
      DATABASE: ${resources.db.username}@${resources.db.host}:${resources.db.port}/${resources.db.name}
      SESSION: ${resources.session.value}
      ADDRESS: ${resources.web.url}
      LITERAL: "$${HOME} %{if} $$$$ \r\n"
    files:
      /etc/app.conf:
        mode: "0600"
        content: |
          host = ${resources.cache.host}
      /etc/template:
        noExpand: true
        content: "${not.ours} %{also}"
    volumes:
      /data:
        source: ${resources.data}
    readinessProbe:
      httpGet: {path: /readyz, port: 8080}
service:
  ports:
    web: {port: 80, targetPort: 8080}
resources:
  cache: {type: redis}
  events: {type: topic}
  stream: {type: kafka-topic, params: {subject: shop.orders}}
  db: {type: mysql}
  session: {type: secret, params: {length: 48}}
  data: {type: volume}
  host: {type: dns}
  web: {type: route, params: {host: "${resources.host.host}", path: /, port: 80}}
  api: {type: route, params: {path: /api}}
  shared: {type: redis, id: everyone}
`

// rendered resolves and renders the workload with what is shipped.
func rendered(t *testing.T, rig *moduletest.Rig, score string) (render.Root, *graph.Graph) {
	t.Helper()
	scope := kernel.Scope{Tenant: "acme"}
	for _, shipped := range iac.Trees("local", "process") {
		if _, err := rig.SeedTree(t.Context(), scope, shipped.System, shipped.Files); err != nil {
			t.Fatal(err)
		}
	}
	w, err := workload.Parse("score.yaml", []byte(score))
	if err != nil {
		t.Fatal(err)
	}
	definitions, err := rig.All(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	where := graph.Context{Tenant: "acme", Project: "shop", Stage: "dev", Target: "local", Workload: w.Name}
	modules := rig.Source(t.Context(), scope)
	g, err := graph.Resolve(w, where, definitions, modules)
	if err != nil {
		t.Fatal(err)
	}
	service, err := modules.Module(graph.ModuleRef{Source: "terrace/service/local", Version: "~> 1.0"})
	if err != nil {
		t.Fatal(err)
	}
	root, err := render.Render(render.Input{
		Graph: g, Workload: w, Context: where, Runtime: "process", Service: service, Release: "rel_1", ReleaseVersion: "1.0.0",
		Artifacts:       map[string]render.Artifact{"main": {Digest: digest}},
		Tags:            map[string]string{"costcenter": "4711", "env": "dev", "owner": "team-orders"},
		ProviderVersion: iactest.Version,
	})
	if err != nil {
		t.Fatal(err)
	}
	return root, g
}

type anyone struct{}

func (anyone) Authenticate(context.Context, string) (kernel.Actor, error) {
	return kernel.Actor{ID: "run_1", Kind: kernel.ActorRun, Tenant: "acme"}, nil
}

func registry(t *testing.T, rig *moduletest.Rig) *httptest.Server {
	t.Helper()
	router := httpserver.NewRouter(httpserver.Options{Authenticator: anyone{}})
	moduleapi.API{Modules: rig.Service, Key: []byte("0123456789abcdef0123456789abcdef")}.Mount(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return server
}

// planned is the part of a plan that the test looks at.
type planned struct {
	Changes []struct {
		Address string
		Change  struct {
			Actions []string
			After   json.RawMessage
		}
	} `json:"resource_changes"`
}

func TestRealToolsPlanARenderedRoot(t *testing.T) {
	t.Parallel()
	for _, tool := range iactest.Tools(t) {
		t.Run(filepath.Base(tool), func(t *testing.T) {
			t.Parallel()
			rig := moduletest.New(t)
			root, _ := rendered(t, rig, everything)
			dir := t.TempDir()
			for name, content := range root.Files {
				if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "state_override.tf"), []byte("terraform {\n  backend \"local\" {}\n}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			config := iactest.Config{
				Registry: registry(t, rig).URL, Token: "trun_x", Mirror: iactest.Mirror(t),
				Env: []string{"TERRACE_ADDRESS=http://127.0.0.1:1", "TERRACE_TOKEN=trun_x"},
			}
			var out string
			for _, args := range [][]string{
				{"init", "-input=false", "-no-color"},
				{"validate", "-no-color"},
				{"plan", "-input=false", "-no-color", "-out=plan"},
				{"show", "-json", "plan"},
			} {
				var err error
				if out, err = iactest.Run(t, config, tool, dir, args...); err != nil {
					t.Fatalf("%s: %v\n%s\n%s", args[0], err, out, root.Files[render.MainFile])
				}
			}
			checkPlan(t, out)
		})
	}
}

func checkPlan(t *testing.T, text string) {
	t.Helper()
	var p planned
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	addresses, after := []string{}, map[string]string{}
	for _, c := range p.Changes {
		if slices.Equal(c.Change.Actions, []string{"create"}) {
			addresses = append(addresses, c.Address)
		}
		after[c.Address] = string(c.Change.After)
	}
	slices.Sort(addresses)
	want := []string{
		"module.dns__orders.terrace_dns_record.this", "module.dns__orders_host.terrace_dns_record.this",
		"module.kafka-topic__orders_stream.terrace_topic.this", "module.mysql__orders_db.terrace_mysql_database.this",
		"module.redis__everyone.terrace_cache.this", "module.redis__orders_cache.terrace_cache.this",
		"module.route__orders_api.terrace_route.this", "module.route__orders_web.terrace_route.this",
		"module.secret__orders_session.terrace_secret.this", "module.topic__orders_events.terrace_topic.this",
		"module.volume__orders_data.terrace_volume.this", "module.workload.terrace_service.this",
	}
	if diff := cmp.Diff(want, addresses); diff != "" {
		t.Error(diff)
	}
	for address, part := range map[string]string{
		"module.dns__orders.terrace_dns_record.this":        `"name":"orders"`,
		"module.dns__orders_host.terrace_dns_record.this":   `"name":"orders"`,
		"module.redis__everyone.terrace_cache.this":         `"name":"everyone"`,
		"module.secret__orders_session.terrace_secret.this": `"length":48`,
		"module.route__orders_api.terrace_route.this":       `"path":"/api"`,
		"module.workload.terrace_service.this":              `"LITERAL":"${HOME} %{if} $$ \r\n"`,
	} {
		if !strings.Contains(after[address], part) {
			t.Errorf("%s is planned as %s, want %s", address, after[address], part)
		}
	}
}
