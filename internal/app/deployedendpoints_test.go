package app

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestPrivateEndpointsOfAzureAreExplained has a state that terraform has written with the provider
// azurerm: of one endpoint with a zone group, and of one without.
func TestPrivateEndpointsOfAzureAreExplained(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	tenant := a.platform.config.Tenant
	ctx := kernel.WithActor(t.Context(), kernel.System("test", tenant))
	network := dns.Network{Scope: kernel.Scope{Tenant: tenant, Project: "demo"}, Name: "azure-dev", Prefixes: []string{"10.20.0.0/16"}}
	if _, err := a.fabric.dns.SetNetwork(ctx, network); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile("testdata/endpoints.state.json")
	if err != nil {
		t.Fatal(err)
	}
	scope := kernel.Scope{Tenant: tenant, Project: "demo", Stage: "dev"}
	deploy := func(raw []byte) {
		t.Helper()
		_, err := a.delivery.states.Import(ctx, kernel.StackID(scope, "orders"), bytes.NewReader(raw), state.Replacing{State: true, Lineage: true}, "a test")
		if err != nil {
			t.Fatal(err)
		}
	}
	follow := func(want map[string]string) {
		t.Helper()
		if err := a.fabric.dns.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, answer := range want {
			w, err := a.fabric.dns.Why(ctx, tenant, name+".privatelink.vaultcore.azure.net", "A", "azure-dev")
			if err != nil || !strings.Contains(w.Code+" "+strings.Join(w.Answer, " "), answer) {
				t.Errorf("%s: want %s: %+v %v", name, answer, w, err)
			}
			if said := w.Steps[len(w.Steps)-1].Text; answer != "NXDOMAIN" && !strings.Contains(said, "in network azure-dev, which orders has deployed on dev") {
				t.Errorf("%s is explained as: %s", name, said)
			}
		}
	}
	deploy(written)
	follow(map[string]string{"kv-shop-zoned": "IN A 10.20.4.4", "kv-shop-bare": "IN A 10.20.4.5"})
	a.fabric.dns.Deployed = moved{a.fabric.dns.Deployed}
	follow(map[string]string{"kv-shop-zoned": "IN A 10.20.4.4"}) // nothing was applied
	end := kernel.Fact{Type: "run.failed", Scope: scope, Subject: "run-1", Data: map[string]any{"workload": "orders", "operation": run.Deploy}}
	if err := a.platform.db.InTx(ctx, func(ctx context.Context) error { return a.access.runEnds.deployed(ctx, end) }); err != nil {
		t.Fatal(err)
	}
	follow(map[string]string{"kv-shop-zoned": "NXDOMAIN", "kv-shop-bare": "IN A 10.20.4.5"})
	a.fabric.dns.Deployed = deployedEndpoints{a.delivery.states}
	deploy([]byte(`{"version": 4, "lineage": "other", "serial": 1, "resources": []}`))
	follow(map[string]string{"kv-shop-bare": "NXDOMAIN"})
}

// moved has no endpoint with a zone group any longer.
type moved struct{ dns.Deployed }

func (m moved) Endpoints(ctx context.Context, scope kernel.Scope, workload, version string) ([]dns.Found, error) {
	found, err := m.Deployed.Endpoints(ctx, scope, workload, version)
	return found[:1], err
}
