package rego_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/policies"
)

func library(t testing.TB) policy.Folder {
	t.Helper()
	lib, err := fs.Sub(policies.Shipped, "lib")
	if err != nil {
		t.Fatal(err)
	}
	return folder(t, lib, "policies/lib")
}

func folder(t testing.TB, tree fs.FS, name string) policy.Folder {
	t.Helper()
	f, err := policy.ReadFolder(name, tree, name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func files(files map[string]string) fs.FS {
	tree := fstest.MapFS{}
	for name, content := range files {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return tree
}

func compile(t *testing.T, sources map[string]string) (*rego.Set, error) {
	t.Helper()
	return rego.Compile(t.Context(), library(t), folder(t, files(sources), "mine"))
}

func evaluate(t *testing.T, sources map[string]string, document string, o rego.Options) policy.Report {
	t.Helper()
	set, err := compile(t, sources)
	if err != nil {
		t.Fatal(err)
	}
	in, err := plan.Read("plan.json", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	report, err := set.Eval(t.Context(), in, amply(o))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

const document = `{"format_version":"1.2","resource_changes":[
	{"address":"azurerm_storage_account.a","type":"azurerm_storage_account","name":"a","change":{"actions":["create"],"after":{"name":"a","tags":null}}}]}`

func TestConftestPoliciesWorkAsTheyAre(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rego    string
		outcome policy.Outcome
		id      string
		message string
	}{
		"deny of texts":          {"package main\nimport rego.v1\ndeny contains msg if { some c in input.resource_changes; msg := c.address }", policy.Violated, "main", "azurerm_storage_account.a"},
		"without the import":     {"package main\ndeny contains \"no\" if true", policy.Violated, "main", "no"},
		"version 0":              {"package main\ndeny[msg] { c := input.resource_changes[_]; msg := sprintf(\"%v is bad\", [c.name]) }", policy.Violated, "main", "a is bad"},
		"version 0, violation":   {"package main\nviolation[{\"msg\": msg, \"details\": {\"a\": 1}}] { msg := \"no\" }", policy.Violated, "main", "no"},
		"with a suffix":          {"package main\ndeny_foo[msg] { msg := \"no\" }", policy.Violated, "main.deny_foo", "no"},
		"warn":                   {"package main\nwarn contains {\"msg\": \"look\"} if true", policy.Warned, "main", "look"},
		"warn with a suffix":     {"package other.deep\nwarn_me contains \"look\" if true", policy.Warned, "other.deep.warn_me", "look"},
		"exception":              {"package main\ndeny_foo contains \"no\" if true\nexception contains [\"foo\"] if true", policy.Excepted, "main.deny_foo", "no"},
		"exception, version 0":   {"package main\ndeny_foo[\"no\"] { true }\nexception[rules] { rules = [\"foo\", \"bar\"] }", policy.Excepted, "main.deny_foo", "no"},
		"exception of deny":      {"package main\ndeny contains \"no\" if true\nexception contains [\"\"] if true", policy.Excepted, "main", "no"},
		"exception of another":   {"package main\ndeny_foo contains \"no\" if true\nexception contains [\"bar\"] if true", policy.Violated, "main.deny_foo", "no"},
		"a boolean":              {"package main\ndeny if input.resource_changes", policy.Violated, "main", "is refused"},
		"an object without msg":  {"package main\ndeny contains {\"a\": 1} if true", policy.Errored, "main", "the policy could not be evaluated: deny holds an object without msg"},
		"data of another folder": {"package main\ndeny contains msg if msg := data.limits.name", policy.Violated, "main", "of data"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := evaluate(t, map[string]string{"a.rego": tt.rego, "limits/x.yaml": "name: of data\n"}, document, rego.Options{})
			if len(report.Results) != 1 {
				t.Fatalf("results %+v", report.Results)
			}
			r := report.Results[0]
			if r.Outcome != tt.outcome || r.Policy != tt.id || r.Message != tt.message {
				t.Errorf("got %s %s %q", r.Outcome, r.Policy, r.Message)
			}
			if want := tt.outcome == policy.Violated || tt.outcome == policy.Errored; report.Blocked() != want {
				t.Errorf("blocked %v", report.Blocked())
			}
		})
	}
}

func TestMetadataOfAllScopes(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{"a.rego": `# METADATA
# title: Of the package
# custom:
#   id: mine
#   severity: critical
#   level: soft-mandatory
#   fix: of the package
#   controls: {mcsb: [DP-3], iso-27001-2022: [A.8.24]}
package mine

import data.terrace.lib.plan

deny contains plan.finding(r, ["tags"], "has none") if {
	some r in plan.planned("azurerm_storage_account")
}

# METADATA
# title: Of the rule
# custom: {level: advisory, fix: of the rule}
deny_other contains "no" if true
`}, document, rego.Options{})
	byID := map[string]policy.Result{}
	for _, r := range report.Results {
		byID[r.Policy] = r
	}
	own, other := byID["mine"], byID["mine.deny_other"]
	if own.Level != policy.SoftMandatory || own.Severity != policy.Critical || own.Fix != "of the package" || own.Controls.String() != "iso-27001-2022:A.8.24, mcsb:DP-3" {
		t.Errorf("package: %+v", own)
	}
	if own.Address != "azurerm_storage_account.a" || own.Attribute != "tags" || own.Type != "azurerm_storage_account" || own.Sentence() != "azurerm_storage_account.a has none" {
		t.Errorf("finding: %+v", own)
	}
	if other.Level != policy.Advisory || other.Title != "Of the rule" || other.Fix != "of the rule" || other.Severity != policy.Critical {
		t.Errorf("rule: %+v", other)
	}
}

// Rules of one name are one policy, which overlooks nothing that one of them is about.
func TestRulesOfOneNameAreOnePolicy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		one, two string
		level    policy.Level
		about    string
		problem  string
	}{
		"of two types":         {"{resources: [x], level: advisory}", "{resources: [x, y], level: soft-mandatory}", policy.SoftMandatory, "x y", ""},
		"the milder second":    {"{resources: [x], level: soft-mandatory}", "{resources: [y], level: advisory}", policy.SoftMandatory, "x y", ""},
		"one of any":           {"{resources: [x], level: advisory}", "{fix: mend it}", policy.HardMandatory, "", ""},
		"the first of any":     {"{fix: mend it}", "{resources: [x]}", policy.HardMandatory, "", ""},
		"ids that differ":      {"{id: one}", "{id: two}", "", "", "say it once"},
		"severities":           {"{severity: low}", "{severity: high}", "", "", "say it once"},
		"fixes":                {"{fix: so}", "{fix: otherwise}", "", "", "say it once"},
		"a mistake of the two": {"{level: advisory}", "{level: strict}", "", "", "strict"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := compile(t, map[string]string{"a.rego": "package a\n\n# METADATA\n# custom: " + tt.one + "\ndeny contains \"a\" if true\n\n# METADATA\n# custom: " + tt.two + "\ndeny contains \"b\" if true\n"})
			if tt.problem != "" {
				if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || !strings.Contains(e.Problems[0].String(), tt.problem) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			all := set.Policies()
			if len(all) != 1 || all[0].Level != tt.level || strings.Join(all[0].Resources, " ") != tt.about {
				t.Errorf("got %+v", all)
			}
		})
	}
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rego         string
		line, column int
		says         string
	}{
		"syntax":           {"package main\n\ndeny contains msg if {\n\tmsg := \n}\n", 5, 1, "unexpected }"},
		"unsafe variable":  {"package main\n\ndeny contains msg if {\n\tinput.a == nowhere\n\tmsg := \"a\"\n}\n", 4, 2, "nowhere"},
		"http.send":        {"package main\n\ndeny contains msg if {\n\tmsg := http.send({\"method\": \"get\", \"url\": \"http://x\"}).body\n}\n", 4, 9, "http.send"},
		"bits.lsh":         {"package main\n\ndeny contains \"x\" if bits.lsh(1, count(input.a) * 30000000000) > 0\n", 3, 22, "bits.lsh"},
		"reachable_paths":  {"package main\n\ndeny contains \"x\" if count(graph.reachable_paths(input.g, {1})) > 0\n", 3, 28, "graph.reachable_paths"},
		"render_template":  {"package main\n\ndeny contains strings.render_template(\"{{range .a}}{{range $.a}}x{{end}}{{end}}\", input) if true\n", 3, 15, "strings.render_template"},
		"opa.runtime":      {"package main\n\ndeny contains msg if msg := opa.runtime().env.HOME\n", 3, 29, "opa.runtime"},
		"unknown level":    {"# METADATA\n# custom: {level: strict}\npackage main\n\ndeny contains \"a\" if true\n", 3, 1, "strict"},
		"misspelled key":   {"# METADATA\n# title: a\n# custom:\n#   id: a\n#   severty: high\npackage main\n\ndeny contains \"a\" if true\n", 5, 5, "severty"},
		"inline":           {"# METADATA\n# custom: {levl: advisory}\npackage main\n\ndeny contains \"a\" if true\n", 2, 12, "levl"},
		"unknown severity": {"# METADATA\n# custom: {severity: awful}\npackage main\n\ndeny contains \"a\" if true\n", 3, 1, "awful"},
		"no package":       {"deny contains \"a\" if true\n", 1, 1, "package expected"},
		"empty":            {"", 1, 1, "empty"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(t, map[string]string{"sub/a.rego": tt.rego})
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid || len(e.Problems) == 0 {
				t.Fatalf("got %v", err)
			}
			p := e.Problems[0]
			if p.File != "mine/sub/a.rego" || p.Line != tt.line || p.Column != tt.column || !strings.Contains(p.Message, tt.says) {
				t.Errorf("got %s", p)
			}
		})
	}
}

