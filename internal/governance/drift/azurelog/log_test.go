package azurelog_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/drift/azurelog"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimtest"
)

// put makes a resource as Terraform does, with the credentials of runs.
func put(t *testing.T, sim *azuresimtest.Sim, path, body string) {
	t.Helper()
	env := sim.Env()
	res, err := sim.HTTP(t).PostForm(sim.Endpoint()+"/"+env["ARM_TENANT_ID"]+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {env["ARM_CLIENT_SECRET"]}, "scope": {sim.Endpoint() + "/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var token struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, sim.Endpoint()+path+"?api-version=2024-03-01", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	req.Header.Set("Content-Type", "application/json")
	made, err := sim.HTTP(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = made.Body.Close()
	if made.StatusCode >= http.StatusBadRequest {
		t.Fatalf("PUT %s answers %d", path, made.StatusCode)
	}
}

func TestTheSimulatorsLogTellsWhoChangedAGroup(t *testing.T) {
	t.Parallel()
	sim := azuresimtest.Start(t)
	group := "/subscriptions/" + sim.Env()["ARM_SUBSCRIPTION_ID"] + "/resourceGroups/g1"
	put(t, sim, group, `{"location": "westeurope", "tags": {"env": "dev"}}`)
	applied := time.Now()
	var out map[string]any
	edit := map[string]any{"id": group, "as": "mallory", "set": map[string]any{"tags.env": "prod"}}
	if err := sim.Client.Post(t.Context(), "edit", edit, &out); err != nil {
		t.Fatal(err)
	}
	log := &azurelog.Log{Environment: func(context.Context, drift.ActivityQuery) (map[string]string, error) { return sim.Env(), nil }}
	query := drift.ActivityQuery{Address: "azurerm_resource_group.this", Action: stage.DriftChanged, ResourceID: group, Since: applied, Until: time.Now()}
	all, err := log.Who(t.Context(), query)
	if err != nil || len(all) != 1 || all[0].Who != "mallory" || !strings.HasSuffix(all[0].Operation, "/write") || all[0].At.Before(applied.Add(-time.Second)) {
		t.Errorf("%+v, %v; want mallory alone, and not who made it", all, err)
	}
	query.Since = time.Time{}
	if all, err := log.Who(t.Context(), query); err != nil || len(all) != 2 {
		t.Errorf("from its beginning: %+v, %v", all, err)
	}
	query.ResourceID += "/providers/Microsoft.Storage/storageAccounts/gone"
	if all, err := log.Who(t.Context(), query); err != nil || len(all) != 2 {
		t.Errorf("what has no changes of its own: %+v, %v, want those of its group", all, err)
	}
	query.Action = stage.DriftDeleted
	if all, err := log.Who(t.Context(), query); err != nil || len(all) != 0 {
		t.Errorf("nobody deleted its group: %+v, %v", all, err)
	}
	query.ResourceID = "https://vault.example/secrets/x"
	if _, err := log.Who(t.Context(), query); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("no resource of Resource Manager: %v", err)
	}
}

func TestAnIdentityThatMayNotIsTold(t *testing.T) {
	t.Parallel()
	sim := azuresimtest.Start(t)
	env := sim.Env()
	env["ARM_CLIENT_SECRET"] = "wrong"
	log := &azurelog.Log{Environment: func(context.Context, drift.ActivityQuery) (map[string]string, error) { return env, nil }}
	_, err := log.Who(t.Context(), drift.ActivityQuery{ResourceID: "/subscriptions/x/resourceGroups/g1", Until: time.Now()})
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "ARM_*") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}
