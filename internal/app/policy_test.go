package app

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// changing is what a gate sees of a plan that creates a storage account.
func changing(https bool) run.GateInput {
	return run.GateInput{
		Run:   run.Run{ID: "run_1", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Operation: run.Deploy},
		Stage: stage.Stage{Name: "dev", Target: stage.TargetAzure},
		Plan: &tfjson.Plan{FormatVersion: "1.2", ResourceChanges: []*tfjson.ResourceChange{{
			Address: "azurerm_storage_account.a", Mode: tfjson.ManagedResourceMode, Type: "azurerm_storage_account", Name: "a",
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: map[string]any{"https_traffic_only_enabled": https}},
		}}},
	}
}

func gate(t *testing.T, c config.Config) policyGate {
	t.Helper()
	p := &platform{config: c, log: slog.New(slog.DiscardHandler)}
	sets, err := newPolicies(p)
	if err != nil {
		t.Fatal(err)
	}
	return policyGate{policy.New(policy.Deps{Sets: sets, Platform: c.Assignments()}), newEstimates(p), nil}
}

func TestPoliciesStopAPlanByTheirLevel(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		levels []string
		https  bool
		level  run.Level
		want   run.Outcome
	}{
		"kept":                 {nil, true, run.Advisory, run.Passed},
		"violated":             {nil, false, run.HardMandatory, run.Missed},
		"soft here":            {[]string{"azure-storage-https-*=soft-mandatory@stage=dev"}, false, run.SoftMandatory, run.Missed},
		"advisory here":        {[]string{"azure-storage-https-*=advisory@project=shop"}, false, run.Advisory, run.Missed},
		"off here":             {[]string{"azure-*=off@target=azure"}, false, run.Advisory, run.Passed},
		"advisory elsewhere":   {[]string{"azure-*=advisory@stage=prod"}, false, run.HardMandatory, run.Missed},
		"another tenant's off": {[]string{"*=off@tenant=other"}, false, run.HardMandatory, run.Missed},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone := []string{"*=off", "azure-storage-https-only=hard-mandatory"} // what else is shipped says more of the account
			g := gate(t, config.Config{ShippedPolicies: true, PolicyLevels: append(alone, tt.levels...)})
			r, err := g.Evaluate(t.Context(), changing(tt.https))
			if err != nil || r.Level != tt.level || r.Outcome != tt.want {
				t.Fatalf("%+v %v", r, err)
			}
			if tt.want == run.Passed {
				return
			}
			f := r.Findings[0]
			if f.Rule != "azure-storage-https-only" || f.Address != "azurerm_storage_account.a" || f.Attribute == "" || f.Fix == "" || len(f.Controls) == 0 {
				t.Errorf("finding %+v", f)
			}
		})
	}
}

func TestPoliciesOfAFolderSeeWhatSurroundsThePlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "package main\n\ndeny contains msg if {\n\tinput.terrace.stage == \"dev\"\n\tinput.terrace.operation == \"deploy\"\n\tmsg := sprintf(\"%s of %s\", [input.resource_changes[0].address, input.terrace.project])\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "a.rego"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := gate(t, config.Config{PolicyFolders: []string{dir}}).Evaluate(t.Context(), changing(true))
	if err != nil || !r.Blocks() || r.Findings[0].Message != "azurerm_storage_account.a of shop" {
		t.Errorf("%+v %v", r, err)
	}
}