func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	text := "# METADATA\n# custom: {id: same}\npackage %s\n\ndeny contains \"a\" if true\n"
	_, err := compile(t, map[string]string{"a.rego": strings.Replace(text, "%s", "a", 1), "b.rego": strings.Replace(text, "%s", "b", 1)})
	if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || !strings.Contains(e.Problems[0].Message, "same") {
		t.Errorf("got %v", err)
	}
}

// An error that comes for each resource is told once, and one of another place beside it.
func TestAnErrorIsToldOnce(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{
		"a.rego": "package broken\n\ndeny contains \"a\" if {\n\tsome i in numbers.range(1, 300)\n\t1 / (i - i) == 2\n}\n\n" +
			"deny contains \"b\" if {\n\tsome i in [1, 2]\n\ti / (i - i) == 2\n}\n",
	}, document, rego.Options{})
	var places []string
	for _, r := range report.Results {
		places = append(places, string(r.Outcome)+" "+r.Message[strings.Index(r.Message, "a.rego"):])
	}
	want := []string{"error a.rego:5:2: div: divide by zero", "error a.rego:10:2: div: divide by zero"}
	slices.Sort(places)
	slices.Sort(want)
	if !slices.Equal(places, want) {
		t.Errorf("got %d results: %q", len(places), places)
	}
}

