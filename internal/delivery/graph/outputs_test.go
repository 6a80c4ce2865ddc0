package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// mapped are definitions whose modules have other outputs than their types.
func mapped(t *testing.T) []graph.Definition {
	t.Helper()
	return []graph.Definition{
		define(t, `metadata: {name: azure-redis}
spec:
  type: redis
  module: {source: t/redis/azurerm}
  inputs:
    label: ${landing_zone.name_prefix}-${resource.hash}
    peer: ${landing_zone.subnet_ids.private_endpoints}
  outputs:
    host: ${module.host}
    port: 6380
    url: rediss://${module.host}:${module.port}/${params.db:-0}
    password: ${resources.password.value}
    zone: ${landing_zone.redis.id}
  resources:
    password: {type: secret}
`),
		define(t, "metadata: {name: secret}\nspec: {type: secret, module: {source: t/secret/azurerm}, outputs: {value: '${module.source}'}}"),
	}
}

func TestOutputsAreThoseOfTheDefinition(t *testing.T) {
	t.Parallel()
	g := resolve(t, score(t, "${resources.cache.url}", "  cache: {type: redis}\n"), mapped(t))
	node, ok := g.Node("redis.default#orders.cache")
	if !ok || !node.Has("url") || node.Has("fqdn") {
		t.Fatalf("%+v", node)
	}
	shown := map[string]string{}
	for name, v := range node.Outputs {
		raw, _ := json.Marshal(v)
		shown[name] = string(raw)
	}
	want := map[string]string{
		"host": `"${module.host}"`, "port": "6380", "url": `"rediss://${module.host}:${module.port}/0"`,
		"password": `"${secret.default#redis.orders.cache.password:value}"`, "zone": `"${landing_zone.redis.id}"`,
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"secret.default#redis.orders.cache.password"}, node.DependsOn); diff != "" {
		t.Error(diff)
	}
	label, _ := json.Marshal(node.Inputs["label"])
	if !strings.HasPrefix(string(label), `"${landing_zone.name_prefix}-`) || len(label) != len(`"${landing_zone.name_prefix}-01234567"`) {
		t.Errorf("label %s", label)
	}
}

func TestOutputsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		variable string
		defs     func(*testing.T) []graph.Definition
		want     []string
	}{
		"the module's, where the definition maps others": {"${resources.cache.fqdn}", mapped, []string{
			`has no output "fqdn"`, "its outputs are host, password, port, url, zone", "score.yaml:6",
		}},
		"one that the module does not have": {"x", func(t *testing.T) []graph.Definition {
			return []graph.Definition{define(t, "metadata: {name: azure-redis}\nspec: {type: redis, module: {source: t/redis/azurerm}, outputs: {host: '${module.hots}'}}")}
		}, []string{`azure-redis, outputs.host: t/redis/azurerm 1.2.3 has no output "hots"`, "did you mean host?", "score.yaml:8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := graph.Resolve(score(t, c.variable, "  cache: {type: redis}\n"), shop("dev"), c.defs(t), mods())
			for _, want := range c.want {
				if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks %q", err, want)
				}
			}
		})
	}
}

func TestPlaceholdersHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ spec, want string }{
		"module in an input":          {"inputs: {a: '${module.host}'}", "spec.outputs only"},
		"landing zone in an id":       {"resources: {dns: {type: dns, id: '${landing_zone.x}'}}", "an id is made of params, context and resource"},
		"a default of a landing zone": {"inputs: {a: '${landing_zone.x:-y}'}", "only ${params.…} can have a default"},
		"an unknown root":             {"outputs: {a: '${modul.host}'}", `nothing is known as "modul"; use context, landing_zone, module, params, resource, resources`},
		"a name that is none":         {"outputs: {'a b': x}", `"a b" cannot be the name of an output`},
		"outputs that are no object":  {"outputs: [x]", "outputs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := graph.ParseDefinition("definition.yaml", []byte("apiVersion: terrace.dev/v1\nkind: Definition\nmetadata: {name: redis}\n"+
				"spec: {type: redis, module: {source: t/redis/azurerm}, "+c.spec+"}\n"))
			if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "definition.yaml:4:") {
				t.Errorf("%v\nlacks %q", err, c.want)
			}
		})
	}
}

func TestADefinitionWithoutOutputsIsAsBefore(t *testing.T) {
	t.Parallel()
	d := define(t, "metadata: {name: redis}\nspec: {type: redis, module: {source: t/redis/local}}")
	raw, err := json.Marshal(d)
	if err != nil || strings.Contains(string(raw), "outputs") {
		t.Errorf("%s, %v: the digests of releases would change", raw, err)
	}
	var again graph.Definition
	mapped := mapped(t)[0]
	raw, _ = json.Marshal(mapped)
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mapped, again); diff != "" {
		t.Error(diff)
	}
}
