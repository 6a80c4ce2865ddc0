package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// edgeScore is a workload that brings its project's documents of the gateway.
const edgeScore = `apiVersion: score.dev/v1b1
metadata: {name: orders}
service:
  ports: {web: {port: 80, targetPort: 8080}}
containers:
  main: {image: "registry.example.com/orders@sha256:%s"}
resources:
  edge: {type: gateway}
`

// edgeRoute is a document whose requests may be so many in a minute.
const edgeRoute = `apiVersion: gateway.terrace.dev/v1
kind: Route
metadata: {name: shop}
spec:
  hosts: [shop.dev.shop.localhost]
  rules: [{backends: [{service: orders, protocol: %s}]}]
---
apiVersion: gateway.terrace.dev/v1
kind: RateLimitPolicy
metadata: {name: limits}
spec:
  limits: [{windows: [{limit: %d, per: 1m}]}]
`

// TestAzureGateway applies documents to a stage on a simulated Azure: what
// Azure cannot do is refused at its line, what it can arrives by a run, and what changes
// later by another.
func TestAzureGateway(t *testing.T) {
	t.Parallel()
	mirror := os.Getenv("TERRACE_AZURERM_MIRROR")
	if mirror == "" {
		t.Skip("TERRACE_AZURERM_MIRROR names no mirror with the provider azurerm; `terraced tools install azurerm` prints one")
	}
	d := harness.Start(t, "--azure-sim", "--config", "../../docs/examples/azure.yaml", "--provider-mirror", mirror, "--cluster-url", "https://terrace.example.com")
	a := azure{Person: d.Project(t.Context(), t, "shop"), t: t, folder: t.TempDir(), mirror: mirror}
	a.landingZones("dev")
	ctx, documents := t.Context(), filepath.Join(a.folder, "gateway.yaml")
	apply := func(protocol string, limit int) harness.Result {
		write(t, documents, fmt.Sprintf(edgeRoute, protocol, limit))
		return a.Terrace(ctx, "gateway", "apply", "-f", documents, "--stage", "dev")
	}
	if r := apply("grpc", 5); r.Code == 0 || !strings.Contains(r.Stderr, "gateway.yaml:6:") || !strings.Contains(r.Stderr, "API Management speaks HTTP/1.1") {
		t.Errorf("what Azure cannot do: %s", r)
	}
	if r := apply("https", 5); r.Code != 0 || !strings.Contains(r.Stdout, "nothing brings it to Azure yet") || !strings.Contains(r.Stdout, "limits[0].windows[0].limit: on Azure: API Management") {
		t.Errorf("before a workload brings them: %s", r)
	}
	run := a.carry("deploy", write(t, filepath.Join(a.folder, "score.yaml"), fmt.Sprintf(edgeScore, strings.Repeat("ab", 32))), "--stage", "dev")
	if policy := a.policy("shop-shop-dev-shop-localhost-"); !strings.Contains(policy, `calls="5"`) || !strings.Contains(policy, `backend-id="shop-orders-https-`) {
		t.Errorf("what is in Azure: %s", policy)
	}
	if r := a.Must(ctx, "run", "show", run.ID); !strings.Contains(r.Stdout, "Azure comes close to what the documents of the gateway say") {
		t.Errorf("the run does not tell what differs: %s", r)
	}
	if r := apply("https", 7); r.Code != 0 || !strings.Contains(r.Stdout, "brings it to Azure: terrace run show run_") {
		t.Errorf("a change: %s", r)
	}
	harness.Eventually(t, "the change in Azure", func() (string, bool) {
		policy := a.policy("shop-shop-dev-shop-localhost-")
		return policy, strings.Contains(policy, `calls="7"`)
	})
	harness.Eventually(t, "the run's end", func() (string, bool) {
		last := a.Runs(ctx, "orders")[0]
		return last.Status, last.ID != run.ID && last.Status == "succeeded" && last.Release == run.Release
	})
	if r := a.Must(ctx, "gateway", "explain", "https://shop.dev.shop.localhost/", "--stage", "dev"); !strings.Contains(r.Stdout, "The stage is obeyed by Azure API Management") {
		t.Errorf("explain: %s", r)
	}
	var sites struct {
		Sites map[string]struct{ Host, API string } `json:"gateway_sites"`
	}
	if err := json.Unmarshal([]byte(a.Must(ctx, "gateway", "sites", "--stage", "dev").Stdout), &sites); err != nil || len(sites.Sites) != 1 {
		t.Errorf("sites: %+v, %v", sites, err)
	}
	for _, s := range sites.Sites {
		if s.Host != "shop.dev.shop.localhost" {
			t.Errorf("sites: %+v", sites)
		}
	}
}

// policy is the policy of the API whose name begins so, as Azure has it.
func (a azure) policy(api string) string {
	a.t.Helper()
	ctx, simulation := a.t.Context(), []string{"azure-sim", "--data", a.Data}
	var all []struct{ ID string }
	if err := json.Unmarshal([]byte(a.Must(ctx, append(simulation, "list", "-o", "json")...).Stdout), &all); err != nil {
		a.t.Fatal(err)
	}
	for _, one := range all {
		if strings.Contains(one.ID, "/apis/"+api) && strings.HasSuffix(one.ID, "/policies/policy") {
			var shown struct{ Properties struct{ Value string } }
			if err := json.Unmarshal([]byte(a.Must(ctx, append(simulation, "show", one.ID, "-o", "json")...).Stdout), &shown); err != nil {
				a.t.Fatal(err)
			}
			return shown.Properties.Value
		}
	}
	return ""
}
