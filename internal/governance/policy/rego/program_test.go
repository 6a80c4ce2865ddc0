package rego_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// Of what the tests of the rules ask about, the shipped rules say what Open Policy
// Agent itself says, to which nothing of this package is known.
func TestTheShippedRulesSayWhatOpenPolicyAgentSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs more than two thousand tests")
	}
	shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rego.Compile(t.Context(), policy.Folder{}, shipped)
	if err != nil {
		t.Fatal(err)
	}
	opa := ownOPA(t, shipped.Modules, set.Policies())
	inputs := askedInTests(t, shipped)
	if len(inputs) < 1500 {
		t.Errorf("there are %d inputs", len(inputs))
	}
	results := 0
	for i := 0; i < len(inputs); i += every1(t) {
		document := inputs[i]
		report, err := set.Eval(t.Context(), inputOf(t, document), rego.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(opa.says(t, document, report), said1(report)); diff != "" {
			text, _ := json.Marshal(document)
			t.Fatalf("of %s (-opa +have):\n%s", text, diff)
		}
		results += len(report.Results)
	}
	t.Logf("%d inputs, %d results", len(inputs), results)
}

func every1(*testing.T) int { return 1 }

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

// said1 are the results of a report.
func said1(report policy.Report) []string {
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
			o, _ := item.(map[string]any)
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
func askedInTests(t *testing.T, shipped policy.Folder) []map[string]any {
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
	runner := tester.NewRunner().SetStore(store).SetModules(modules).SetCoverageQueryTracer(seen)
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
