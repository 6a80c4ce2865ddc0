package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/policies"
)

// tellingAll is a plan whose one change has what is given after it.
func tellingAll(after string) string {
	return `{"format_version":"1.2","terraform_version":"1.11.4","complete":false,
"planned_values":{"outputs":{"o":{"sensitive":true,"value":"s3cret","type":["list","string"]}}},
"prior_state":{"format_version":"1.0","values":{"outputs":{"p":{"sensitive":true,"value":"old"}},"root_module":{"resources":[{"address":"data.a.d","mode":"data","type":"a","name":"d","values":{"n":1.50},"sensitive_values":{"n":true}}]}}},
"variables":{"v":{"value":"hidden"}},
"configuration":{"root_module":{"variables":{"v":{"sensitive":true,"default":1.0}},"module_calls":{"m":{"source":"x","expressions":{"a":{"references":["var.v"]},"b":{"constant_value":[1,{"c":null}]},"c":[{"d":{"constant_value":true}}]},"module":{}}}}},
"relevant_attributes":[{"resource":"a.b","attribute":["x",0]}],
"output_changes":{"o":{"actions":["create"],"before":null,"after":"s3cret","after_sensitive":true}},
"resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","index":0,"change":{"actions":["create"],"before":null,"after":` + after + `,"after_sensitive":{"s":true}}},
{"address":"a.c","mode":"managed","type":"a","name":"c","change":{"actions":["no-op"],"before":{"x":1},"after":{"x":1}}}]}`
}

// Gates see of a run's plan what `policy eval` sees of its text, and what that refuses
// is refused.
func TestGatesSeeWhatTheTextOfAPlanHas(t *testing.T) {
	t.Parallel()
	small, err := os.ReadFile(filepath.FromSlash("../governance/policy/rego/testdata/small.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text    string
		refused string
	}{
		"terraform's":     {text: string(small)},
		"marked":          {text: tellingAll(`{"s":"s3cret","n":[1,2.50,-3e7],"u":"<é>"}`)},
		"a huge number":   {tellingAll(`{"n":1e999}`), "the number is larger"},
		"a tiny number":   {tellingAll(`{"n":[1e-99999]}`), "nearer to zero"},
		"deep":            {tellingAll(`{"n":` + strings.Repeat("[", 1_001) + strings.Repeat("]", 1_001) + `}`), "nested deeper"},
		"an unknown verb": {strings.Replace(tellingAll(`{}`), `"no-op"`, `"nuke"`, 1), "is not known"},
		"no object":       {tellingAll(`"x"`), "an object or null is expected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, err := planjson.Decode(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(kept)
			if err != nil {
				t.Fatal(err)
			}
			want, err := plan.Read("the plan of run_1", text)
			got, secret, refused := documentOf(run.GateInput{Run: run.Run{ID: "run_1"}, Plan: kept})
			if fmt.Sprint(refused == nil) != fmt.Sprint(err == nil) || c.refused != "" && (!kernel.Is(refused, kernel.Invalid) || !strings.Contains(refused.Error(), c.refused)) {
				t.Fatalf("its values: %v, its text: %v", refused, err)
			}
			if c.refused != "" {
				return
			}
			hidden := plan.Redact(want)
			plan.Complete(want)
			if diff := cmp.Diff(want.Document, got.Document); diff != "" || !cmp.Equal(want.Notices, got.Notices) || hidden.Empty() != secret.Empty() {
				t.Errorf("-text +values:\n%s%v, %v", diff, want.Notices, got.Notices)
			}
		})
	}
}