// A policy that cannot be evaluated blocks by its level and leaves the others alone.
func TestAPolicyThatErrsNeverPasses(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"divides by zero":     "deny contains \"a\" if 1 / count(input.none_of_it) > 0\nnumber := 0\ndeny contains \"b\" if 1 / number == 1",
		"a number of text":    "deny contains \"a\" if to_number(\"1e999\") < 3",
		"an infinite number":  "deny contains \"a\" if yaml.unmarshal(\"a: .inf\").a < 3",
		"a constant by zero":  "deny contains \"a\" if 1 / 0 > 3",
		"two values":          "x := 1 if input.resource_changes\nx := 2 if input.resource_changes\ndeny contains \"a\" if x == 3",
		"a bad pattern":       "deny contains \"a\" if regex.match(concat(\"\", [\"[\", input.resource_changes[0].name]), \"x\")",
		"takes too long":      "deny contains \"a\" if { some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == 0 }",
		"exceptions that err": "deny contains \"a\" if true\nx := 1 if input.resource_changes\nx := 2 if input.resource_changes\nexception contains [\"\"] if x == 1",
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bound := time.Minute
			if name == "takes too long" {
				bound = 2 * time.Second
			}
			for _, level := range policy.Levels() {
				report := evaluate(t, map[string]string{
					"a.rego": "# METADATA\n# custom: {level: " + string(level) + "}\npackage broken\n\n" + text + "\n",
					"b.rego": "package fine\n\ndeny contains \"b\" if not input.resource_changes\n",
				}, document, rego.Options{Timeout: bound})
				if report.Count(policy.Errored) == 0 || report.Blocked() != level.Blocks() {
					t.Errorf("%s: %+v", level, report.Results)
				}
				for _, r := range report.Results {
					if r.Policy == "fine" || r.Level != level {
						t.Errorf("%s: %+v", level, r)
					}
				}
			}
		})
	}
}

