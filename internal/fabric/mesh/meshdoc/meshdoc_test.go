package meshdoc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestDocumentsAreRead(t *testing.T) {
	t.Parallel()
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: `
apiVersion: mesh.terrace.dev/v1
kind: Mesh
metadata: {name: default, project: shop, stage: dev}
spec: {mtls: strict}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - matches: [{method: {service: shop.Orders, method: Get}}, {method: {service: shop.Orders}}, {method: {method: List.All}}]
      backendRefs: [{name: orders, weight: 9}, {name: orders-next, weight: 1}]
`})
	if err != nil || len(docs) != 2 || docs[0].Stage != "dev" || docs[0].Mesh.MTLS != meshdoc.Strict {
		t.Fatalf("%+v %v", docs, err)
	}
	var paths []meshdoc.PathMatch
	for _, m := range docs[1].Calls().Rules[0].Matches {
		paths = append(paths, m.Path)
	}
	want := []meshdoc.PathMatch{
		{Type: meshdoc.Exact, Value: "/shop.Orders/Get"}, {Type: meshdoc.PathPrefix, Value: "/shop.Orders"}, {Type: meshdoc.RegularExpression, Value: `/[^/]+/List\.All`},
	}
	if d := cmp.Diff(want, paths); d != "" {
		t.Error(d)
	}
}

// TestMistakesAreToldAtTheirPlace holds each mistake against its line and column.
func TestMistakesAreToldAtTheirPlace(t *testing.T) {
	t.Parallel()
	const route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\nspec:\n  parentRefs: [{kind: Service, name: orders}]\n"
	const policy = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: orders}\nspec:\n"
	for name, c := range map[string]struct{ source, place string }{
		"a parent that is a gateway":      {strings.Replace(route, "kind: Service", "kind: Gateway", 1) + "  rules: [{}]\n", "m.yaml:5:17"},
		"no rule":                         {route, "m.yaml:4:1"},
		"a key that there is not":         {route + "  rules:\n    - timeout: 1s\n", "m.yaml:7:7"},
		"a weight below 0":                {route + "  rules:\n    - backendRefs: [{name: a, weight: -1}]\n", "m.yaml:7:31"},
		"nobody gets anything":            {route + "  rules:\n    - backendRefs: [{name: a, weight: 0}]\n", "m.yaml:7:7"},
		"a path without a slash":          {route + "  rules:\n    - matches: [{path: {value: x}}]\n", "m.yaml:7:25"},
		"an expression that is none":      {route + "  rules:\n    - matches: [{path: {type: RegularExpression, value: \"(\"}}]\n", "m.yaml:7:50"},
		"a status that is no failure":     {route + "  rules:\n    - retry: {attempts: 1, codes: [200]}\n", "m.yaml:7:36"},
		"too many attempts":               {route + "  rules:\n    - retry: {attempts: 99}\n", "m.yaml:7:15"},
		"a length of time that is none":   {route + "  rules:\n    - timeouts: {request: soon}\n", "m.yaml:7:27"},
		"a second document of one name":   {policy + "  rules: []\n---\n" + policy + "  rules: []\n", "m.yaml:9:12"},
		"a rule for nobody":               {policy + "  rules:\n    - methods: [GET]\n", "m.yaml:6:7"},
		"a caller that is two":            {policy + "  rules:\n    - from: [{workload: a, spiffeId: spiffe://x/y}]\n", "m.yaml:6:14"},
		"a pattern in the middle":         {policy + "  rules:\n    - from: [{spiffeId: spiffe://x/*/y}]\n", "m.yaml:6:15"},
		"a path with a star in it":        {policy + "  rules:\n    - from: [{workload: a}]\n      paths: [/a*]\n", "m.yaml:7:15"},
		"a method in small letters":       {policy + "  rules:\n    - from: [{workload: a}]\n      methods: [get]\n", "m.yaml:7:17"},
		"a mesh of another name":          {"apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: x}\nspec: {mtls: strict}\n", "m.yaml:3:12"},
		"a way to prove that there isn't": {"apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: maybe}\n", "m.yaml:4:8"},
		"a kind of another version":       {"apiVersion: mesh.terrace.dev/v1\nkind: HTTPRoute\nmetadata: {name: x}\nspec: {}\n", "m.yaml:2:7"},
		"no document":                     {"# nothing\n", "m.yaml:1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := meshdoc.Read(meshdoc.File{Name: "m.yaml", Source: c.source})
			told, ok := errors.AsType[*kernel.Error](err)
			if !ok || told.Kind != kernel.Invalid || len(told.Problems) == 0 {
				t.Fatalf("%v", err)
			}
			if p := told.Problems[0]; !strings.HasPrefix(p.String(), c.place+":") || p.Fix == "" {
				t.Errorf("%s, want %s", p, c.place)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add("apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n")
	f.Add("apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{matches: [{method: {type: RegularExpression, service: '('}}]}]}\n")
	f.Fuzz(func(t *testing.T, source string) {
		docs, err := meshdoc.Read(meshdoc.File{Name: "f", Source: source})
		if err != nil && kernel.KindOf(err) != kernel.Invalid && kernel.KindOf(err) != kernel.TooLarge {
			t.Errorf("%v", err)
		}
		if err == nil && len(docs) == 0 {
			t.Error("neither documents nor an error")
		}
	})
}