// everyType is a plan that has of each type that shipped policies look at something
// made, something changed, something left and something destroyed, with configurations
// that refer to each other.
func everyType(t *testing.T) []byte {
	t.Helper()
	index, err := policy.ReadIndex(policies.Index)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	for _, p := range index {
		for _, name := range p.Resources {
			types[strings.ReplaceAll(name, "*", "terraform_data")] = true
		}
	}
	values := func(i int) map[string]any {
		return map[string]any{
			"name": fmt.Sprint("n", i), "location": "westeurope", "enabled": i%2 == 0, "public_network_access_enabled": i%3 == 0, "retention_days": 1.50, "count": 1e3,
			"min_tls_version": "TLS1_0", "sku_name": "Basic", "sku": "Basic", "tags": nil, "identity": []any{}, "secret": "<hidden&>",
			"network_rules": []any{map[string]any{"default_action": "Allow", "bypass": []any{"None"}}}, "ip_rules": []any{"0.0.0.0/0"},
		}
	}
	var changes, configured []any
	for i, kind := range slices.Sorted(maps.Keys(types)) {
		for name, c := range map[string]map[string]any{
			"made":    {"actions": []string{"create"}, "before": nil, "after": values(i), "after_unknown": map[string]any{"id": true}, "after_sensitive": map[string]any{"secret": true}},
			"changed": {"actions": []string{"delete", "create"}, "before": values(i + 1), "after": values(i), "replace_paths": []any{[]any{"network_rules", 0}}},
			"left":    {"actions": []string{"no-op"}, "before": values(i), "after": values(i)},
			"gone":    {"actions": []string{"delete"}, "before": values(i), "after": nil},
		} {
			changes = append(changes, map[string]any{
				"address": "module.m[0]." + kind + "." + name, "module_address": "module.m[0]", "mode": "managed", "type": kind, "name": name,
				"provider_name": "registry.terraform.io/hashicorp/azurerm", "change": c,
			})
			configured = append(configured, map[string]any{
				"address": kind + "." + name, "mode": "managed", "type": kind, "name": name, "provider_config_key": "azurerm", "schema_version": 0,
				"expressions": map[string]any{
					"name": map[string]any{"constant_value": "n"}, "tags": map[string]any{},
					"private_service_connection": []any{map[string]any{"private_connection_resource_id": map[string]any{"references": []string{"azurerm_storage_account.made.id", "azurerm_storage_account.made"}}}},
				},
			})
		}
	}
	text, err := json.Marshal(map[string]any{
		"format_version": "1.2", "terraform_version": "1.11.4", "complete": true, "resource_changes": changes,
		"configuration": map[string]any{
			"provider_config": map[string]any{"azurerm": map[string]any{"name": "azurerm", "full_name": "registry.terraform.io/hashicorp/azurerm"}},
			"root_module": map[string]any{"module_calls": map[string]any{"m": map[string]any{
				"source": "./m", "count_expression": map[string]any{"constant_value": 1}, "module": map[string]any{"resources": configured},
			}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What is shipped finds in a run what it finds in the file of its plan, word for word.
func TestGatesFindWhatIsFoundInTheFileOfAPlan(t *testing.T) {
	t.Parallel()
	text := everyType(t)
	inFile, err := plan.Read("the plan of run_1", slices.Clone(text))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := planjson.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	in := run.GateInput{Run: run.Run{ID: "run_1", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}}, Plan: kept}
	inRun, _, err := documentOf(in)
	if err != nil {
		t.Fatal(err)
	}
	inFile.Context = inRun.Context
	g := gate(t, config.Config{ShippedPolicies: true})
	evaluated := func(of policy.Input) policy.Report {
		report, err := g.policies.Evaluate(t.Context(), policy.Question{Input: of, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	ofFile, ofRun := evaluated(inFile), evaluated(inRun)
	if diff := cmp.Diff(ofFile.Results, ofRun.Results); diff != "" || !slices.Equal(ofFile.Evaluated, ofRun.Evaluated) {
		t.Errorf("-file +run:\n%s", diff)
	}
	if n := ofFile.Count(policy.Violated); n < 500 || ofFile.Count(policy.Errored) > 0 {
		t.Errorf("%d are violated, %d could not be evaluated, of %d policies", n, ofFile.Count(policy.Errored), len(ofFile.Evaluated))
	}
}
