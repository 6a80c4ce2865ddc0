package render_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func part(from graph.Origin, output string, keys ...string) graph.Part {
	p := graph.Part{From: from, Output: output, Keys: keys}
	if from == graph.FromModule {
		p.Node = "redis.default#orders.cache"
	}
	return p
}

func template(parts ...graph.Part) graph.Template { return graph.Template{Parts: parts} }

// azure is a workload with a cache whose outputs its definition maps.
func azure() render.Input {
	in := small()
	in.Context.Target, in.AzurermVersion = "azure", "5.2.0"
	in.LandingZone = map[string]any{
		"name_prefix": "acme-${dev}", "location": "westeurope", "redis": map[string]any{"id": "/subscriptions/0", "zones": []any{"1", "2"}},
	}
	in.Graph.Nodes[0].Definition = "azure-redis"
	in.Graph.Nodes[0].Inputs = map[string]any{
		"label": template(part(graph.FromLandingZone, "name_prefix"), graph.Part{Literal: "-cache"}),
		"zones": template(part(graph.FromLandingZone, "redis", "zones")),
	}
	in.Graph.Nodes[0].Outputs = map[string]any{
		"host": template(part(graph.FromModule, "host")), "port": int64(6380),
		"url": template(graph.Part{Literal: "rediss://"}, part(graph.FromModule, "hosts", "a b")),
	}
	in.Workload.Containers["main"] = workload.Container{Name: "main", Image: ".", Variables: map[string]workload.Template{
		"URL": {Parts: []workload.Part{{Ref: &workload.Ref{Resource: "cache", Output: "url"}}}},
	}}
	return in
}

func TestAzureRootModule(t *testing.T) {
	t.Parallel()
	root := mustRender(t, azure())
	var got struct {
		Terraform, Provider, Locals map[string]any
		Module                      map[string]map[string]any
	}
	if err := json.Unmarshal(root.Files[render.MainFile], &got); err != nil {
		t.Fatal(err)
	}
	cache := got.Module["redis__orders_cache"]
	containers := got.Module["workload"]["containers"].(map[string]any)["main"].(map[string]any)
	for what, c := range map[string]struct{ got, want any }{
		"version":   {got.Terraform["required_version"], ">= 1.11.0"},
		"providers": {got.Provider, map[string]any{"terrace": map[string]any{}, "azurerm": map[string]any{"features": map[string]any{}}}},
		"azurerm":   {got.Terraform["required_providers"].(map[string]any)["azurerm"], map[string]any{"source": "hashicorp/azurerm", "version": "5.2.0"}},
		"label":     {cache["label"], "acme-$${dev}-cache"},
		"zones":     {cache["zones"], []any{"1", "2"}},
		"tags": {cache["tags"], map[string]any{
			"costcenter": "4711", "env": "dev", "owner": "team-orders", "project": "shop", "workload": "orders",
		}},
		"locals": {got.Locals, map[string]any{"redis__orders_cache": map[string]any{
			"host": "${module.redis__orders_cache.host}", "port": 6380.0, "url": `rediss://${module.redis__orders_cache.hosts["a b"]}`,
		}}},
		"variable": {containers["variables"], map[string]any{"URL": "${local.redis__orders_cache.url}"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestLandingZoneCountsInTheDigests(t *testing.T) {
	t.Parallel()
	first := mustRender(t, azure())
	other := azure()
	other.LandingZone["location"] = "northeurope" // which nothing uses
	if got := mustRender(t, other); got.LandingZone != first.LandingZone || got.Digest != first.Digest {
		t.Error("an output that nothing uses changes the digests")
	}
	other.LandingZone["name_prefix"] = "other"
	if got := mustRender(t, other); got.LandingZone == first.LandingZone || got.Digest == first.Digest {
		t.Error("an output that is used does not change the digests")
	}
	if local := mustRender(t, small()); local.LandingZone != "" {
		t.Error("a root module without a landing zone has a digest of one")
	}
}

func TestMissingOutputsOfTheLandingZone(t *testing.T) {
	t.Parallel()
	in := azure()
	in.LandingZone = map[string]any{"name_prefix": nil}
	_, err := render.Render(in)
	for _, want := range []string{
		"${landing_zone.name_prefix}", "${landing_zone.redis.zones}", "the definition azure-redis of redis.default#orders.cache needs",
		"terrace landing-zone set --stage dev --file outputs.json",
	} {
		if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
	in.LandingZone = nil
	if _, err := render.Render(in); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "no outputs are known") || strings.Contains(err.Error(), "name_prefix") {
		t.Errorf("no landing zone: %v", err)
	}
	in = azure()
	in.Graph.Nodes[0].Inputs["label"] = template(part(graph.FromLandingZone, "redis"), graph.Part{Literal: "x"})
	if _, err := render.Render(in); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "cannot be put into a text") {
		t.Errorf("an object in a text: %v", err)
	}
}
