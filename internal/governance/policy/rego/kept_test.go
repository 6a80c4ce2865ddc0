package rego_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/policies"
)

// asItStands is a library that says the same as the one that is shipped, and that
// nobody here knows by heart: all of it is evaluated.
func asItStands(t *testing.T) policy.Folder {
	t.Helper()
	lib := library(t)
	for i, f := range lib.Modules {
		lib.Modules[i].Content = append(f.Content[:len(f.Content):len(f.Content)], "\n# as it stands\n"...)
	}
	return lib
}

func judged(t *testing.T, set *rego.Set, text []byte, o rego.Options) policy.Report {
	t.Helper()
	in, err := plan.Read("plan.json", text)
	if err != nil {
		t.Fatal(err)
	}
	report, err := set.Eval(t.Context(), in, amply(o))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func same(t *testing.T, what string, want, have policy.Report) {
	t.Helper()
	if diff := cmp.Diff(want, have, cmpopts.IgnoreFields(policy.Report{}, "Took", "Notices"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +have):\n%s", what, diff)
	}
}

// rounds is how often something at random is tried: less where tests are to be short.
func rounds(n int) int {
	if testing.Short() {
		return n / 3
	}
	return n
}

// stack is a plan whose resources change at random from one to the next.
type stack struct {
	random  *rand.Rand
	changes []map[string]any
	next    int
}

func (s *stack) pick(of ...any) any { return of[s.random.IntN(len(of))] }

func (s *stack) step() []byte {
	for range 1 + s.random.IntN(3) {
		n := len(s.changes)
		switch i := s.random.IntN(10); {
		case n == 0 || i < 4:
			s.changes = append(s.changes, s.resource())
		case i < 5:
			s.changes = append(s.changes[:n-1:n-1], s.changes[n:]...)
		default:
			s.changes[s.random.IntN(n)] = s.resource()
		}
	}
	var configured []any
	for i, c := range s.changes {
		if s.random.IntN(3) > 0 {
			to := s.changes[s.random.IntN(i+1)]["address"]
			configured = append(configured, map[string]any{"address": fmt.Sprint(c["address"]), "expressions": map[string]any{
				"private_service_connection": []any{map[string]any{"private_connection_resource_id": map[string]any{"references": []any{fmt.Sprint(to, ".id"), to}}}},
				"scope":                      map[string]any{"references": []any{fmt.Sprint(to, ".id"), to}},
			}})
		}
	}
	text, _ := json.Marshal(map[string]any{
		"format_version": "1.2", "resource_changes": s.changes, "errored": s.random.IntN(5) == 0,
		"configuration": map[string]any{"root_module": map[string]any{"resources": configured}},
	})
	return text
}

func (s *stack) resource() map[string]any {
	s.next++
	kind := fmt.Sprint(s.pick("azurerm_storage_account", "azurerm_private_endpoint", "azurerm_management_lock", "azurerm_resource_group", "aws_db_instance", "azurerm_kubernetes_cluster"))
	after := map[string]any{
		"id": s.pick(nil, "/a", "/b"), "location": s.pick("westeurope", "West Europe", nil), "tags": s.pick(nil, map[string]any{}, map[string]any{"env": "dev", "owner": "a", "costcenter": "1"}),
		"https_traffic_only_enabled": s.pick(true, false, nil), "min_tls_version": s.pick("TLS1_0", "TLS1_2", nil), "publicly_accessible": s.pick(true, false),
		"network_rules": s.pick(nil, []any{}, []any{map[string]any{"default_action": "Deny", "bypass": []any{}}}), "zones": s.pick(nil, []any{"1"}, []any{"1", "2"}),
	}
	unknown := map[string]any{}
	for key := range after {
		if s.random.IntN(8) == 0 {
			delete(after, key)
			unknown[key] = true
		}
	}
	change := map[string]any{"actions": s.pick([]any{"create"}, []any{"no-op"}, []any{"delete", "create"}, []any{"delete"}), "after": after, "after_unknown": unknown, "before": s.pick(nil, after)}
	name := fmt.Sprintf("r%d", s.next)
	if s.random.IntN(6) == 0 && s.next > 1 {
		name = fmt.Sprintf("r%d", s.random.IntN(s.next)) // perhaps another one's, as of what was deposed
	}
	return map[string]any{"address": kind + "." + name, "mode": "managed", "type": kind, "name": name, "change": change}
}

// What a set says of a plan is what one says that never saw another, whose library
// is Rego alone.
func TestWhatIsKeptOfResourcesIsWhatTheyAre(t *testing.T) {
	t.Parallel()
	shipped := policy.Folder{Modules: concerning(t, "azurerm_storage_account", "azurerm_kubernetes_cluster", "aws_db_instance", "azurerm_resource_group")}
	set, err := rego.Compile(t.Context(), library(t), shipped)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := rego.Compile(t.Context(), asItStands(t), shipped)
	if err != nil {
		t.Fatal(err)
	}
	opa := ownOPA(t, slices.Concat(library(t).Modules, shipped.Modules), set.Policies())
	s := stack{random: rand.New(rand.NewPCG(1, 2))}
	results := 0
	plans := rounds(30)
	for n := range plans {
		text := s.step()
		have := judged(t, set, text, rego.Options{})
		same(t, fmt.Sprintf("plan %d", n), judged(t, plain, text, rego.Options{}), have)
		if diff := cmp.Diff(opa.says(t, documentOf(t, text), have), told(have)); diff != "" {
			t.Errorf("plan %d (-opa +have):\n%s", n, diff)
		}
		same(t, fmt.Sprintf("plan %d again", n), have, judged(t, set, text, rego.Options{}))
		results += len(have.Results)
	}
	if results < 15*plans {
		t.Errorf("there are %d results", results)
	}
}

func documentOf(t *testing.T, text []byte) map[string]any {
	t.Helper()
	in, err := plan.Read("plan.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return in.Document
}

// concerning are the shipped rules that look at the types.
func concerning(t testing.TB, types ...string) []policy.File {
	t.Helper()
	shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
	if err != nil {
		t.Fatal(err)
	}
	index, err := policy.ReadIndex(policies.Index)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, name := range types {
		wanted[name] = true
	}
	return shipped.Only(index.Files(func(p policy.Policy) bool { return p.Concerns(wanted) })).Modules
}

// Rules that look at more than one resource are asked whenever any of it changes.
func TestRulesThatLookAtMoreThanOneResource(t *testing.T) {
	t.Parallel()
	const head = "package p\nimport data.terrace.lib.plan\n"
	for name, rule := range map[string]string{
		"counts":        `deny contains plan.finding(r, [], "x") if { some r in plan.existing; count(plan.existing) > 1 }`,
		"by a function": "deny contains plan.finding(r, [], \"x\") if { some r in plan.planned(\"t\"); crowded }\ncrowded if count(plan.planned(\"t\")) > 1",
		"by its place":  `deny contains plan.finding(r, [i], "x") if { some i, r in plan.planned("t"); i > 0 }`,
		"by the input":  `deny contains plan.finding(r, [], "x") if { some r in plan.existing; count(input.resource_changes) > 1 }`,
		"two of them":   `deny contains plan.finding(r, [], "x") if { some r in plan.existing; some other in plan.existing; other.name > r.name }`,
		"of a list":     `deny contains plan.finding(r, [], "x") if { all := plan.planned("t"); some r in all; count(all) > 1 }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := rego.Compile(t.Context(), library(t), policy.Folder{Modules: []policy.File{{Path: "p.rego", Name: "p.rego", Content: []byte(head + rule)}}})
			if err != nil {
				t.Fatal(err)
			}
			for round, want := range []int{0, 1, 0, 1} {
				text := `{"format_version": "1.2", "resource_changes": [` + change("a") + `]}`
				if want > 0 {
					text = `{"format_version": "1.2", "resource_changes": [` + change("a") + "," + change("b") + `]}`
				}
				if have := len(judged(t, set, []byte(text), rego.Options{}).Results); (have > 0) != (want > 0) {
					t.Errorf("round %d: there are %d results", round, have)
				}
			}
		})
	}
}

func change(name string) string {
	return fmt.Sprintf(`{"address": "t.%s", "type": "t", "name": %q, "change": {"actions": ["create"], "after": {"x": 1}}}`, name, name)
}

// What was said of a value is not told of one that is hidden since.
func TestWhatIsHiddenIsAskedAgain(t *testing.T) {
	t.Parallel()
	const rule = "package p\nimport data.terrace.lib.plan\ndeny contains plan.finding(r, [\"x\"], \"is open\") if { some r in plan.planned(\"t\"); plan.value(r, [\"x\"], \"\") == \"open\" }"
	set, err := rego.Compile(t.Context(), library(t), policy.Folder{Modules: []policy.File{{Path: "p.rego", Name: "p.rego", Content: []byte(rule)}}})
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"format_version": "1.2", "resource_changes": [
		{"address": "t.a", "type": "t", "name": "a", "change": {"actions": ["create"], "after": {"x": "open"}, "after_sensitive": {"x": true}}},
		{"address": "t.b", "type": "t", "name": "b", "change": {"actions": ["create"], "after": {"x": "open"}, "after_sensitive": {"y": [false]}}}]}`
	for round, hides := range []bool{false, true, false, true} {
		in, err := plan.Read("plan.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := 2
		if hides {
			plan.Redact(in)
			want = 1
		}
		report, err := set.Eval(t.Context(), in, amply(rego.Options{}))
		if err != nil || len(report.Results) != want {
			t.Errorf("round %d: %v, %v; want %d", round, report.Results, err, want)
		}
	}
}

// What changes by itself is never kept: the time, chance, and errors.
func TestWhatChangesByItselfIsAskedAgain(t *testing.T) {
	t.Parallel()
	text := `package p
import data.terrace.lib.plan
deny contains plan.finding(r, [], "is late") if { some r in plan.planned("t"); time.now_ns() > 1000 }
deny_error contains plan.finding(r, [], "x") if { some r in plan.planned("t"); 1 / (plan.value(r, ["x"], 1) - 1) > 0 }
`
	set, err := rego.Compile(t.Context(), library(t), policy.Folder{Modules: []policy.File{{Path: "p.rego", Name: "p.rego", Content: []byte(text)}}})
	if err != nil {
		t.Fatal(err)
	}
	document := []byte(`{"format_version": "1.2", "resource_changes": [` + change("a") + `]}`)
	for _, now := range []int64{10, 10_000, 20} {
		report := judged(t, set, document, rego.Options{Now: time.Unix(0, now)})
		if report.Count(policy.Errored) != 1 {
			t.Errorf("at %d: %v", now, report.Results)
		}
		if late := report.Count(policy.Violated) == 1; late != (now > 1000) {
			t.Errorf("at %d: %v", now, report.Results)
		}
	}
}
