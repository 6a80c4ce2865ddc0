package planjson_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const head = `{"format_version":"1.2","terraform_version":"1.13.0",
"planned_values":{"outputs":{"url":{"sensitive":false,"value":"https://x"}},"root_module":{"resources":[{"address":"a.b"}]}},
"prior_state":{"format_version":"1.0","values":{"root_module":{}}},
"output_changes":{"url":{"actions":["create"],"after":"https://x"}},"resource_changes":[`

func change(address, actions, value string) string {
	return fmt.Sprintf(`{"address":%q,"mode":"managed","type":"a","name":"b","change":{"actions":[%q],"before":{"long":%q,"tags":{"owner":"x"},"n":1.50},"after":{"long":%q,"tags":{"owner":"x"},"n":1.50}}}`, address, actions, value, value)
}

func TestWhatIsKeptOfAPlan(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10<<10)
	plan, err := planjson.Decode(strings.NewReader(head + change("a.same", "no-op", long) + "," + change("a.new", "update", long) + `],"resource_drift":[` + change("a.outside", "update", "y") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if plan.TerraformVersion != "1.13.0" || plan.PlannedValues.Outputs["url"].Value != "https://x" || plan.OutputChanges["url"] == nil || plan.PriorState != nil {
		t.Errorf("%+v", plan)
	}
	if len(plan.ResourceChanges) != 2 || len(plan.ResourceDrift) != 1 || plan.ResourceDrift[0].Address != "a.outside" {
		t.Fatalf("%d changes, %d outside", len(plan.ResourceChanges), len(plan.ResourceDrift))
	}
	values := func(rc *tfjson.ResourceChange) map[string]any { v, _ := rc.Change.After.(map[string]any); return v }
	same, updated := plan.ResourceChanges[0], plan.ResourceChanges[1]
	if values(same)["long"] != nil || values(same)["tags"] == nil || same.Change.Before != nil {
		t.Errorf("of an unchanged resource there is %v", same.Change)
	}
	if values(updated)["long"] != long || updated.Change.Before == nil || values(updated)["n"] != json.Number("1.50") {
		t.Error("a changed resource lacks something")
	}
}

func TestAPlanThatIsNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"nothing": "", "a list": "[]", "cut": head, "another version": `{"format_version":"9.0"}`} {
		if _, err := planjson.Decode(strings.NewReader(text)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestAPlanThatChangesTooMuch(t *testing.T) {
	t.Parallel()
	one := change("a.b", "update", strings.Repeat("x", 8<<20))
	parts := []io.Reader{strings.NewReader(head + one)}
	for range planjson.MaxChanges / (16 << 20) {
		parts = append(parts, strings.NewReader(","+one))
	}
	_, err := planjson.Decode(io.MultiReader(append(parts, strings.NewReader("]}"))...))
	if !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("%v, want too large", err)
	}
}
