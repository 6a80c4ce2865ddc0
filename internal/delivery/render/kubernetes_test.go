package render_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/schema"
)

// clusterRig has the definitions of the local target and of the runtime kubernetes.
func clusterRig(t *testing.T) *moduletest.Rig {
	t.Helper()
	rig := moduletest.New(t)
	for _, shipped := range iac.Trees("local", "kubernetes") {
		if _, err := rig.SeedTree(t.Context(), kernel.Scope{Tenant: "acme"}, shipped.System, shipped.Files); err != nil {
			t.Fatal(err)
		}
	}
	return rig
}

// forCluster renders a workload and returns the arguments of its service module.
func forCluster(t *testing.T, rig *moduletest.Rig, w *workload.Workload, zone map[string]any) (map[string]any, error) {
	t.Helper()
	scope := kernel.Scope{Tenant: "acme"}
	definitions, err := rig.All(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	where := graph.Context{Tenant: "acme", Project: "shop", Stage: "dev", Target: "local", Runtime: "kubernetes", Workload: w.Name}
	modules := rig.Source(t.Context(), scope)
	g, err := graph.Resolve(w, where, definitions, modules)
	if err != nil {
		return nil, err
	}
	service, err := modules.Module(graph.ModuleRef{Source: "terrace/service/kubernetes", Version: "~> 1.0"})
	if err != nil {
		t.Fatal(err)
	}
	root, err := render.Render(render.Input{
		Graph: g, Workload: w, Context: where, Runtime: "kubernetes", Service: service, Release: "rel_1", ReleaseVersion: "1.0.0",
		LandingZone: zone, Tags: map[string]string{"costcenter": "4711", "env": "dev", "owner": "team-orders"},
	})
	if err != nil {
		return nil, err
	}
	var document struct {
		Module map[string]map[string]any `json:"module"`
	}
	if err := json.Unmarshal(root.Files[render.MainFile], &document); err != nil {
		t.Fatal(err)
	}
	return document.Module[render.ServiceKey], nil
}

// manifestsOf renders the arguments as the target would, with a made-up value
// for every output of a module.
func manifestsOf(t *testing.T, name string, arguments map[string]any) []manifest.Object {
	t.Helper()
	for _, contract := range []string{"source", "version", "name", "project", "stage", "workload", "tags"} {
		delete(arguments, contract)
	}
	arguments["manifests"] = manifest.AsRendered
	raw, err := json.Marshal(known(arguments))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := manifest.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := manifest.Render(manifest.Place{
		Tenant: "acme", Project: "shop", Stage: "dev", Workload: name, Gateway: manifest.Gateway{Name: "public", Namespace: "gateways"},
	}, spec)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// known puts an address in the place of templates.
func known(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "${module.") || strings.Contains(v, "${local.") {
			return "https://value.example.com/"
		}
		return strings.NewReplacer("$${", "${", "%%{", "%{").Replace(v)
	case map[string]any:
		for key, member := range v {
			v[key] = known(member)
		}
	case []any:
		for i, element := range v {
			v[i] = known(element)
		}
	}
	return v
}

func checkObjects(t *testing.T, objects []manifest.Object) {
	t.Helper()
	set := schema.New()
	for _, o := range objects {
		if problems, err := set.Check(o.Value); err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", o.File, err, problems)
		}
	}
}

const clustered = `
apiVersion: score.dev/v1b1
metadata:
  name: orders
  annotations:
    terrace.dev/min-replicas: "3"
    terrace.dev/run-as-user: "1000"
    terrace.dev/egress: 203.0.113.0/24, 198.51.100.7/32:443
containers:
  main:
    image: registry.example.com/orders:1.0.0
    variables: {PASSWORD: "${resources.session.value}", STOCK: "${resources.stock.hostname}"}
    files: {/etc/a: {content: "$${not}"}}
    volumes: {/data: {source: "${resources.data}"}, /work: {source: work}}
service:
  ports: {web: {port: 80, targetPort: 8080}}
resources:
  session: {type: secret}
  stock: {type: service-port, params: {workload: stock, port: web}}
  data: {type: volume, params: {size: 2Gi, accessMode: ReadWriteMany}}
  web: {type: route, params: {host: orders.example.com, port: 80}}
`

