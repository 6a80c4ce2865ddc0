package impact_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/impact"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const (
	tenant = "acme"
	cache  = "variable \"name\" {}\nvariable \"size\" { default = 1 }\noutput \"host\" { value = var.name }\n"
	redis  = `apiVersion: terrace.dev/v1
kind: Definition
metadata: {name: redis}
spec:
  type: redis
  module: {source: acme/cache/local, version: ~> 1.0}
  inputs: {name: "${resource.name}"}
`
)

// world is a tenant with real modules and releases; what is deployed and which
// plans are asked for is the test's.
type world struct {
	*impact.Service

	modules  *moduletest.Rig
	releases *release.Service
	deployed []impact.Deployment
	tried    []string
}

func (w *world) All(context.Context, string) ([]impact.Deployment, error) {
	return slices.Clone(w.deployed), nil
}

func (w *world) Try(_ context.Context, scope kernel.Scope, name, id, _ string) (string, error) {
	w.tried = append(w.tried, scope.Project+"/"+name+"/"+scope.Stage+" "+id)
	return fmt.Sprintf("run_%d", len(w.tried)), nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := dbtest.SQLite(t, modulesql.Migrations(), releasesql.Migrations())
	stages, err := stage.NewSet(stage.Default())
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	w := &world{modules: moduletest.On(t, d)}
	store := releasesql.NewStore(d)
	w.releases = release.NewService(release.Config{
		Store: store, Tx: d, Authorizer: w.modules, Journal: w.modules, Blobs: blobs,
		Definitions: w.modules, Modules: w.modules, Stages: stages, Spool: t.TempDir(),
	})
	w.Service = &impact.Service{Modules: w.modules, Releases: w.releases, Store: store, Deployments: w, Stages: stages, Runs: w}
	w.publish(t, module.Address{Namespace: "acme", Name: "cache", System: "local"}, "1.0.0", cache)
	w.publish(t, module.Address{Namespace: "terrace", Name: "service", System: "local"}, "1.0.0", "")
	w.apply(t, "redis", redis)
	return w
}

func (w *world) publish(t *testing.T, a module.Address, version, main string) {
	t.Helper()
	if _, err := w.modules.Publish(t.Context(), kernel.Scope{Tenant: tenant}, a, version, moduletest.Pack(t, map[string]string{"main.tf": main})); err != nil {
		t.Fatal(err)
	}
}

func (w *world) apply(t *testing.T, name, source string) {
	t.Helper()
	if _, err := w.modules.ApplyDefinition(t.Context(), kernel.Scope{Tenant: tenant}, name, []byte(source)); err != nil {
		t.Fatal(err)
	}
}

// deploy puts a release of a workload with the resources on stages.
func (w *world) deploy(t *testing.T, project, name, resources string, stages ...string) {
	t.Helper()
	spec := "apiVersion: score.dev/v1b1\nmetadata: {name: " + name + "}\ncontainers: {main: {image: nginx}}\n" + resources
	parsed, err := workload.Parse("score.yaml", []byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	scope := kernel.Scope{Tenant: tenant, Project: project}
	composed, err := w.releases.Compose(t.Context(), scope, release.New{Workload: parsed})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.releases.Add(t.Context(), composed)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range stages {
		w.deployed = append(w.deployed, impact.Deployment{Scope: scope.InStage(st), Workload: name, Release: r.ID})
	}
}

const withCache = "resources: {cache: {type: redis}}\n"

// lines are what a radius touches, for people.
func lines(r impact.Radius) []string {
	out := []string{}
	for _, touched := range r.Touched {
		line := touched.Project + "/" + touched.Workload + "/" + touched.Stage
		for _, res := range touched.Resources {
			line += " " + res.UID + " " + res.Change
			if res.Before != nil && res.After != nil {
				line += " " + res.Before.Version + "→" + res.After.Version
			}
			line += strings.Join(append([]string{""}, res.Inputs...), " ")
		}
		if touched.Problem != "" {
			line += " broken"
		}
		out = append(out, line)
	}
	return out
}

func TestRadiusOfAModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy(t, "shop", "orders", withCache, "prod", "dev")
	w.deploy(t, "shop", "static", "", "dev")
	w.deploy(t, "bank", "ledger", withCache, "test")
	a := module.Address{Namespace: "acme", Name: "cache", System: "local"}
	for name, test := range map[string]struct {
		version, main string
		query         impact.Query
		want          []string
		total         int
	}{
		"a newer version that the constraint takes": {"1.1.0", cache + "# more\n", impact.Query{}, []string{
			"bank/ledger/test redis.default#ledger.cache changed 1.0.0→1.1.0",
			"shop/orders/dev redis.default#orders.cache changed 1.0.0→1.1.0",
			"shop/orders/prod redis.default#orders.cache changed 1.0.0→1.1.0",
		}, 3},
		"one stage of it":                       {"1.1.0", cache + "# more\n", impact.Query{Stage: "prod"}, []string{"shop/orders/prod redis.default#orders.cache changed 1.0.0→1.1.0"}, 1},
		"a version that the constraint refuses": {"2.0.0", cache + "# more\n", impact.Query{}, []string{}, 0},
		"an older version":                      {"0.9.0", cache + "# more\n", impact.Query{}, []string{}, 0},
		"what is published already":             {"1.0.0", cache, impact.Query{}, []string{}, 0},
		"a version that lacks an input": {"1.2.0", "output \"host\" { value = 1 }\n", impact.Query{}, []string{
			"bank/ledger/test broken", "shop/orders/dev broken", "shop/orders/prod broken",
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := w.OfModule(t.Context(), kernel.Scope{Tenant: tenant}, a, test.version, moduletest.Pack(t, map[string]string{"main.tf": test.main}), test.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines(r)); diff != "" || r.Total != test.total {
				t.Errorf("total %d, -want +got:\n%s", r.Total, diff)
			}
		})
	}
	t.Cleanup(func() {
		if versions, err := w.modules.Versions(context.Background(), kernel.Scope{Tenant: tenant}, a); err != nil || len(versions) != 1 {
			t.Errorf("to look published something: %v, %v", versions, err)
		}
	})
}

func TestRadiusOfDefinitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy(t, "shop", "orders", withCache, "dev", "prod")
	for name, test := range map[string]struct {
		source string
		want   []string
	}{
		"the same":        {redis, []string{}},
		"another comment": {redis + "# nothing\n", []string{}},
		"another input": {strings.Replace(redis, "inputs: {", "inputs: {size: 3, ", 1), []string{
			"shop/orders/dev redis.default#orders.cache changed 1.0.0→1.0.0 size",
			"shop/orders/prod redis.default#orders.cache changed 1.0.0→1.0.0 size",
		}},
		"for prod alone, and nothing for the rest": {
			strings.Replace(redis, "  module:", "  criteria: [{stage: prod}]\n  module:", 1),
			[]string{"shop/orders/dev broken", "shop/orders/prod broken"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := w.OfDefinitions(t.Context(), kernel.Scope{Tenant: tenant}, map[string]string{"redis": test.source}, impact.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("a more specific one beside it", func(t *testing.T) {
		t.Parallel()
		source := strings.NewReplacer("name: redis}", "name: redis-prod}", "  module:", "  criteria: [{stage: prod}]\n  module:").Replace(redis)
		r, err := w.OfDefinitions(t.Context(), kernel.Scope{Tenant: tenant}, map[string]string{"redis-prod": source}, impact.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"shop/orders/prod redis.default#orders.cache changed 1.0.0→1.0.0"}, lines(r)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestPlansOnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy(t, "shop", "orders", withCache, "dev", "prod")
	w.deploy(t, "shop", "static", "", "dev")
	a := module.Address{Namespace: "acme", Name: "cache", System: "local"}
	packed := moduletest.Pack(t, map[string]string{"main.tf": cache + "# more\n"})
	r, err := w.OfModule(t.Context(), kernel.Scope{Tenant: tenant}, a, "1.1.0", packed, impact.Query{Plan: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.tried) != 2 || r.Touched[0].Run != "run_1" || r.Touched[1].Run != "run_2" {
		t.Fatalf("%v is planned, and told as %+v", w.tried, r.Touched)
	}
	id := strings.Fields(w.tried[0])[1]
	tried, err := w.releases.Get(t.Context(), kernel.Scope{Tenant: tenant, Project: "shop"}, id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(tried.Modules, func(m release.PinnedModule) bool { return m.Ref.Source == a.String() })
	if version := tried.Modules[i].Pin.Version; !strings.HasPrefix(version, "1.1.0-candidate.x") {
		t.Errorf("the release that is planned has the module's version %s", version)
	}
	// What the plans fetch is chosen by nobody else.
	again, err := w.OfModule(t.Context(), kernel.Scope{Tenant: tenant}, a, "1.1.0", moduletest.Pack(t, map[string]string{"main.tf": cache + "# more\n"}), impact.Query{})
	if err != nil || again.Total != 2 {
		t.Errorf("after the plans %d are touched, %v", again.Total, err)
	}
}

func TestTooManyPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range impact.MaxPlans/5 + 1 {
		w.deploy(t, "shop", fmt.Sprintf("orders-%d", i), withCache, "dev", "test", "int", "qs", "prod")
	}
	source := strings.Replace(redis, "inputs: {", "inputs: {size: 3, ", 1)
	_, err := w.OfDefinitions(t.Context(), kernel.Scope{Tenant: tenant}, map[string]string{"redis": source}, impact.Query{Plan: true})
	if !kernel.Is(err, kernel.TooLarge) || len(w.tried) > 0 {
		t.Errorf("%v, and %d plans", err, len(w.tried))
	}
}

func TestWhoMayNotPublishSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy(t, "shop", "orders", withCache, "dev")
	w.modules.Denied = map[string]bool{"module.publish": true, "definition.apply": true}
	a := module.Address{Namespace: "acme", Name: "cache", System: "local"}
	if _, err := w.OfModule(t.Context(), kernel.Scope{Tenant: tenant}, a, "1.1.0", moduletest.Pack(t, map[string]string{"main.tf": cache}), impact.Query{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("module: %v", err)
	}
	if _, err := w.OfDefinitions(t.Context(), kernel.Scope{Tenant: tenant}, map[string]string{"redis": redis}, impact.Query{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("definition: %v", err)
	}
}
