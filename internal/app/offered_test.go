package app

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What somebody offers is read as a run reads its plan: with its cost, and without
// what is secret in it, also in what policies say.
func TestAnOfferedPlanIsReadAsARunReadsIts(t *testing.T) {
	t.Parallel()
	o := offered{costs: newEstimates(&platform{config: config.Config{}, log: slog.New(slog.DiscardHandler)})}
	const plan = `{"format_version": "1.2", "resource_changes": [{"address": "azurerm_mssql_server.hunter22", "mode": "managed", "type": "azurerm_mssql_server", "name": "hunter22",
		"change": {"actions": ["create"], "after": {"administrator_login_password": "hunter22"}, "after_sensitive": {"administrator_login_password": true}}}]}`
	in, conceal, err := o.Read(t.Context(), "plan.json", strings.NewReader(plan), policy.Context{Stage: "prod"}, "")
	if err != nil {
		t.Fatal(err)
	}
	change := in.Document["resource_changes"].([]any)[0].(map[string]any)["change"]
	if text := fmt.Sprint(change, in.Document["planned_values"]); strings.Contains(text, "password:hunter22") || !strings.Contains(text, "(sensitive)") {
		t.Error(text)
	}
	if in.Context.Stage != "prod" || in.Context.Cost.(*cost.Estimate) == nil || in.Document["planned_values"] == nil {
		t.Errorf("%+v", in)
	}
	said := []policy.Result{{Address: "azurerm_mssql_server.hunter22", Message: "has hunter22"}, {Address: "hunter22"}}
	conceal(said)
	if said[0].Address != "azurerm_mssql_server.hunter22" || said[0].Message != "has (sensitive)" || said[1].Address != "(sensitive)" {
		t.Errorf("%+v", said)
	}
}

func TestAnOfferedStateHasNoCost(t *testing.T) {
	t.Parallel()
	const state = `{"version": 4, "resources": [{"mode": "managed", "type": "azurerm_storage_account", "name": "a", "instances": [{"attributes": {"name": "a"}}]}]}`
	in, _, err := offered{}.Read(t.Context(), "a.tfstate", strings.NewReader(state), policy.Context{}, "")
	if err != nil || in.Context.Cost != nil || in.Document["planned_values"] != nil {
		t.Errorf("%+v %v", in, err)
	}
}

func TestWhatIsNoPlanIsRefusedByItsName(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for name, text := range map[string]string{
		"empty": "", "binary": "PK\x03\x04", "another format": `{"format_version": "2.0", "resource_changes": []}`, "too deep": `{"format_version": "1.2", "resource_changes": ` + deep + "}",
		"no changes": `{"format_version": "1.2", "resource_changes": [1]}`, "without a version": `{"resource_changes": []}`,
	} {
		o := offered{costs: newEstimates(&platform{config: config.Config{}, log: slog.New(slog.DiscardHandler)})}
		if _, _, err := o.Read(t.Context(), "my.json", strings.NewReader(text), policy.Context{}, ""); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "my.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
