package rego_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/policies"
)

// Of what the tests of rules ask about, the shipped rules say what Open Policy Agent
// itself says, to which nothing of this package is known. TERRACE_RULES is a regular
// expression of the packages whose tests are to be asked in place of some: with ".",
// all are, which takes a minute.
func TestTheShippedRulesSayWhatOpenPolicyAgentSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs hundreds of tests")
	}
	shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rego.Compile(t.Context(), policy.Folder{}, shipped) // first: it prepares Open Policy Agent
	if err != nil {
		t.Fatal(err)
	}
	asked := askedInTests(t, shipped, cmp.Or(os.Getenv("TERRACE_RULES"), `terrace\.(terraform|azure\.(storage|governance))`))
	opa := ownOPA(t, shipped.Modules, set.Policies())
	results := 0
	for _, document := range asked {
		report, err := set.Eval(t.Context(), inputOf(t, document), ample())
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(opa.says(t, document, report), told(report)); diff != "" {
			text, _ := json.Marshal(document)
			t.Fatalf("of %s (-opa +have):\n%s", text, diff)
		}
		results += len(report.Results)
	}
	if len(asked) < 150 || results < 1000 {
		t.Errorf("there are %d results of %d inputs", results, len(asked))
	}
}

// Whatever of Rego a rule has, it says what it says elsewhere, also where the machine
// lacks it.
func TestRulesOfAnyKindSayWhatOpenPolicyAgentSays(t *testing.T) {
	t.Parallel()
	document := map[string]any{"a": []any{1, 2, 2, "x", map[string]any{"b": []any{true, nil}}}, "o": map[string]any{"k": "v", "l": []any{"m"}}, "n": 3, "t": "text"}
	for name, rule := range map[string]string{
		"walk":            `deny contains json.marshal([p, v]) if walk(input.a, [p, v])`,
		"walk a path":     `deny contains json.marshal(v) if walk(input, [["a", _], v])`,
		"every":           `deny contains "all" if { every x in input.a { x != 7 } }` + "\n" + `deny contains "none" if { every x in input.a { x == 1 } }`,
		"every of none":   `deny contains "none" if { every x in [] { x == 1 } }` + "\n" + `deny contains "text" if { every x in input.t { x == 1 } }`,
		"with":            `deny contains x if { x := f with input.t as "other" }` + "\n" + `f := input.t`,
		"with for others": `deny contains "v" if { f with input.o.k as "w" with input.added as 7 with input.t as "other" }` + "\n" + `f := input.o.k == "w"` + "\n" + `deny contains g if { g with input.o as {} }` + "\n" + `g := json.marshal([input.o, input.n])`,
		"with with":       `deny contains json.marshal(x) if { x := f with input.t as "one" }` + "\n" + `f := [g, input.t] if { g := h with input.n as 4 }` + "\n" + `h := [input.n, input.t, input.o.k]` + "\n" + `deny contains json.marshal(h)`,
		"with a function": `deny contains sprintf("%d", [x]) if { x := g(1) with count as 7 }` + "\n" + `g(y) := count([y])`,
		"else":            `deny contains h(x) if some x in input.a` + "\n" + `h(x) := "one" if { x == 1 } else := "two" if { x == 2 } else := sprintf("%v", [x])`,
		"default":         `deny contains i(x) if some x in input.a` + "\n" + `default i(_) := "other"` + "\n" + `i(x) := "one" if x == 1`,
		"default value":   `default v := "none"` + "\n" + `v := input.missing` + "\n" + `deny contains v`,
		"conflict":        `deny contains "x" if c` + "\n" + `c := 1 if input.n` + "\n" + `c := 2 if input.n`,
		"patterns":        `deny contains sprintf("%v %v", [x, y]) if { [x, y, z, "x", {"b": [true, _]}] = input.a; y == z; {"k": k, "l": [l]} = input.o; k != l }`,
		"partial object":  `deny contains sprintf("%s=%v", [k, w]) if some k, w in m` + "\n" + `m[k] := w if some k, w in input.o` + "\n" + `m[x.k] := 1 if { x := {"k": "z"} }`,
		"nested":          `deny contains json.marshal(q)` + "\n" + `q[x][y] contains z if { some x in ["a", "b"]; some y in [1, 2]; some z in [y, 3] }`,
		"comprehensions":  `deny contains json.marshal([[x | some x in input.a; is_number(x)], {x | some x in input.a; is_number(x)}, {k: w | some k, w in input.o}])`,
		"negation":        `deny contains "no" if { not input.missing; not input.n == 4; not only_two }` + "\n" + `only_two if count(input.a) == 2`,
		"enumeration":     `deny contains sprintf("%v", [x]) if { x := input.a[i]; x == input.a[j]; i < j }` + "\n" + `deny contains "more" if { x := input.a[_]; x > 1 }`,
		"errors":          `deny contains "x" if to_number(input.t) == 1` + "\n" + `deny contains "y" if startswith(input.n, "a")` + "\n" + `deny contains "z"`,
		"sets":            `deny contains x if { some x in {"a", "b"} & {"b", "c"}; {"b"} == {"a", "b"} - {"a"}; s["b"]; not s["c"] }` + "\n" + `s contains x if some x in ["a", "b"]`,
		"data":            `deny contains json.marshal(data.u)`,
		"dynamic":         `deny contains x if { some n in ["one", "two"]; x := data.pack[n].said }`,
		"chance":          `deny contains "less" if rand.intn("a", 5) < 5`,
		"metadata":        `deny contains json.marshal(rego.metadata.rule())`,
		"null":            `deny contains "null" if input.a[4].b[1] == null` + "\n" + `deny contains "false" if { x := false; x == false }` + "\n" + `deny contains "not" if { x := [false]; x[0] }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modules := []policy.File{
				{Path: "p.rego", Name: "p.rego", Content: []byte("package p\n" + rule)},
				{Path: "one.rego", Name: "one.rego", Content: []byte("package pack.one\nsaid := \"first\"")},
				{Path: "two.rego", Name: "two.rego", Content: []byte("package pack.two\nsaid := input.t")},
				// What is asked after them is asked about the same.
				{Path: "z.rego", Name: "z.rego", Content: []byte("package z\ndeny contains json.marshal([input.a, input.o, input.n, input.t, object.get(input, \"added\", 0)])\ndeny contains input.o.k")},
			}
			set, err := rego.Compile(t.Context(), policy.Folder{}, policy.Folder{Modules: modules})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				report, err := set.Eval(t.Context(), policy.Input{Document: document}, ample())
				if err != nil {
					t.Fatal(err)
				}
				if report.Count(policy.Errored) > 0 {
					if name != "conflict" && name != "errors" {
						t.Errorf("%v", report.Results)
					}
					return
				}
				if diff := gocmp.Diff(ownOPA(t, modules, set.Policies()).says(t, document, report), told(report)); diff != "" {
					t.Errorf("-opa +have:\n%s", diff)
				}
			}
		})
	}
}

// ample are options with room for what the tests beside take: the memory that is watched
// is that of the process.
func ample() rego.Options { return rego.Options{Memory: 8 << 30, Timeout: time.Minute} }

// amply are options with that where they do not say otherwise.
func amply(o rego.Options) rego.Options {
	o.Memory, o.Timeout = cmp.Or(o.Memory, ample().Memory), cmp.Or(o.Timeout, ample().Timeout)
	return o
}

// inputOf is a document with what surrounds it where it belongs.
func inputOf(t *testing.T, document map[string]any) policy.Input {
	t.Helper()
	in := policy.Input{Document: maps.Clone(document)}
	if around, there := document["terrace"]; there {
		text, _ := json.Marshal(around)
		if err := json.Unmarshal(text, &in.Context); err != nil {
			t.Fatal(err)
		}
		delete(in.Document, "terrace")
	}
	return in
}

// told are the results of a report.
func told(report policy.Report) []string {
	all := []string{}
	for _, r := range report.Results {
		all = append(all, strings.Join([]string{r.Policy, r.Address, r.Attribute, r.Message}, " | "))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// agent is Open Policy Agent with policies, and their ids by package.
type agent struct {
	query oparego.PreparedEvalQuery
	ids   map[string]string
}

func ownOPA(t testing.TB, modules []policy.File, all []policy.Policy) agent {
	t.Helper()
	a := agent{ids: map[string]string{}}
	var items []string
	for _, p := range all {
		key := p.Package + "." + p.Rule
		a.ids[key] = p.ID
		items = append(items, fmt.Sprintf("%q: data.%s", key, key))
	}
	options := []func(*oparego.Rego){oparego.Query("{" + strings.Join(items, ",") + "}")}
	for _, f := range modules {
		options = append(options, oparego.Module(f.Name, string(f.Content)))
	}
	var err error
	if a.query, err = oparego.New(options...).PrepareForEval(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// says is what it says by itself of what the report is about.
func (a agent) says(t *testing.T, document map[string]any, report policy.Report) []string {
	t.Helper()
	found, err := a.query.Eval(t.Context(), oparego.EvalInput(document))
	if err != nil || len(found) == 0 {
		t.Fatal(err, found)
	}
	said, _ := found[0].Expressions[0].Value.(map[string]any)
	all := []string{}
	for key, items := range said {
		list, _ := items.([]any)
		for _, item := range list {
			o, ok := item.(map[string]any)
			if !ok {
				o = map[string]any{"address": "", "attribute": "", "message": item}
			}
			if !slices.Contains(report.Evaluated, a.ids[key]) {
				t.Errorf("%s says %v, and was not evaluated", key, o)
			}
			all = append(all, strings.Join([]string{a.ids[key], fmt.Sprint(o["address"]), fmt.Sprint(o["attribute"]), fmt.Sprint(o["message"])}, " | "))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// askedInTests are the inputs that tests put in place of theirs.
func askedInTests(t *testing.T, shipped policy.Folder, packages string) []map[string]any {
	t.Helper()
	modules := map[string]*ast.Module{}
	for _, f := range slices.Concat(shipped.Modules, shipped.Tests) {
		m, err := ast.ParseModuleWithOpts(f.Name, string(f.Content), ast.ParserOptions{ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		modules[f.Name] = m
	}
	seen := &inputs{found: map[string]map[string]any{}}
	store := inmem.New()
	runner := tester.NewRunner().SetStore(store).SetModules(modules).SetCoverageQueryTracer(seen).Filter(packages)
	err := storage.Txn(t.Context(), store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		results, err := runner.RunTests(t.Context(), txn)
		for range results {
			continue
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]map[string]any, 0, len(seen.found))
	for _, text := range slices.Sorted(maps.Keys(seen.found)) {
		all = append(all, seen.found[text])
	}
	return all
}

// inputs is a topdown.QueryTracer that collects inputs.
type inputs struct {
	mu    sync.Mutex
	last  *ast.Term
	found map[string]map[string]any
}

func (*inputs) Enabled() bool               { return true }
func (*inputs) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent takes the input of what is evaluated.
func (i *inputs) TraceEvent(e topdown.Event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if e.Input() == nil || e.Input() == i.last {
		return
	}
	i.last = e.Input()
	if v, err := ast.JSON(i.last.Value); err == nil {
		text, _ := json.Marshal(v)
		if o, ok := v.(map[string]any); ok {
			i.found[string(text)] = o
		}
	}
}
