package graph_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const head = `apiVersion: score.dev/v1b1
metadata: {name: orders}
containers:
  main:
    image: .
    variables: {A: "VARIABLE"}
resources:
`

// score returns a workload with the variable and the resources.
func score(t testing.TB, variable, resources string) *workload.Workload {
	t.Helper()
	w, err := workload.Parse("score.yaml", []byte(strings.Replace(head, "VARIABLE", variable, 1)+resources))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// mods has a module for every reference, with these inputs and outputs.
func mods() graph.ModuleSource {
	return graph.ModuleFunc(func(ref graph.ModuleRef) (graph.ModulePin, error) {
		return graph.ModulePin{
			Source: ref.Source, Version: "1.2.3", Digest: "sha256:1",
			Inputs:  []string{"name", "project", "stage", "workload", "size", "label", "host", "peer", "list"},
			Outputs: []string{"host", "port", "fqdn", "source"},
		}, nil
	})
}

func define(t testing.TB, src string) graph.Definition {
	t.Helper()
	d, err := graph.ParseDefinition("definition.yaml", []byte("apiVersion: terrace.dev/v1\nkind: Definition\n"+src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func shipped(t testing.TB) []graph.Definition {
	t.Helper()
	return []graph.Definition{
		define(t, "metadata: {name: redis}\nspec: {type: redis, module: {source: t/redis/local}, inputs: {size: '${params.size:-3}', label: '${params.label:-}', peer: '${params.peer:-}'}}"),
		define(t, "metadata: {name: big}\nspec: {type: redis, criteria: [{class: big}], module: {source: t/redis/local}}"),
		define(t, "metadata: {name: dns}\nspec: {type: dns, module: {source: t/dns/local}, inputs: {label: '${params.label:-${context.workload}}'}}"),
		define(t, `metadata: {name: route}
spec:
  type: route
  module: {source: t/route/local, version: ~> 1.0}
  inputs:
    host: ${params.host:-${resources.dns.fqdn}}
    label: "${resource.type}/${resource.class}/${resource.name}@${context.stage}.${context.project} $${x} ${params.n:-0}"
    list: ["${params.deep.list:-}", {a: "${params.deep.map:-x}"}]
  resources:
    dns: {type: dns, params: {label: "${params.label:-web}"}}
`),
	}
}

func resolve(t testing.TB, w *workload.Workload, defs []graph.Definition) *graph.Graph {
	t.Helper()
	g, err := graph.Resolve(w, shop("dev"), defs, mods())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func uids(g *graph.Graph) (out []string) {
	for _, n := range g.Nodes {
		out = append(out, n.UID)
	}
	return out
}

func TestResolve(t *testing.T) {
	t.Parallel()
	w := score(t, "${resources.cache.host}:${resources.web.port}", `
  cache: {type: redis, id: main, params: {size: 9, peer: "x-${resources.aa.host}"}}
  again: {type: redis, id: main}
  aa: {type: redis, class: big}
  web: {type: route, params: {deep: {list: [1, two], map: {k: v}}}}
  fixed: {type: route, params: {host: example.com}}
`)
	g := resolve(t, w, shipped(t))
	if diff := cmp.Diff([]string{
		"dns.default#route.orders.web.dns", "redis.big#orders.aa", "redis.default#main", "route.default#orders.fixed", "route.default#orders.web",
	}, uids(g)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{
		"cache": "redis.default#main", "again": "redis.default#main", "aa": "redis.big#orders.aa", "web": "route.default#orders.web", "fixed": "route.default#orders.fixed",
	}, g.Names); diff != "" {
		t.Error(diff)
	}
	node := func(name string) graph.Node { n, _ := g.Node(g.Names[name]); return n }
	common := func(name string, in map[string]any) map[string]any {
		in["name"], in["project"], in["stage"], in["workload"] = name, "shop", "dev", "orders"
		return in
	}
	ref := func(uid, output string) graph.Template {
		return graph.Template{Parts: []graph.Part{{Node: uid, Output: output}}}
	}
	dns, _ := g.Node("dns.default#route.orders.web.dns")
	cases := map[string]struct{ got, want any }{
		"a number keeps its type, an empty default is left out": {node("cache").Inputs, common("main", map[string]any{
			"size": int64(9), "peer": graph.Template{Parts: []graph.Part{{Literal: "x-"}, {Node: "redis.big#orders.aa", Output: "host"}}},
		})},
		"order by dependency":    {node("cache").DependsOn, []string{"redis.big#orders.aa"}},
		"shared":                 {[]bool{node("cache").Shared, node("aa").Shared}, []bool{true, false}},
		"names and keys":         {[]string{node("cache").Name, node("aa").Name, node("cache").Key, node("aa").Key}, []string{"main", "orders-aa", "redis__main", "redis_big__orders_aa"}},
		"the module is pinned":   {node("aa").Module.Version + node("aa").Definition, "1.2.3big"},
		"a default is evaluated": {node("web").Inputs["host"], ref(dns.UID, "fqdn")},
		"texts are put together": {node("web").Inputs["label"], "route/default/orders-web@dev.shop ${x} 0"},
		"whole lists and maps":   {node("web").Inputs["list"], []any{[]any{int64(1), "two"}, map[string]any{"a": map[string]any{"k": "v"}}}},
		"a param wins":           {node("fixed").Inputs["host"], "example.com"},
		"an unused dependent":    {node("fixed").DependsOn, []string{}},
		"a used dependent":       {node("web").DependsOn, []string{dns.UID}},
		"its params":             {dns.Inputs, common("route-orders-web-dns", map[string]any{"label": "web"})},
		"why":                    {node("aa").Why.Candidates[0].Won && node("aa").Why.Definition == "big", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for range 20 {
		first, _ := json.Marshal(g)
		again, _ := json.Marshal(resolve(t, w, shipped(t)))
		if string(first) != string(again) {
			t.Fatalf("the graph is not the same every time:\n%s\n%s", first, again)
		}
	}
}

func TestDependentsCanBeSharedAndNested(t *testing.T) {
	t.Parallel()
	defs := []graph.Definition{
		define(t, "metadata: {name: aa}\nspec: {type: aa, module: {source: t/a/local}, resources: {bb: {type: bb, id: '${context.project}.zone', params: {x: '${resources.cc.host}'}}, cc: {type: cc}}}"),
		define(t, "metadata: {name: bb}\nspec: {type: bb, module: {source: t/b/local}, inputs: {label: '${params.x}'}}"),
		define(t, "metadata: {name: cc}\nspec: {type: cc, module: {source: t/c/local}, resources: {always: {type: redis}}}"),
		define(t, "metadata: {name: redis}\nspec: {type: redis, module: {source: t/redis/local}}"),
	}
	g := resolve(t, score(t, "x", "  one: {type: aa}\n"), defs)
	want := []string{
		"redis.default#cc.aa.orders.one.cc.always", "cc.default#aa.orders.one.cc", "bb.default#shop.zone", "aa.default#orders.one",
	}
	if diff := cmp.Diff(want, uids(g)); diff != "" {
		t.Error(diff)
	}
	zone, _ := g.Node("bb.default#shop.zone")
	if !zone.Shared || zone.Name != "shop-zone" {
		t.Errorf("the dependent with an id: %+v", zone)
	}
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 40) + "-resource"
	other := strings.Repeat("a", 40) + "-resources"
	g := resolve(t, score(t, "x", "  "+long+": {type: redis}\n  "+other+": {type: redis}\n"), shipped(t))
	a, b := g.Nodes[0].Name, g.Nodes[1].Name
	if len(a) > 50 || len(b) > 50 || a == b || !strings.HasPrefix(a, "orders-aaa") {
		t.Errorf("names %q and %q", a, b)
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	ring := []graph.Definition{
		define(t, "metadata: {name: aa}\nspec: {type: aa, module: {source: t/a/local}, resources: {bb: {type: bb}}}"),
		define(t, "metadata: {name: bb}\nspec: {type: bb, module: {source: t/b/local}, resources: {aa: {type: aa}}}"),
		define(t, "metadata: {name: self}\nspec: {type: self, module: {source: t/b/local}, resources: {me: {type: self, id: '${resource.id}'}}}"),
		define(t, "metadata: {name: badout}\nspec: {type: badout, module: {source: t/b/local}, inputs: {host: '${resources.rr.hots}'}, resources: {rr: {type: redis}}}"),
		define(t, "metadata: {name: badin}\nspec: {type: badin, module: {source: t/b/local}, inputs: {sise: 1}}"),
		define(t, "metadata: {name: needs}\nspec: {type: needs, module: {source: t/b/local}, inputs: {label: 'x ${params.label}'}}"),
		define(t, "metadata: {name: texts}\nspec: {type: texts, module: {source: t/b/local}, inputs: {label: 'x ${params.o}'}}"),
		define(t, "metadata: {name: badid}\nspec: {type: badid, module: {source: t/b/local}, resources: {rr: {type: redis, id: '${params.id}'}}}"),
	}
	cases := map[string]struct {
		variable, resources string
		line, column        int
		wants               []string
	}{
		"unknown type":          {"x", "  db: {type: reddis}\n", 8, 3, []string{`resources.db: no definition serves the type "reddis"`, "did you mean redis?"}},
		"unknown class":         {"x", "  db: {type: redis, class: huge}\n", 8, 3, []string{"applies to {class: huge", "redis {class: default}"}},
		"unknown output":        {"a ${resources.db.hots}", "  db: {type: redis}\n", 6, 23, []string{`containers.main.variables.A: ${resources.db.hots}: the redis "db" (module t/redis/local 1.2.3) has no output "hots"`, "did you mean host?", "fqdn, host, port, source"}},
		"in params":             {"x", "  db: {type: redis}\n  ee:\n    type: redis\n    params:\n      q: ${resources.db.nope}\n", 12, 10, []string{"resources.ee.params.q", `no output "nope"`}},
		"in a definition":       {"x", "  db: {type: badout}\n", 8, 3, []string{"the definition badout, inputs.host", `no output "hots"`, "did you mean host?"}},
		"a cycle":               {"x", "  aa: {type: redis, params: {peer: '${resources.bb.host}'}}\n  bb: {type: redis, params: {peer: '${resources.aa.host}'}}\n", 8, 3, []string{"the resources need each other: aa → bb → aa"}},
		"a long cycle":          {"x", "  aa: {type: redis, params: {peer: '${resources.bb.host}'}}\n  bb: {type: redis, params: {peer: '${resources.cc.host}'}}\n  cc: {type: redis, params: {peer: '${resources.aa.host}'}}\n", 8, 3, []string{"aa → bb → cc → aa"}},
		"itself":                {"x", "  aa: {type: redis, params: {peer: '${resources.aa.host}'}}\n", 8, 3, []string{"aa → aa"}},
		"definitions in a ring": {"x", "  one: {type: aa}\n", 8, 3, []string{"without an end: aa → bb → aa"}},
		"a shared ring":         {"x", "  one: {type: self, id: me}\n", 8, 3, []string{"one → one"}},
		"params that differ":    {"x", "  one: {type: redis, id: main, params: {size: 1}}\n  two: {type: redis, id: main, params: {size: 2}}\n", 9, 3, []string{"one and two are one shared resource, redis.default#main, but have different params"}},
		"an unknown input":      {"x", "  db: {type: badin}\n", 8, 3, []string{"the definition badin, inputs.sise", `t/b/local 1.2.3 has no input "sise"`, "did you mean size?"}},
		"a missing param":       {"x", "  db: {type: needs}\n", 8, 3, []string{`the resource has no param "label"`, "Score file"}},
		"an object in a text":   {"x", "  db: {type: texts, params: {o: {a: 1}}}\n", 8, 3, []string{"${params.o} is an object or a list"}},
		"an id from params":     {"x", "  db: {type: badid, params: {id: A_B}}\n", 8, 3, []string{`"A_B" cannot be an id`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := graph.Resolve(score(t, c.variable, c.resources), shop("dev"), slices.Concat(shipped(t), ring), mods())
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 {
				t.Fatalf("want one problem, got %v", err)
			}
			p := e.Problems[0]
			if p.File != "score.yaml" || p.Line != c.line || p.Column != c.column || p.Fix == "" {
				t.Errorf("at %s:%d:%d, want %d:%d: %v", p.File, p.Line, p.Column, c.line, c.column, p)
			}
			for _, want := range c.wants {
				if !strings.Contains(p.String(), want) {
					t.Errorf("%q is not in %q", want, p)
				}
			}
		})
	}
}

func TestAMissingRequiredInputIsNamed(t *testing.T) {
	t.Parallel()
	source := graph.ModuleFunc(func(ref graph.ModuleRef) (graph.ModulePin, error) {
		return graph.ModulePin{Source: ref.Source, Inputs: []string{"name", "size", "label", "peer", "tags"}, Required: []string{"name", "label", "tags"}}, nil
	})
	_, err := graph.Resolve(score(t, "x", "  db: {type: redis}\n"), shop("dev"), shipped(t), source)
	if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), `needs the input "label"`) {
		t.Errorf("got %v", err)
	}
}

func TestAnErrorOfTheModuleSourceIsKept(t *testing.T) {
	t.Parallel()
	source := graph.ModuleFunc(func(graph.ModuleRef) (graph.ModulePin, error) {
		return graph.ModulePin{}, kernel.Errorf(kernel.NotFound, "no such module")
	})
	if _, err := graph.Resolve(score(t, "x", "  db: {type: redis}\n"), shop("dev"), shipped(t), source); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestIdentitiesHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	defs := []graph.Definition{at("a", "a1", graph.Criterion{}, graph.Criterion{Class: "b1"}), at("b", "a1-b1"), at("c", "1a")}
	w := score(t, "x", "  x1: {type: a1}\n  x2: {type: a1, class: b1, id: orders.x1}\n  x3: {type: a1-b1, id: orders.x1}\n  x4: {type: a1, id: orders-x1}\n  x5: {type: 1a}\n")
	seen := map[string]string{}
	for _, n := range resolve(t, w, defs).Nodes {
		if other, ok := seen[n.Key]; ok {
			t.Errorf("%s and %s have the key %s", n.UID, other, n.Key)
		}
		seen[n.Key] = n.UID
		if first := n.Key[0]; first >= '0' && first <= '9' {
			t.Errorf("%s is no identifier", n.Key)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d keys", len(seen))
	}
}
