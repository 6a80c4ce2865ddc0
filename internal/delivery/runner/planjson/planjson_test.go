package planjson_test

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const head = `{"format_version":"1.2","terraform_version":"1.13.0",
"planned_values":{"outputs":{"url":{"sensitive":false,"value":"https://x"}},"root_module":{"resources":[{"address":"a.b"}]}},
"prior_state":{"format_version":"1.0","values":{"outputs":{"old":{"sensitive":true,"value":"s3cret","type":"string"}},"root_module":{
"resources":[{"address":"a.b","mode":"managed","type":"a","name":"b","values":{"n":1}},{"address":"data.a.c","mode":"data","type":"a","name":"c","values":{"n":1.50}}],
"child_modules":[{"address":"module.m","resources":[{"address":"module.m.a.b","mode":"managed","type":"a","name":"b"}]},
{"address":"module.o","child_modules":[{"address":"module.o.module.i","resources":[{"address":"module.o.module.i.data.a.d","mode":"data","type":"a","name":"d","values":{}}]}]}]}}},
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
	if plan.TerraformVersion != "1.13.0" || plan.PlannedValues.Outputs["url"].Value != "https://x" || plan.OutputChanges["url"] == nil {
		t.Errorf("%+v", plan)
	}
	checkPrior(t, plan.PriorState.Values)
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

// checkPrior: of the prior state there are the outputs and the data sources.
func checkPrior(t *testing.T, prior *tfjson.StateValues) {
	t.Helper()
	if o := prior.Outputs["old"]; o == nil || !o.Sensitive || o.Value != "s3cret" {
		t.Errorf("the outputs are %v", prior.Outputs)
	}
	root := prior.RootModule
	if len(root.Resources) != 1 || root.Resources[0].Address != "data.a.c" || root.Resources[0].AttributeValues["n"] != json.Number("1.50") {
		t.Errorf("the data sources are %v", root.Resources)
	}
	if len(root.ChildModules) != 1 || root.ChildModules[0].Address != "module.o" || root.ChildModules[0].ChildModules[0].Resources[0].Address != "module.o.module.i.data.a.d" {
		t.Errorf("the modules are %v", root.ChildModules)
	}
}

// ruled is an unchanged resource with so many blocks of 1 KiB, one of which has a long text.
func ruled(blocks int) string {
	one := `{"name":"` + strings.Repeat("r", 1<<10) + `","access":"Allow"}`
	rules := `{"long":"` + strings.Repeat("x", 10<<10) + `","access":"Deny"}` + strings.Repeat(","+one, blocks)
	same := `{"rules":[` + rules + `],"texts":["a","` + strings.Repeat("x", 10<<10) + `","b"]}`
	return `{"address":"a.same","mode":"managed","type":"a","name":"same","change":{"actions":["no-op"],"before":null,"after":` + same + `}}`
}

// Rules read the blocks of what a plan does not change, however many there are.
func TestOfWhatIsUnchangedLongTextsAloneAreLeftOut(t *testing.T) {
	t.Parallel()
	plan, err := planjson.Decode(strings.NewReader(head + ruled(8) + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	after, _ := plan.ResourceChanges[0].Change.After.(map[string]any)
	rules, _ := after["rules"].([]any)
	if len(rules) != 9 {
		t.Fatalf("%d rules are left of 9", len(rules))
	}
	first, _ := rules[0].(map[string]any)
	if _, there := first["long"]; there || first["access"] != "Deny" {
		t.Errorf("the first is %v", first)
	}
	if texts, _ := after["texts"].([]any); len(texts) != 3 || texts[0] != "a" || texts[1] != nil || texts[2] != "b" {
		t.Errorf("of the texts there are %v", after["texts"])
	}
}

func TestWhatIsUnchangedIsBounded(t *testing.T) {
	t.Parallel()
	const blocks = 4 << 10 // 4 MiB
	one, parts := ruled(blocks), []io.Reader{strings.NewReader(head + ruled(1))}
	for range planjson.MaxUnchanged/(blocks<<10) + 1 {
		parts = append(parts, strings.NewReader(","+one))
	}
	plan, err := planjson.Decode(io.MultiReader(append(parts, strings.NewReader("]}"))...))
	if err != nil {
		t.Fatal(err)
	}
	all := plan.ResourceChanges
	last, _ := all[len(all)-1].Change.After.(map[string]any)
	second, _ := all[1].Change.After.(map[string]any)
	if second["rules"] == nil || last["rules"] != nil || last["texts"] == nil {
		t.Errorf("the second has rules: %t, the last: %t", second["rules"] != nil, last["rules"] != nil)
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

func TestAPlanThatIsCutAnywhere(t *testing.T) {
	t.Parallel()
	whole := head + change("a.same", "no-op", `"x\\`) + "," + change("a.new", "update", "y") + "]}"
	if _, err := planjson.Decode(strings.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	for i := range len(whole) {
		if _, err := planjson.Decode(strings.NewReader(whole[:i])); err == nil {
			t.Fatalf("the first %d bytes were taken", i)
		}
	}
}

// The faster decoder has no bound of how deep it goes.
func TestWhatIsTooDeepIsRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20)
	for name, text := range map[string]string{
		"a member": `{"format_version":"1.2","configuration":` + deep + `}`,
		"a change": `{"format_version":"1.2","resource_changes":[{"change":{"after":` + deep + `}}]}`,
	} {
		if _, err := planjson.Decode(strings.NewReader(text)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	skipped := `{"format_version":"1.2","planned_values":{"root_module":` + deep + `}}`
	if _, err := planjson.Decode(strings.NewReader(skipped)); err != nil {
		t.Errorf("what is skipped: %v", err)
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

// live is a reader that looks, when it is read, at how much the heap holds.
type live struct{ most uint64 }

func (l *live) Read([]byte) (int, error) {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	l.most = max(l.most, now.HeapAlloc)
	return 0, io.EOF
}

// TestWhatIsSkippedIsNeverInMemory reads a plan that tells 32 MB of its prior state.
//
//nolint:paralleltest // it measures the heap of the process
func TestWhatIsSkippedIsNeverInMemory(t *testing.T) {
	one, heap := `{"address":"a.b","values":{"long":"`+strings.Repeat("x", 64<<10)+`","n":[1,{"m":null}]}}`, &live{}
	_, _ = heap.Read(nil) // what it holds now
	before := heap.most
	parts := []io.Reader{strings.NewReader(`{"format_version":"1.2","prior_state":{"values":{"root_module":{"resources":[` + one)}
	for i := range 512 {
		parts = append(parts, strings.NewReader(","), strings.NewReader(one))
		if i%128 == 127 {
			parts = append(parts, heap)
		}
	}
	plan, err := planjson.Decode(io.MultiReader(append(parts, strings.NewReader(`]}}},"resource_changes":[`+change("a.new", "update", "y")+`]}`))...))
	if err != nil || len(plan.ResourceChanges) != 1 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if grown := int64(heap.most) - int64(before); grown > 8<<20 {
		t.Errorf("the heap holds %d MB more, at most 8 MB are right", grown>>20)
	}
}

func TestAPlanHasNoSensitiveVariables(t *testing.T) {
	t.Parallel()
	plan, err := planjson.Decode(strings.NewReader(head + `],"variables":{"token":{"value":"s3cret"},"size":{"value":"small"}},
"configuration":{"root_module":{"variables":{"token":{"sensitive":true},"size":{}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Variables) != 1 || plan.Variables["size"].Value != "small" {
		t.Errorf("%v", plan.Variables)
	}
}
