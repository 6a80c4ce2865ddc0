package gatewaydoc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const documents = `# the shop's entrance
apiVersion: gateway.terrace.dev/v1
kind: Route
metadata: {name: shop, project: shop, stage: dev}
spec:
  hosts: [shop.dev.shop.localhost]
  rules:
    - name: api
      matches:
        - path: {type: PathPrefix, value: /api}
          method: GET
          headers: [{name: X-Team, value: blue}]
      requestHeaders: {set: [{name: X-Entry, value: gateway}], remove: [X-Debug]}
      rewrite: {prefix: /v1}
      backends:
        - {service: api, port: web, weight: 9}
        - {service: api-next, weight: 1}
      timeouts: {request: 10s}
---
apiVersion: gateway.terrace.dev/v1
kind: RateLimitPolicy
metadata: {name: limit}
spec:
  targetRef: {route: shop}
  limits: [{requests: 10, per: 1m}]
`

func TestReadsDocuments(t *testing.T) {
	t.Parallel()
	docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "gw.yaml", Source: documents})
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	r, err := docs[0].Check()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(r)
	const want = `{"hosts":["shop.dev.shop.localhost"],"rules":[{"name":"api","matches":[{"path":{"type":"PathPrefix","value":"/api"},"method":"GET","headers":[{"name":"X-Team","value":"blue"}]}],"requestHeaders":{"set":[{"name":"X-Entry","value":"gateway"}],"remove":["X-Debug"]},"rewrite":{"prefix":"/v1"},"backends":[{"service":"api","port":"web","weight":9},{"service":"api-next","weight":1}],"timeouts":{"request":"10s"}}]}`
	if string(got) != want || r.Name != "shop" || docs[0].Project != "shop" || docs[0].Stage != "dev" {
		t.Errorf("route %s of %s/%s:\n%s\nwant\n%s", r.Name, docs[0].Project, docs[0].Stage, got, want)
	}
	if p := docs[1]; p.IsRoute() || p.Kind != "RateLimitPolicy" || p.Target != "shop" || string(p.Spec) != `{"limits":[{"per":"1m","requests":10}]}` {
		t.Errorf("policy %+v", p)
	}
}

// TestReadsTheGatewayAPI holds an HTTPRoute against the route of the same meaning.
func TestReadsTheGatewayAPI(t *testing.T) {
	t.Parallel()
	docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "r.yaml", Source: `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: terrace}]
  hostnames: [shop.dev.shop.localhost]
  rules:
    - matches:
        - path: {type: PathPrefix, value: /old}
          queryParams: [{name: v, type: RegularExpression, value: "[12]"}]
      filters:
        - type: RequestHeaderModifier
          requestHeaderModifier: {add: [{name: X-A, value: b}]}
        - type: ResponseHeaderModifier
          responseHeaderModifier: {remove: [Server]}
        - type: URLRewrite
          urlRewrite: {hostname: in.example, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}
        - type: RequestMirror
          requestMirror: {backendRef: {name: next, port: 8081}, percent: 10}
        - type: RequestMirror
          requestMirror: {backendRef: {name: last}, fraction: {numerator: 1, denominator: 4}}
      backendRefs: [{kind: Service, group: "", name: web, port: 8080, weight: 3}]
      timeouts: {request: 5s, backendRequest: 2s}
    - matches: [{path: {type: Exact, value: /home}}]
      filters:
        - type: RequestRedirect
          requestRedirect: {scheme: https, hostname: www.example, path: {type: ReplaceFullPath, replaceFullPath: /}, port: 8443, statusCode: 301}
`})
	if err != nil {
		t.Fatal(err)
	}
	r, err := docs[0].Check()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(r)
	const want = `{"hosts":["shop.dev.shop.localhost"],"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/old"},"queryParams":[{"type":"RegularExpression","name":"v","value":"[12]"}]}],"requestHeaders":{"add":[{"name":"X-A","value":"b"}]},"responseHeaders":{"remove":["Server"]},"rewrite":{"host":"in.example","prefix":"/new"},"backends":[{"service":"web","port":"8080","weight":3}],"timeouts":{"request":"5s","backend":"2s"},"mirrors":[{"service":"next","port":"8081","percent":10},{"service":"last","percent":25}]},{"matches":[{"path":{"type":"Exact","value":"/home"}}],"redirect":{"scheme":"https","host":"www.example","port":8443,"fullPath":"/","status":301}}]}`
	if string(got) != want {
		t.Errorf("route\n%s\nwant\n%s", got, want)
	}
}

