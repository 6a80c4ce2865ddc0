package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
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
