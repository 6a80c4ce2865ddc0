package rego_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/policies"
)

// What the library does in Go is what it does in Rego: all tests of the rules pass
// with either.
func TestTheRulesPassTheirTestsWithTheLibraryInGo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs more than two thousand tests")
	}
	shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
	if err != nil {
		t.Fatal(err)
	}
	report, err := rego.Test(t.Context(), rego.TestOptions{Native: true}, policy.Folder{}, shipped)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Tests) < 2000 {
		t.Errorf("there are %d tests", len(report.Tests))
	}
	for _, r := range report.Tests {
		if r.Verdict != rego.Passed {
			t.Errorf("%s:%d: %s %s %s", r.File, r.Line, r.Name, r.Verdict, r.Message)
		}
	}
}

// every has what each function of the library says of a path of each resource.
const every = `package p
import data.terrace.lib.plan
deny contains plan.remark("x", json.marshal([r.address, path, said(r, path)])) if {
	some r in plan.resources
	some path in data.paths
}
said(r, path) := {
	"value": [v | v := plan.value(r, path, "f")], "null": [v | v := plan.value(r, path, null)],
	"certain": [v | v := plan.certain(r, path, {"f"})], "unknown": [true | plan.unknown(r, path)], "known": [true | not plan.unknown(r, path)],
	"present": [true | plan.present(r, path)], "spread": [true | plan.spread(r, path)], "blocks": [v | v := plan.blocks(r, path)],
	"former": [v | v := plan.former(r, path, 7)], "named": [v | v := plan.named(r, [path, ["a"], ["b", 0, "a"]])],
	"finding": [v | v := plan.finding(r, path, "is x")], "fact": [v | v := plan.fact(r, path, "is x")],
	"location": [v | v := plan.location(r)], "tags": [v | v := plan.tags(r)], "taggable": [true | plan.taggable(r)],
	"associated": [o.address | some a in ["a", "b", "id"]; some o in plan.associated(r, "t", a)],
	"or": [plan.or_else(null, path), plan.or_else(path, 1)],
}
`

// anything makes a value of few words, so that many are alike.
func anything(random *rand.Rand, deep int) any {
	words := []any{nil, true, false, "", "x", "t.r1", 1, []any{}, map[string]any{}}
	n := random.IntN(len(words) + 6)
	switch {
	case n < len(words) || deep == 0:
		return words[n%len(words)]
	case n%2 == 0:
		return []any{anything(random, deep-1), anything(random, deep-1)}
	default:
		o := map[string]any{}
		for _, key := range []string{"a", "b", "id", "tags", "tags_all", "location", "references"} {
			if random.IntN(3) == 0 {
				o[key] = anything(random, deep-1)
			}
		}
		return o
	}
}

// Of whatever resources, the library says the same in Go and in Rego.
func TestTheLibraryInGoSaysWhatItSaysInRego(t *testing.T) {
	t.Parallel()
	folder := policy.Folder{
		Modules: []policy.File{{Path: "p.rego", Name: "p.rego", Content: []byte(every)}},
		Data:    []policy.File{{Path: "data.json", Name: "data.json", Content: []byte(`{"paths": [[], ["a"], ["b"], ["b", 0], ["b", 0, "a"], ["a", "b"], ["tags", "a"], ["a", 1, "b"], [0], "a", "ab", 3]}`)}},
	}
	native, err := rego.Compile(t.Context(), library(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := rego.Compile(t.Context(), asItStands(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for n := range rounds(25) {
		var changes, configured []any
		for i := range 8 {
			changes = append(changes, map[string]any{
				"address": fmt.Sprintf("t.r%d", i), "type": "t", "name": fmt.Sprintf("r%d", i),
				"change": map[string]any{"actions": []any{"create"}, "after": anything(random, 4), "before": anything(random, 3), "after_unknown": anything(random, 4)},
			})
			if random.IntN(2) == 0 {
				configured = append(configured, map[string]any{"address": fmt.Sprintf("t.r%d", i), "expressions": anything(random, 4)})
			}
		}
		text, err := json.Marshal(map[string]any{"resource_changes": changes, "configuration": map[string]any{"root_module": map[string]any{"resources": configured}}})
		if err != nil {
			t.Fatal(err)
		}
		want := heldAgainst(t, plain, text)
		same(t, fmt.Sprintf("plan %d: %s", n, text), want, heldAgainst(t, native, text))
		if len(want.Results) != 8*12 || t.Failed() {
			t.Fatalf("there are %d results", len(want.Results))
		}
	}
}

// heldAgainst is what policies say of a document that no terraform writes.
func heldAgainst(t *testing.T, set *rego.Set, text []byte) policy.Report {
	t.Helper()
	var in policy.Input
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&in.Document); err != nil {
		t.Fatal(err)
	}
	report, err := set.Eval(t.Context(), in, amply(rego.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A rule that only compiles here is none.
func TestWhatIsInGoHasNoNameForRules(t *testing.T) {
	t.Parallel()
	text := "package p\nimport data.terrace.lib.plan\ndeny contains \"x\" if terrace.native.unknown(plan.existing[0], [\"a\"])\n"
	_, err := rego.Compile(t.Context(), library(t), policy.Folder{Modules: []policy.File{{Path: "p.rego", Name: "p.rego", Content: []byte(text)}}})
	if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "undefined function terrace.native.unknown") {
		t.Errorf("%v", err)
	}
}