// A policy finds in a run what it finds in the file of the plan, though a run keeps
// less of it.
func TestPoliciesOfPlannedValuesAndOfThePriorStateWorkInRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `package main

modules := [input.planned_values.root_module, input.planned_values.root_module.child_modules[0]]

deny contains msg if {
	some m in modules
	some r in m.resources
	r.values.open
	msg := sprintf("%s is open", [r.address])
}

deny contains msg if {
	some r in input.prior_state.values.root_module.resources
	r.values.kept
	msg := sprintf("%s was kept", [r.address])
}
`
	if err := os.WriteFile(filepath.Join(dir, "a.rego"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	decoded, err := planjson.Decode(strings.NewReader(`{"format_version":"1.2",
		"planned_values":{"outputs":{},"root_module":{"resources":[{"address":"t.a","values":{"open":true}}]}},
		"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"t.a","values":{"kept":true}}]}}},
		"resource_changes":[
			{"address":"t.a","mode":"managed","type":"t","name":"a","change":{"actions":["no-op"],"before":{"open":true,"kept":true},"after":{"open":true,"kept":true}}},
			{"address":"module.m.t.b","module_address":"module.m","mode":"managed","type":"t","name":"b","change":{"actions":["create"],"before":null,"after":{"open":true}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	in := changing(true)
	in.Plan = decoded
	r, err := gate(t, config.Config{PolicyFolders: []string{dir}}).Evaluate(t.Context(), in)
	var said []string
	for _, f := range r.Findings {
		said = append(said, f.Message)
	}
	if want := "module.m.t.b is open, t.a is open, t.a was kept"; err != nil || strings.Join(said, ", ") != want {
		t.Errorf("%v, %v, want %s", said, err, want)
	}
}

func count(r run.GateResult, rule string) (n int) {
	for _, f := range r.Findings {
		if f.Rule == rule {
			n++
		}
	}
	return n
}

// A plan that is not complete is held, though nobody has a policy of that; by the same
// name as what is shipped, so that levels count.
func TestAPlanThatIsNotCompleteStopsWithPoliciesOfOnesOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.rego"), []byte("package main\n\ndeny contains \"a\" if input.never\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, whole := changing(true), false
	in.Plan.Complete = &whole
	own := config.Config{PolicyFolders: []string{dir}}
	r, err := gate(t, own).Evaluate(t.Context(), in)
	if err != nil || !r.NeedsOverride() || len(r.Findings) != 1 || r.Findings[0].Rule != "terraform-lifecycle-complete" || r.Fix == "" {
		t.Errorf("%+v %v", r, err)
	}
	own.PolicyLevels = []string{"terraform-lifecycle-complete=off@stage=dev"}
	if r, err = gate(t, own).Evaluate(t.Context(), in); err != nil || r.Outcome != run.Passed {
		t.Errorf("where it is off: %+v %v", r, err)
	}
	if r, err = gate(t, config.Config{PolicyFolders: []string{dir}, ShippedPolicies: true}).Evaluate(t.Context(), in); err != nil || count(r, "terraform-lifecycle-complete") != 1 {
		t.Errorf("beside what is shipped: %+v %v", r, err)
	}
}

// What a provider repeats of a secret is in no finding, and rules see it.
func TestFindingsTellNoSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `package main

deny contains v if {
	some c in input.resource_changes
	connection := c.change.after.connection
	startswith(connection, "user:")
	v := {"msg": sprintf("connects by %s", [connection]), "address": c.address, "attribute": connection, "fix": sprintf("change %s", [connection])}
}
`
	if err := os.WriteFile(filepath.Join(dir, "a.rego"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in := changing(true)
	in.Plan.ResourceChanges[0].Address = "azurerm_storage_account.hunter2"
	in.Plan.ResourceChanges[0].Change.After = map[string]any{"password": "hunter2", "connection": "user:hunter2@host"}
	in.Plan.ResourceChanges[0].Change.AfterSensitive = map[string]any{"password": true}
	r, err := gate(t, config.Config{PolicyFolders: []string{dir}}).Evaluate(t.Context(), in)
	if err != nil || !r.Blocks() || len(r.Findings) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	f := r.Findings[0]
	if f.Address != in.Plan.ResourceChanges[0].Address || f.Message != "connects by user:(sensitive)@host" {
		t.Errorf("finding %+v", f)
	}
	if f.Address = ""; strings.Contains(fmt.Sprint(f, r.Fix, r.Message, r.Problems[0].Message, r.Problems[0].Fix), "hunter2") {
		t.Errorf("%+v, %+v", f, r.Problems)
	}
}

// A gate never fails open: what is not there blocks, or is an error.
func TestPoliciesThatCannotBeEvaluatedStopThePlan(t *testing.T) {
	t.Parallel()
	g := gate(t, config.Config{PolicyFolders: []string{filepath.Join(t.TempDir(), "none")}})
	if r, err := g.Evaluate(t.Context(), changing(true)); err != nil || !r.Blocks() {
		t.Errorf("a folder that is not there: %+v %v", r, err)
	}
	if c := checkPolicies(t.Context(), &delivery{policies: g.policies.Sets.(*live.Sets), policy: g.policies}); len(c) != 1 || c[0].OK || !strings.Contains(c[0].Message, "never loaded") {
		t.Errorf("doctor says %+v", c)
	}
	in := changing(true)
	in.Plan = nil
	if _, err := g.Evaluate(t.Context(), in); err == nil {
		t.Error("no plan passes")
	}
}

func TestLevelsOfPolicies(t *testing.T) {
	t.Parallel()
	a := config.Config{PolicyLevels: []string{"a=advisory"}}.Assignments()
	if level, on := a.Level(policy.Policy{ID: "a", Level: policy.HardMandatory}, policy.Context{}); !on || level != policy.Advisory {
		t.Errorf("got %s", level)
	}
}
