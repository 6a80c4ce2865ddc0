package app

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestDocumentsOfAStageOnAzure: what is in force there is given to definitions beside the
// landing zone's outputs, and the gate of a run tells what Azure cannot do.
func TestDocumentsOfAStageOnAzure(t *testing.T) {
	t.Parallel()
	a := benchApp(t, func(c *config.Config) {
		c.Stages = []stage.Stage{{Name: "cloud", Order: 1, Target: stage.TargetAzure, Runtime: stage.RuntimeKubernetes}, {Name: "here", Order: 2, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess}}
	})
	ctx := kernel.WithActor(t.Context(), kernel.System("test", a.platform.config.Tenant))
	cloud := kernel.Scope{Tenant: a.platform.config.Tenant, Project: "shop", Stage: "cloud"}
	if _, err := a.delivery.zones.Set(ctx, cloud, "cloud", map[string]landingzone.Output{"workload_dns_zone": {Value: map[string]any{"name": "example.internal"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.delivery.zones.Set(ctx, cloud, "cloud", map[string]landingzone.Output{landingzone.Documents: {Value: "x"}}); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("an output by the name of the documents: %v", err)
	}
	if landingzone.Documents != graph.ZoneDocuments {
		t.Error("the name of the documents is two names")
	}
	route := gateway.ToService("shop", "shop.cloud.shop."+a.platform.config.Zone, "/", "web", "")
	put := func() {
		t.Helper()
		if _, err := a.fabric.gateway.PutRoute(ctx, cloud, route); err != nil {
			t.Fatal(err)
		}
	}
	put()
	outputs, err := (zones{a.delivery.zones, a.delivery.planes}).Outputs(ctx, cloud)
	if err != nil {
		t.Fatal(err)
	}
	documents, _ := outputs[landingzone.Documents].(map[string]any)
	backends, _ := documents["backends"].(map[string]any)
	for name, one := range backends {
		if web, _ := one.(map[string]any); !strings.HasPrefix(name, "shop-web-https-") || web["url"] != "https://web.shop.example.internal" {
			t.Errorf("%s: %v", name, one)
		}
	}
	if len(backends) != 1 || outputs["workload_dns_zone"] == nil {
		t.Errorf("%v", outputs)
	}
	if here, err := (zones{a.delivery.zones, a.delivery.planes}).Outputs(ctx, cloud.InStage("here")); err != nil || here[landingzone.Documents] != nil {
		t.Errorf("a stage of the gateway: %v, %v", here, err)
	}
	st, err := a.delivery.stages.Get("cloud")
	if err != nil {
		t.Fatal(err)
	}
	in := run.GateInput{Run: run.Run{Scope: cloud, Operation: run.Deploy}, Stage: st, Graph: &graph.Graph{Nodes: []graph.Node{{Type: gatewayType}}}}
	judge := func(in run.GateInput) run.GateResult {
		t.Helper()
		r, err := (gatewayGate{a.delivery.planes}).Evaluate(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := judge(in); r.Outcome != run.Passed || !strings.Contains(r.Message, "as they are") {
		t.Errorf("%+v", r)
	}
	if _, err := a.fabric.gateway.PutPolicy(ctx, cloud, gateway.Policy{Name: "sizes", Kind: "ConcurrencyPolicy", Spec: []byte(`{"maxBodyBytes": 1024}`)}); err != nil {
		t.Fatal(err)
	}
	if r := judge(in); r.Outcome != run.Missed || r.Level != run.Advisory || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Path, "ConcurrencyPolicy sizes of "+cloud.String()+": maxBodyBytes") {
		t.Errorf("what only comes close: %+v", r)
	}
	source := `{"apiVersion": "gateway.terrace.dev/v1", "kind": "Product", "metadata": {"name": "calls"}, "spec": {"state": "published", "routes": ["shop"], "plans": [{"name": "basic"}]}}`
	changes, err := a.fabric.gateway.Apply(ctx, cloud.InProject("shop"), []gatewaydoc.File{{Name: "p.json", Source: source}}, gateway.ApplyOptions{})
	if err != nil || !strings.Contains(changes[0].Note, "to which people subscribe there") {
		t.Errorf("a product of all stages: %+v, %v", changes, err)
	}
	if outputs, err = (zones{a.delivery.zones, a.delivery.planes}).Outputs(ctx, cloud); err != nil {
		t.Fatal(err)
	}
	documents, _ = outputs[landingzone.Documents].(map[string]any)
	if of, _ := documents["products"].(map[string]any); len(of) != 1 {
		t.Errorf("%v", documents["products"])
	}
	if _, _, err := a.fabric.products.Subscribe(ctx, cloud, product.Wish{Product: "calls"}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "API Management") {
		t.Errorf("a key of Terrace for a stage on Azure: %v", err)
	}
	route.Rules[0].Session = &gateway.Session{CookieName: "instance"}
	put()
	if r := judge(in); r.Outcome != run.Missed || r.Level != run.HardMandatory || len(r.Problems) != 1 || r.Problems[0].Path != "Route shop of "+cloud.String()+": rules[0].session" {
		t.Errorf("what is refused: %+v", r)
	}
	in.Graph = &graph.Graph{Nodes: []graph.Node{{Type: "route"}}}
	if r := judge(in); r.Outcome != run.Passed || !strings.Contains(r.Message, "brings no documents") {
		t.Errorf("a workload that brings none: %+v", r)
	}
	said, err := a.delivery.planes.Carry(ctx, cloud)
	if err != nil || !strings.Contains(said, "nothing brings it to Azure yet") {
		t.Errorf("%s, %v", said, err)
	}
}
