package linkerd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/linkerd"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/schema"
)

const documents = `apiVersion: mesh.terrace.dev/v1
kind: Mesh
metadata: {name: default}
spec: {mtls: strict}
---
apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: orders}
spec:
  targetRef: {kind: Service, name: orders}
  rules:
    - from: [{workload: web}, {workload: "*", stage: prod}, {spiffeId: spiffe://partner.example/legacy}]
      methods: [GET, POST]
      paths: [/orders, /orders/*, /orders/new]
    - from: [{workload: billing, project: money}]
      paths: [/orders/new]
---
apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: everywhere}
spec: {rules: [{from: [{workload: watch}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - backendRefs: [{name: orders, weight: 95}, {name: orders-next, port: 8080, weight: 5}]
      timeouts: {request: 1m30s}
      retry: {attempts: 2, codes: [503, 429]}
    - matches: [{path: {type: Exact, value: /orders/new}, method: POST, headers: [{name: X-Team, type: RegularExpression, value: "bl.*"}]}]
    - matches: [{path: {value: /orders}}]
      backendRefs: [{name: orders-next, port: 8080}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: stock}
spec:
  parentRefs: [{kind: Service, name: stock, port: 50051}]
  rules: [{matches: [{method: {service: shop.Stock}}, {method: {service: shop.Stock, method: Take}}]}]
`

func shop() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

func orders() []cluster.Workload {
	return []cluster.Workload{{Name: "orders", Ports: []cluster.Port{{Service: 80, Pod: 8080}}, Probes: []string{"/healthz"}}}
}

func render(t *testing.T, source string, given ...cluster.Workload) ([]cluster.Object, error) {
	t.Helper()
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	return linkerd.Render(shop(), cluster.DefaultTrustDomain, docs, given)
}

// TestObjectsFitLinkerd holds what is rendered against Linkerd's own definitions, and against
// what was looked at.
func TestObjectsFitLinkerd(t *testing.T) {
	t.Parallel()
	objects, err := render(t, documents, orders()...)
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile("testdata/schemas.json")
	if err != nil {
		t.Fatal(err)
	}
	set := schema.Of(written)
	var all bytes.Buffer
	for _, o := range objects {
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := utiljson.Unmarshal(raw, &value); err != nil {
			t.Fatal(err)
		}
		if problems, err := set.Check(value); err != nil || len(problems) > 0 {
			t.Errorf("%s %s: %v %v", o.Kind, o.Metadata.Name, problems, err)
		}
		text, err := yaml.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("---\n")
		all.Write(text)
	}
	const golden = "testdata/shop.golden.yaml"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, all.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, all.Bytes()) {
		t.Errorf("%s differs; UPDATE=1 writes it: %v\n%s", golden, err, cmp.Diff(string(want), all.String()))
	}
}

const (
	policy = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: orders}\nspec:\n"
	target = "  targetRef: {kind: Service, name: orders}\n"
	route  = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\nspec:\n  parentRefs: [{kind: Service, name: orders}]\n  rules:\n"
)

func TestWhatLinkerdCannotSayIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		source string
		path   string
		line   int
	}{
		"a SPIFFE ID of this platform": {
			policy + target + "  rules:\n    - from: [{spiffeId: spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/web}]\n", "spec.rules[0].from[0].spiffeId", 7,
		},
		"all below a SPIFFE ID":  {policy + target + "  rules:\n    - from: [{spiffeId: spiffe://partner.example/ns/*}]\n", "spec.rules[0].from[0].spiffeId", 7},
		"a method of its own":    {policy + target + "  rules:\n    - from: [{workload: web}]\n      methods: [GET, PURGE]\n", "spec.rules[0].methods[1]", 8},
		"a service of no port":   {policy + "  targetRef: {kind: Service, name: stock}\n  rules: []\n", "spec.targetRef", 5},
		"a path with some below": {policy + target + "  rules:\n    - from: [{workload: web}]\n      paths: [/orders/*, /orders/new]\n", "spec.rules[0].paths", 8},
		"a pause":                {route + "    - retry: {attempts: 1, backoff: 50ms}\n", "spec.rules[0].retry.backoff", 7},
		"part of a millisecond":  {route + "    - timeouts: {request: 500us}\n", "spec.rules[0].timeouts.request", 7},
		"a backend of no port":   {route + "    - backendRefs: [{name: orders}, {name: stock}]\n", "spec.rules[0].backendRefs[1]", 7},
		"two rules for one call": {
			route + "    - matches: [{path: {type: Exact, value: /a}}]\n      retry: {attempts: 1}\n    - matches: [{path: {value: /a}}]\n", "spec.rules[1]", 9,
		},
		"a method before headers": {
			route + "    - matches: [{path: {value: /a}, method: GET}]\n    - matches: [{path: {value: /a}, headers: [{name: X, value: y}]}]\n", "spec.rules[1]", 8,
		},
		"another stage": {"apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default, stage: prod}\nspec: {mtls: strict}\n", "metadata.stage", 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := render(t, c.source, orders()...)
			told, ok := errors.AsType[*kernel.Error](err)
			if !ok || told.Kind != kernel.Invalid || len(told.Problems) != 1 {
				t.Fatalf("%v", err)
			}
			if got := told.Problems[0]; got.Line != c.line || got.Path != c.path || got.Column == 0 || got.Fix == "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRulesOfOneCallShareAnObject(t *testing.T) {
	t.Parallel()
	objects, err := render(t, route+"    - matches: [{path: {type: Exact, value: /a}}]\n    - matches: [{path: {value: /a}}]\n    - matches: [{path: {type: RegularExpression, value: /a.*}}]\n")
	if err != nil || len(objects) != 1 {
		t.Fatalf("%v, %v", objects, err)
	}
	var types []string
	for _, rule := range objects[0].Spec["rules"].([]any) {
		types = append(types, rule.(map[string]any)["matches"].([]any)[0].(map[string]any)["path"].(map[string]any)["type"].(string))
	}
	if diff := cmp.Diff([]string{"Exact", "RegularExpression", "PathPrefix"}, types); diff != "" {
		t.Error(diff)
	}
}

func TestAStageThatIsNotStrictIsAsTheClusterIs(t *testing.T) {
	t.Parallel()
	objects, err := render(t, "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: \"off\"}\n", orders()...)
	if err != nil || len(objects) != 0 {
		t.Errorf("%v, %v", objects, err)
	}
}
