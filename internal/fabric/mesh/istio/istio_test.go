package istio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/istio"
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
    - from: [{workload: web}, {workload: "*", stage: prod}, {workload: billing, project: money}, {spiffeId: spiffe://partner.example/ns/x/sa/y}]
      methods: [GET, POST]
      paths: [/orders/*]
---
apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: nobody}
spec: {rules: []}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - backendRefs: [{name: orders, port: 8080, weight: 95}, {name: orders-next, port: 8080, weight: 5}]
      timeouts: {request: 2s}
      retry: {attempts: 2, codes: [503], backoff: 50ms}
    - matches: [{path: {type: Exact, value: /orders/new}, method: POST, headers: [{name: X-Team, type: RegularExpression, value: "bl.*"}]}]
    - matches: [{path: {value: /orders}}]
      backendRefs: [{name: orders-next}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: stock}
spec:
  parentRefs: [{kind: Service, name: stock, port: 50051}]
  rules: [{matches: [{method: {service: shop.Stock}}]}]
`

func shop() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

func render(t *testing.T, source string) ([]cluster.Object, error) {
	t.Helper()
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	return istio.Render(shop(), cluster.DefaultTrustDomain, docs)
}

// TestObjectsFitIstio holds what is rendered against Istio's own definitions, and against what
// was looked at.
func TestObjectsFitIstio(t *testing.T) {
	t.Parallel()
	objects, err := render(t, documents)
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
		t.Errorf("%s differs; UPDATE=1 writes it: %v\n%s", golden, err, all.String())
	}
}

func TestWhatIstioCannotSayIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	_, err := render(t, `apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: orders}
spec:
  rules:
    - from: [{spiffeId: spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/web}]
---
apiVersion: mesh.terrace.dev/v1
kind: Mesh
metadata: {name: default, stage: prod}
spec: {mtls: strict}
`)
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || told.Kind != kernel.Invalid || len(told.Problems) != 2 {
		t.Fatal(err)
	}
	for i, want := range []kernel.Problem{{Line: 10, Path: "metadata.stage"}, {Line: 6, Path: "spec.rules[0].from[0].spiffeId"}} {
		if got := told.Problems[i]; got.Line != want.Line || got.Path != want.Path || got.Column == 0 || got.Fix == "" {
			t.Errorf("%+v", got)
		}
	}
}

func TestAStageThatIsNotStrictHasNoMutualTLS(t *testing.T) {
	t.Parallel()
	objects, err := render(t, "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: \"off\"}\n")
	if err != nil || len(objects) != 0 {
		t.Errorf("%v, %v", objects, err)
	}
}