// What failed for one policy fails for the next, too, which shares what the
// library found out.
func TestAnErrorOfTheLibraryIsOneOfEachPolicy(t *testing.T) {
	t.Parallel()
	rule := "package %s\n\ndeny contains \"a\" if data.shared.share > 0\n"
	report := evaluate(t, map[string]string{
		"shared.rego": "package shared\n\nnumber := count(input.resource_changes) - 1\n\nshare := 1 / number\n",
		"a.rego":      strings.Replace(rule, "%s", "a", 1),
		"b.rego":      strings.Replace(rule, "%s", "b", 1),
	}, document, rego.Options{Parallel: 1})
	if len(report.Results) != 2 || report.Count(policy.Errored) != 2 {
		t.Errorf("%+v", report.Results)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{
		"a.rego": "package greedy\n\ndeny contains \"a\" if { x := [s | some i in numbers.range(1, 50000000); s := sprintf(\"%d-%d\", [i, i])]; count(x) == 0 }\n",
	}, document, rego.Options{Memory: 64 << 20, Timeout: time.Minute})
	if len(report.Results) != 1 || report.Results[0].Outcome != policy.Errored || !strings.Contains(report.Results[0].Message, "64 MiB") {
		t.Errorf("%+v", report.Results)
	}
}

func TestAnArgumentOfTheWrongTypeIsNoted(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{
		"a.rego": "package main\n\ndeny contains \"a\" if count(input.resource_changes[0].change.after.tags) == 0\n",
	}, document, rego.Options{})
	if len(report.Results) != 0 || len(report.Notices) != 1 || report.Notices[0].Line != 3 {
		t.Errorf("%+v", report)
	}
}

func TestLevelsAreSetFromOutside(t *testing.T) {
	t.Parallel()
	sources := map[string]string{"a.rego": "package a\ndeny contains \"a\" if true", "b.rego": "package b\ndeny contains \"b\" if true\nwarn contains \"c\" if true"}
	report := evaluate(t, sources, document, rego.Options{Level: func(p policy.Policy) (policy.Level, bool) {
		return policy.SoftMandatory, p.ID != "a"
	}})
	if len(report.Results) != 2 || len(report.Evaluated) != 1 || report.Results[0].Level != policy.SoftMandatory || report.Results[1].Level != policy.Advisory {
		t.Errorf("%+v", report)
	}
}

func TestContextIsThere(t *testing.T) {
	t.Parallel()
	set, err := compile(t, map[string]string{"a.rego": "package a\ndeny contains input.terrace.workload.metadata.name if input.terrace.stage == \"prod\""})
	if err != nil {
		t.Fatal(err)
	}
	in := policy.Input{Document: map[string]any{}, Context: policy.Context{Stage: "prod", Workload: map[string]any{"metadata": map[string]any{"name": "orders"}}}}
	report, err := set.Eval(t.Context(), in, rego.Options{})
	if err != nil || len(report.Results) != 1 || report.Results[0].Message != "orders" {
		t.Errorf("%+v %v", report, err)
	}
}