func TestAWorkloadForKubernetes(t *testing.T) {
	t.Parallel()
	w, err := workload.Parse("score.yaml", []byte(clustered))
	if err != nil {
		t.Fatal(err)
	}
	arguments, err := forCluster(t, clusterRig(t), w, map[string]any{"key_vault": map[string]any{"name": "kv"}, "tenant_id": "t"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"claims":{"data":{"access_mode":"ReadWriteMany","size":"2Gi"}}`, `"calls":["stock"]`, `"scaling":{"min":3}`, `"security":{"user":1000}`,
		`"egress":["203.0.113.0/24","198.51.100.7/32:443"]`, `"/data":{"claim":"data","read_only":false}`, `"/work":{"read_only":false,"scratch":"work"}`,
		`"port":"web","url":"${module.`, `"vault":{"name":"kv","tenant_id":"t"}`, `"source":"terrace.localhost/terrace/service/kubernetes"`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	checkObjects(t, manifestsOf(t, "orders", arguments))
}

func TestWhatKubernetesCannotRun(t *testing.T) {
	t.Parallel()
	rig := clusterRig(t)
	head := "apiVersion: score.dev/v1b1\nmetadata: {name: orders%}\ncontainers: {main: {image: %}}\n"
	cases := map[string]struct{ annotations, image, rest, path, message, fix string }{
		"a folder":                {image: ".", path: "containers.main.image", message: "a folder", fix: "runtime process"},
		"no reference":            {image: "'Not An Image'", path: "containers.main.image", message: "no reference of an image", fix: "name:tag"},
		"a shared volume":         {rest: "resources: {data: {type: volume, id: all}}", path: "resources.data.id", message: "one workload"},
		"a route to no port":      {rest: "resources: {web: {type: route, params: {host: a.example.com, port: 81}}}", path: "resources.web.params.port", message: "no port"},
		"a number that is none":   {annotations: "terrace.dev/max-replicas: many", path: "metadata.annotations.terrace.dev/max-replicas", message: `"many"`},
		"a range that is none":    {annotations: "terrace.dev/egress: everywhere", path: "metadata.annotations.terrace.dev/egress", message: "no range"},
		"neither true nor false":  {annotations: "terrace.dev/writable-root: perhaps", path: "metadata.annotations.terrace.dev/writable-root", message: "neither"},
		"no duration for a start": {annotations: "terrace.dev/start-timeout: soon", path: "metadata.annotations.terrace.dev/start-timeout", message: "not a duration"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			annotations, image := "", "registry.example.com/a:1"
			if c.annotations != "" {
				annotations = ", annotations: {" + strings.Replace(c.annotations, ": ", ": '", 1) + "'}"
			}
			if c.image != "" {
				image = c.image
			}
			text := strings.Replace(strings.Replace(head, "%", annotations, 1), "%", image, 1) + c.rest
			w, err := workload.Parse("score.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			_, err = forCluster(t, rig, w, nil)
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid {
				t.Fatalf("error %v", err)
			}
			for _, p := range e.Problems {
				if p.Path == c.path && strings.Contains(p.Message, c.message) && strings.Contains(p.Fix, c.fix) {
					return
				}
			}
			t.Errorf("problems %v, want %q at %s", e.Problems, c.message, c.path)
		})
	}
}

// TestCorpus renders the Score files of others, where they lie beside the tree, as
// far as they have images of registries and resources of types that are shipped.
func TestCorpus(t *testing.T) {
	t.Parallel()
	corpus := filepath.Join("..", "..", "..", "..", "shared", "corpora", "score")
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus is not there")
	}
	rig, rendered, refused := clusterRig(t), 0, map[string]string{}
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), workload.APIVersion) {
			return err
		}
		w, err := workload.Parse(path, text)
		if err != nil || len(w.Sources()) > 0 {
			return nil //nolint:nilerr // refused by the specification's rules, or not complete without its other files
		}
		arguments, err := forCluster(t, rig, w, nil)
		if err != nil {
			refused[path] = err.Error()
			return nil
		}
		checkObjects(t, manifestsOf(t, w.Name, arguments))
		rendered++
		return nil
	})
	if err != nil || rendered == 0 {
		t.Errorf("%d were rendered, error %v", rendered, err)
	}
	t.Logf("%d workloads were rendered, %d were not:", rendered, len(refused))
	for path, why := range refused {
		t.Logf("%s: %s", path, why)
	}
}
