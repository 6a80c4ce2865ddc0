package azure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// vault is what a landing zone has.
const vault = `
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}
provider "azurerm" {
  features {}
}
data "azurerm_client_config" "current" {}
resource "azurerm_resource_group" "this" {
  name     = "rg"
  location = "westeurope"
}
resource "azurerm_key_vault" "this" {
  name                       = "kv-taken-over"
  location                   = "westeurope"
  resource_group_name        = azurerm_resource_group.this.name
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}
output "id" {
  value = azurerm_key_vault.this.id
}
`

// secretRoot is a root module as Terrace renders it, with a secret whose value
// is in no state, and who reads it.
const secretRoot = `{
  "terraform": {"required_providers": {"azurerm": {"source": "hashicorp/azurerm", "version": %q}}},
  "provider": {"azurerm": {"features": {}}},
  "data": {"azurerm_client_config": {"current": {}}},
  "resource": {
    "azurerm_key_vault_secret": {"this": {
      "name": "password", "key_vault_id": %q, "value_wo": %q, "value_wo_version": 1
    }},
    "azurerm_role_assignment": {"reader": {
      "for_each": {"a \"b\" $${c}": "${data.azurerm_client_config.current.object_id}"},
      "scope": "${azurerm_key_vault_secret.this.resource_versionless_id}",
      "role_definition_name": "Key Vault Secrets User", "principal_id": "${each.value}"
    }}
  }
}`

// TestASecretWithoutAState has a secret and a role assignment in Azure that no
// state has, as after a kill before the state is stored: the apply tells, round
// by round, what is there and under what id, or that Azure is still at work, and
// imports make them whole.
func TestASecretWithoutAState(t *testing.T) {
	t.Parallel()
	s, sim := tools(t), simulate(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(vault), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, dir, sim.owner(), s.terraform, "init", "-no-color")
	s.must(t, dir, sim.owner(), s.terraform, "apply", "-auto-approve", "-no-color")
	b := newStacks(t, s, sim, strings.Trim(s.must(t, dir, sim.owner(), s.terraform, "output", "-raw", "id"), "\n"))
	const secret, reader = `azurerm_key_vault_secret.this`, `azurerm_role_assignment.reader["a \"b\" $${c}"]`

	if applied, err := b.deploy(t, "first", "before the kill"); err != nil {
		t.Fatal(applied, err)
	}
	one, err := b.deploy(t, "second", "after the kill")
	if err == nil || one.Busy || len(one.Existing) != 1 || one.Existing[0].Address != secret || !strings.Contains(one.Existing[0].ID, "/secrets/password/") {
		t.Fatalf("there: %+v, %v", one, err)
	}
	sim.busy(t, "PUT .*/secrets/password")
	if waits, err := b.deploy(t, "second", "after the kill", one.Existing...); err == nil || !waits.Busy {
		t.Fatalf("at work: %+v, %v", waits, err)
	}
	two, err := b.deploy(t, "second", "after the kill", one.Existing...)
	if err == nil || len(two.Existing) != 1 || two.Existing[0].Address != reader || !strings.Contains(two.Existing[0].ID, "/secrets/password/providers/Microsoft.Authorization/roleAssignments/") {
		t.Fatalf("there: %+v, %v", two, err)
	}
	if applied, err := b.deploy(t, "second", "after the kill", append(one.Existing, two.Existing...)...); err != nil {
		t.Fatal(applied, err)
	}
	if plan := b.plan(t, "second", "after the kill"); strings.Contains(string(plan), "kill") {
		t.Error("the plan has the value of the secret")
	}
}

// stacks are stacks of one root module: a new one is as one that lost its state.
type stacks struct {
	runner *runner.Runner
	room   *statetest.Room
	env    map[string]string
	vault  string
}

func newStacks(t *testing.T, s toolset, sim *simulator, vault string) stacks {
	t.Helper()
	room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	tool, err := runner.Find(t.Context(), runner.Options{Path: s.terraform})
	if err != nil {
		t.Fatal(err)
	}
	return stacks{
		runner: runner.New(runner.Config{Tool: tool, DataDir: t.TempDir(), Address: room.URL, Mirror: os.Getenv("TERRACE_AZURERM_MIRROR")}),
		room:   room, env: sim.server.Env(), vault: vault,
	}
}

func (b stacks) job(t *testing.T, stack, value, phase string, adopted []runner.Existing) runner.Job {
	t.Helper()
	var imports strings.Builder
	for _, a := range adopted {
		fmt.Fprintf(&imports, "import {\n  to = %s\n  id = %q\n}\n", a.Address, a.ID)
	}
	id := "acme/shop/" + stack + "/dev"
	return runner.Job{
		RunID: "run_" + stack, Stack: id, Env: b.env, Token: b.room.Token(t, "run_"+stack, id, 1, phase),
		Files: map[string][]byte{
			"main.tf.json": fmt.Appendf(nil, secretRoot, runner.AzurermVersion, b.vault, value),
			"adopted.tf":   []byte(imports.String()),
		},
	}
}

func (b stacks) plan(t *testing.T, stack, value string, adopted ...runner.Existing) []byte {
	t.Helper()
	var file []byte
	job := b.job(t, stack, value, tokens.PhasePlan, adopted)
	job.KeepPlan = func(ctx context.Context, plan runner.PlanFile) error {
		r, err := plan.Open(ctx)
		if err != nil {
			return err
		}
		file, err = io.ReadAll(r)
		return errors.Join(err, r.Close())
	}
	planned, err := b.runner.Plan(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rc := range planned.JSON.ResourceChanges {
		if rc.Change.Actions.Replace() || rc.Change.Actions.Delete() {
			t.Errorf("%s: %v", rc.Address, rc.Change.Actions)
		}
	}
	return file
}

// deploy plans and applies.
func (b stacks) deploy(t *testing.T, stack, value string, adopted ...runner.Existing) (runner.ApplyResult, error) {
	t.Helper()
	plan := b.plan(t, stack, value, adopted...)
	return b.runner.Apply(context.Background(), b.job(t, stack, value, tokens.PhaseApply, adopted), runner.PlanFile{
		Digest: kernel.DigestOf(plan), Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(plan)), nil },
	}, nil)
}

// busy has Azure refuse a request, once, because it is still at work.
func (s *simulator) busy(t *testing.T, match string) {
	t.Helper()
	var out any
	if err := s.client.Post(t.Context(), "faults", map[string]any{"match": match, "status": 409, "times": 1}, &out); err != nil {
		t.Fatal(err)
	}
}