func TestACallerThatLeavesEndsIt(t *testing.T) {
	t.Parallel()
	set, err := compile(t, map[string]string{"a.rego": "package a\ndeny contains \"a\" if true"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Eval(ctx, policy.Input{Document: map[string]any{}}, rego.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDataThatContradicts(t *testing.T) {
	t.Parallel()
	_, err := compile(t, map[string]string{"a.json": `{"x": 1}`, "b.yaml": "x: 2\n"})
	if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || e.Problems[0].File != "mine/b.yaml" {
		t.Errorf("got %v", err)
	}
}

func TestTestsOfPolicies(t *testing.T) {
	t.Parallel()
	report, err := rego.Test(t.Context(), rego.TestOptions{Coverage: true}, library(t), folder(t, files(map[string]string{
		"a.rego":      "package a\n\ndeny contains \"a\" if input.x == 1\n\ndeny contains \"b\" if input.x == 2\n",
		"a_test.rego": "package a_test\n\nimport data.a\n\ntest_good if a.deny == {\"a\"} with input as {\"x\": 1}\n\ntest_bad if a.deny == {\"a\"} with input as {\"x\": 3}\n\ntodo_test_later if false\n",
	}), "mine"))
	if err != nil {
		t.Fatal(err)
	}
	if report.Count(rego.Passed) != 1 || report.Count(rego.Failed) != 1 || report.Count(rego.Skipped) != 1 {
		t.Errorf("%+v", report.Tests)
	}
	if len(report.Coverage) != 2 || report.Percent <= 0 || report.Percent >= 100 {
		t.Errorf("coverage %+v %v", report.Coverage, report.Percent)
	}
}

// What cannot be loaded is not tested as if it could.
func TestTestsAreOfPoliciesThatLoad(t *testing.T) {
	t.Parallel()
	_, err := rego.Test(t.Context(), rego.TestOptions{}, library(t), folder(t, files(map[string]string{
		"a.rego":      "package a\n\n# METADATA\n# custom:\n#   severty: high\ndeny contains \"a\" if input.x == 1\n",
		"a_test.rego": "package a_test\n\nimport data.a\n\ntest_good if a.deny == {\"a\"} with input as {\"x\": 1}\n",
	}), "mine"))
	if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || !strings.Contains(e.Problems[0].String(), "severty") {
		t.Errorf("got %v", err)
	}
}

// A test that fails tells which of its cases do, and one that errs is no failed one.
func TestTestsTellTheirCasesAndErrors(t *testing.T) {
	t.Parallel()
	report, err := rego.Test(t.Context(), rego.TestOptions{}, library(t), folder(t, files(map[string]string{
		"a.rego": "package a\n\nhalf(x) := 1 / x\n\nzero := 0\n",
		"a_test.rego": `package a_test

import data.a

test_table[note] if {
	some note, c in {"one": [1, 1], "three": [1, 3], "two": [2, 5]}
	a.half(c[0]) == c[1]
}

test_errs if a.half(0) == 1

test_errs_twice if {
	not a.half(0)
	4 % a.zero == 1
}

test_expects_it if not a.half(0)

test_of_another_type if count(input.x) == 1 with input as {"x": null}
`,
	}), "mine"))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range report.Tests {
		said = append(said, strings.TrimSpace(r.Name+" "+string(r.Verdict)+" "+strings.Join(r.Cases, ",")))
		if errs := strings.Contains(r.Message, "mine/a.rego:3: eval_builtin_error: div: divide by zero"); errs != (r.Verdict == rego.Errored) {
			t.Errorf("%s: %s", r.Name, r.Message)
		}
	}
	const want = "test_table fail three,two; test_errs error; test_errs_twice error; test_expects_it pass; test_of_another_type fail"
	if got := strings.Join(said, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