func TestTellsWhatIsWrongAtItsPlace(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: r}\nspec:\n"
	const api = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n"
	for name, tt := range map[string]struct{ source, want string }{
		"an unknown field":              {head + "  hosts: [a.b]\n  rules: [{backend: [{service: x}]}]\n", `f:6:12: spec.rules[0].backend: unknown key "backend" (did you mean backends?)`},
		"a number for a text":           {head + "  hosts: [a.b]\n  rules: [{backends: [{service: x, port: 80}]}]\n", `f:6:42: spec.rules[0].backends[0].port: must be a text`},
		"a text for a number":           {head + "  hosts: [a.b]\n  rules: [{backends: [{service: x, weight: much}]}]\n", `f:6:44: spec.rules[0].backends[0].weight: must be an integer`},
		"a length of time that is none": {head + "  hosts: [a.b]\n  rules:\n    - backends: [{service: x}]\n      timeouts: {request: soon}\n", "f:8:27: spec.rules[0].timeouts.request: "},
		"a path that is none":           {head + "  hosts: [a.b]\n  rules:\n    - backends: [{service: x}]\n      matches:\n        - path:\n            value: a?b\n", "f:10:13: spec.rules[0].matches[0].path.value: path \"a?b\" is not a plain path"},
		"a host in the second document": {head + "  hosts: [a.b]\n  rules: [{backends: [{service: x}]}]\n---\n" + strings.Replace(head, "{name: r}", "{name: s}", 1) + "  hosts: [a.b, \"a b\"]\n  rules: [{backends: [{service: x}]}]\n", "f:12:16: spec.hosts[1]: "},
		"one name twice":                {head + "  hosts: [a.b]\n  rules: [{backends: [{service: x}]}]\n---\n" + head + "  hosts: [a.c]\n  rules: [{backends: [{service: x}]}]\n", "f:10:12: metadata.name: route r is here a second time (remove one; the first is f:1)"},
		"no kind":                       {"apiVersion: gateway.terrace.dev/v1\nmetadata: {name: r}\nspec: {}\n", "f:1:1: the key kind is missing"},
		"another version":               {"apiVersion: v1\nkind: Route\nmetadata: {name: r}\nspec: {}\n", `f:1:13: apiVersion: there is no version "v1"`},
		"no document":                   {"# nothing\n", "f:1:1: the file has no document"},
		"two targets":                   {"apiVersion: gateway.terrace.dev/v1\nkind: XPolicy\nmetadata: {name: r}\nspec:\n  targetRef: {route: a, kind: b}\n", `f:5:25: spec.targetRef.kind: unknown key "kind"`},
		"a kind of the Gateway API":     {strings.Replace(api, "HTTPRoute", "GRPCRoute", 1) + "  hostnames: [a.b]\n", "f:2:7: kind: documents of kind GRPCRoute are not read"},
		"an unsupported filter":         {api + "  hostnames: [a.b]\n  rules:\n    - backendRefs: [{name: x}]\n      filters:\n        - type: ExtensionRef\n", `f:9:17: spec.rules[0].filters[0].type: filters of type "ExtensionRef" are not supported`},
		"an unsupported field":          {api + "  hostnames: [a.b]\n  rules:\n    - backendRefs: [{name: x}]\n      retry: {attempts: 3}\n", `f:8:7: spec.rules[0].retry: unknown key "retry"`},
		"another gateway":               {api + "  parentRefs: [{name: prod}]\n  hostnames: [a.b]\n  rules: [{backendRefs: [{name: x}]}]\n", `f:5:23: spec.parentRefs[0].name: Terrace's gateway is called terrace, not "prod"`},
		"a backend that is no service":  {api + "  hostnames: [a.b]\n  rules: [{backendRefs: [{name: x, kind: Bucket}]}]\n", `f:6:42: spec.rules[0].backendRefs[0].kind: a backend of kind "Bucket" is not known`},
		"a weight of the Gateway API":   {api + "  hostnames: [a.b]\n  rules:\n    - backendRefs:\n        - name: x\n          weight: -1\n", "f:9:11: spec.rules[0].backendRefs[0].weight: a weight is 0 to"},
		"a status of the Gateway API":   {api + "  hostnames: [a.b]\n  rules:\n    - filters:\n        - type: RequestRedirect\n          requestRedirect:\n            statusCode: 200\n", "f:10:13: spec.rules[0].filters[0].requestRedirect.statusCode: status 200 is no redirect"},
		"a share of copies":             {api + "  hostnames: [a.b]\n  rules:\n    - backendRefs: [{name: x}]\n      filters:\n        - type: RequestMirror\n          requestMirror: {backendRef: {name: y}, fraction: {numerator: 1, denominator: 3}}\n", "f:10:60: spec.rules[0].filters[0].requestMirror.fraction: 1 of 3 is no share that can be copied"},
		"too many copies":               {api + "  hostnames: [a.b]\n  rules:\n    - backendRefs: [{name: x}]\n      filters:\n        - type: RequestMirror\n          requestMirror: {backendRef: {name: y}, percent: 101}\n", "spec.rules[0].filters[0].requestMirror.percent: 101 is not within 0 and 100"},
		"half a path":                   {api + "  hostnames: [a.b]\n  rules:\n    - backendRefs: [{name: x}]\n      filters:\n        - type: URLRewrite\n          urlRewrite: {path: {type: ReplaceFullPath}}\n", "f:10:30: spec.rules[0].filters[0].urlRewrite.path: the path of type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "f", Source: tt.source})
			for _, d := range docs {
				if err == nil {
					_, err = d.Check()
				}
			}
			if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestIsBounded refuses what would keep the server busy.
func TestIsBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range gatewaydoc.MaxDocuments + 1 {
		fmt.Fprintf(&many, "---\napiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: r%d}\nspec: {}\n", i)
	}
	for name, files := range map[string][]gatewaydoc.File{
		"documents":                   {{Name: "f", Source: many.String()}},
		"files":                       make([]gatewaydoc.File, gatewaydoc.MaxFiles+1),
		"bytes":                       {{Name: "f", Source: strings.Repeat("#\n", 600_000)}},
		"small documents in one file": {{Name: "f", Source: strings.Repeat("a\n---\n", 170_000)}},
	} {
		if _, err := gatewaydoc.Read(files...); !kernel.Is(err, kernel.TooLarge) {
			t.Errorf("too many %s: %v", name, err)
		}
	}
}

// TestTellsTheFirstProblems of documents that have thousands.
func TestTellsTheFirstProblems(t *testing.T) {
	t.Parallel()
	wrong := strings.Repeat("a: 1\nb: 2\nc: 3\n---\n", 400)
	files := make([]gatewaydoc.File, gatewaydoc.MaxFiles)
	for i := range files {
		files[i] = gatewaydoc.File{Name: fmt.Sprintf("f%d", i), Source: wrong}
	}
	_, err := gatewaydoc.Read(files...)
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || len(told.Problems) != 200 || !strings.Contains(told.Message, "first problems") {
		t.Fatalf("%v", err)
	}
	if last := told.Problems[199]; last.File != "f0" || last.Line < 100 {
		t.Errorf("the last is at %s:%d", last.File, last.Line)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(documents)
	f.Add("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {hostnames: [a], rules: [{}]}\n")
	f.Fuzz(func(t *testing.T, source string) {
		docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "f", Source: source})
		if err != nil && !kernel.Is(err, kernel.Invalid) && !kernel.Is(err, kernel.TooLarge) {
			t.Fatal(err)
		}
		for _, d := range docs {
			if _, err := d.Check(); err != nil && !kernel.Is(err, kernel.Invalid) {
				t.Fatal(err)
			}
		}
	})
}

// TestHowAServiceIsSpokenTo: what the model embeds is read as its own.
func TestHowAServiceIsSpokenTo(t *testing.T) {
	t.Parallel()
	docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "r.yaml", Source: `apiVersion: gateway.terrace.dev/v1
kind: Route
metadata: {name: r}
spec:
  hosts: [a.dev.shop.localhost]
  rules: [{backends: [{service: a, weight: 2, protocol: h2c, healthCheck: {path: /healthz, interval: 5s}}]}]
`})
	if err != nil {
		t.Fatal(err)
	}
	b := docs[0].Route.Rules[0].Backends[0]
	if b.Service != "a" || *b.Weight != 2 || b.Protocol != "h2c" || b.Health == nil || b.Health.Path != "/healthz" {
		t.Errorf("%+v", b)
	}
}
