package app

import (
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// resized is what a gate sees of a disk that grows, beside what is given.
func resized(beside ...*tfjson.ResourceChange) run.GateInput {
	disk := func(gigabytes float64) map[string]any {
		return map[string]any{"name": "data", "location": "eastus", "storage_account_type": "StandardSSD_LRS", "disk_size_gb": gigabytes}
	}
	return gated(append(beside, &tfjson.ResourceChange{
		Address: "azurerm_managed_disk.a", Mode: tfjson.ManagedResourceMode, Type: "azurerm_managed_disk", Name: "a",
		Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: disk(32), After: disk(1024)},
	})...)
}

func gated(changes ...*tfjson.ResourceChange) run.GateInput {
	return run.GateInput{
		Run:   run.Run{ID: "run_1", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Operation: run.Deploy},
		Stage: stage.Stage{Name: "dev", Target: stage.TargetAzure},
		Plan:  &tfjson.Plan{FormatVersion: "1.2", ResourceChanges: changes},
	}
}

func created(typ string) *tfjson.ResourceChange {
	return &tfjson.ResourceChange{
		Address: typ + ".a", Mode: tfjson.ManagedResourceMode, Type: typ, Name: "a",
		Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: map[string]any{"name": "a"}},
	}
}

func costing(t *testing.T, c config.Config) costGate {
	t.Helper()
	return costGate{newEstimates(&platform{config: c, log: slog.New(slog.DiscardHandler)}), c.Assignments()}
}

func TestThePlanIsEstimatedAgainstWhatRuns(t *testing.T) {
	t.Parallel()
	r, err := costing(t, config.Config{}).Evaluate(t.Context(), resized(created("terrace_container")))
	if err != nil || r.Outcome != run.Passed || r.Level != run.Advisory || r.Cost == nil {
		t.Fatalf("%+v %v", r, err)
	}
	c := r.Cost
	if !c.Complete || c.Before <= 0 || c.Monthly <= c.Before || c.Delta == nil || math.Abs(*c.Delta-(c.Monthly-c.Before)) > 1e-9 || len(c.Changes) != 1 || c.Changes[0].Address != "azurerm_managed_disk.a" {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(r.Message, "a month, "+run.Signed(*c.Delta)) {
		t.Errorf("message %q", r.Message)
	}
}

// What a run's plan keeps of unchanged resources is no new cost.
func TestWhatIsUnchangedIsNoNewCost(t *testing.T) {
	t.Parallel()
	plan, err := planjson.Decode(strings.NewReader(`{"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [{
		"address": "azurerm_managed_disk.a", "mode": "managed", "type": "azurerm_managed_disk", "name": "a", "provider_name": "registry.terraform.io/hashicorp/azurerm",
		"change": {"actions": ["no-op"],
			"before": {"name": "data", "location": "eastus", "storage_account_type": "StandardSSD_LRS", "disk_size_gb": 32},
			"after": {"name": "data", "location": "eastus", "storage_account_type": "StandardSSD_LRS", "disk_size_gb": 32}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	in := gated()
	in.Plan = plan
	r, err := costing(t, config.Config{}).Evaluate(t.Context(), in)
	if err != nil || r.Cost == nil || r.Cost.Monthly <= 0 || *r.Cost.Delta != 0 || r.Cost.Before != r.Cost.Monthly {
		t.Errorf("%+v, %+v %v", r, r.Cost, err)
	}
}

func TestWhatRunsOnThePlatformItselfCostsNothing(t *testing.T) {
	t.Parallel()
	g := costing(t, config.Config{PriceFolders: []string{filepath.Join(t.TempDir(), "none")}}) // no price is looked for
	if r, err := g.Evaluate(t.Context(), gated(created("terrace_container"), created("random_password"))); err != nil || r.Outcome != run.Passed || !r.Cost.Complete || r.Cost.Monthly != 0 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestWhatHasNoPriceIsFlaggedAsItIsSet(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		levels []string
		want   run.Level
	}{
		"nothing set":  {nil, run.Advisory},
		"soft here":    {[]string{"cost-unpriced=soft-mandatory@stage=dev"}, run.SoftMandatory},
		"hard":         {[]string{"cost-*=hard-mandatory"}, run.HardMandatory},
		"off tells it": {[]string{"cost-unpriced=off"}, run.Advisory},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := costing(t, config.Config{PolicyLevels: tt.levels}).Evaluate(t.Context(), resized(created("azurerm_orbital_spacecraft")))
			if err != nil || r.Outcome != run.Missed || r.Level != tt.want || r.Cost.Complete || r.Cost.Monthly <= 0 {
				t.Fatalf("%+v %v", r, err)
			}
			f := r.Findings[0]
			if f.Rule != unpriced || f.Address != "azurerm_orbital_spacecraft.a" || f.Fix == "" || !strings.Contains(r.Message, " a month without 1 part that has no price, at least +$74.40 against what runs") || !r.Cost.AtLeast {
				t.Errorf("%+v, %q", f, r.Message)
			}
		})
	}
}

// A part that loses its price is no saving, wherever it is told; the finding says which
// price is missing.
func TestAPartWithoutAPriceIsNoSaving(t *testing.T) {
	t.Parallel()
	in := resized()
	in.Plan.ResourceChanges[0].Change.After.(map[string]any)["location"] = "southindia"
	r, err := costing(t, config.Config{}).Evaluate(t.Context(), in)
	if err != nil || r.Cost.Delta != nil || r.Cost.AtLeast || len(r.Cost.Changes) != 1 || r.Cost.Changes[0].Delta != nil {
		t.Fatalf("%+v %+v %v", r, r.Cost, err)
	}
	for _, want := range []string{"service managed_disk, meter E30, variant LRS, region southindia, unit months"} {
		if !strings.Contains(r.Findings[0].Message, want) {
			t.Errorf("%q has no %s", r.Findings[0].Message, want)
		}
	}
	if said := r.Cost.Changes[0].String(); !strings.Contains(said, "a month, $2.40 now (the difference is not known)") {
		t.Errorf("said %q", said)
	}
	held, err := budgeting(t, "2000", budget.Warn, budget.Override).Evaluate(t.Context(), in)
	if err != nil || !held.NeedsOverride() || held.Findings[0].Budget.Delta != nil {
		t.Errorf("the budget says %+v %v", held, err)
	}
}

// What a plan of free resources leaves out is told, as that of any other.
func TestWhatAFreePlanLeavesOutIsFlagged(t *testing.T) {
	t.Parallel()
	whole := false
	for name, leave := range map[string]func(p *tfjson.Plan){
		"a change that is deferred": func(p *tfjson.Plan) {
			p.DeferredChanges = []*tfjson.DeferredResourceChange{{Reason: "absent_prereq", ResourceChange: created("azurerm_managed_disk")}}
		},
		"what is not a target": func(p *tfjson.Plan) { p.Complete = &whole },
	} {
		in := gated(created("terrace_secret"))
		if r, err := costing(t, config.Config{}).Evaluate(t.Context(), in); err != nil || !r.Cost.Complete {
			t.Errorf("a whole plan: %+v %v", r, err)
		}
		in = gated(created("terrace_secret"))
		leave(in.Plan)
		if r, err := costing(t, config.Config{}).Evaluate(t.Context(), in); err != nil || r.Outcome != run.Missed || r.Cost.Complete || len(r.Findings) != 1 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	in := gated(created("terrace_secret"))
	in.Plan.Complete, in.Run.Targets = &whole, []string{"terrace_secret.a"}
	if r, err := costing(t, config.Config{}).Evaluate(t.Context(), in); err != nil || !r.Cost.Complete {
		t.Errorf("what was asked for: %+v %v", r, err)
	}
}

// What runs and has no price is not counted as nothing that is saved.
func TestWhatRunsWithoutAPriceIsFlagged(t *testing.T) {
	t.Parallel()
	gone := created("azurerm_orbital_spacecraft")
	gone.Change = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}, Before: map[string]any{"name": "a"}}
	r, err := costing(t, config.Config{}).Evaluate(t.Context(), resized(gone))
	if err != nil || r.Outcome != run.Missed || r.Cost.Complete || r.Cost.Unpriced != 1 || len(r.Findings) != 1 || !strings.Contains(r.Message, ", the difference to what runs is not known; what runs now has 1 more") || r.Cost.Delta != nil {
		t.Errorf("%+v %v", r, err)
	}
}

// A gate never fails open: without prices there is no word, neither for the
// gate nor for policies that read the cost.
func TestPricesThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := config.Config{PriceFolders: []string{filepath.Join(dir, "prices")}}
	g := costing(t, c)
	if _, err := g.Evaluate(t.Context(), resized()); err == nil {
		t.Error("the gate passes")
	}
	if _, err := gate(t, c).Evaluate(t.Context(), resized()); err == nil {
		t.Error("policies are evaluated without the cost")
	}
	if err := os.Mkdir(filepath.Join(dir, "prices"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r, err := g.Evaluate(t.Context(), resized()); err != nil || *r.Cost.Delta <= 0 {
		t.Errorf("after it was mended: %+v %v", r, err)
	}
	in := resized()
	in.Plan = nil
	if _, err := g.Evaluate(t.Context(), in); err == nil {
		t.Error("no plan passes")
	}
}

// Prices that are imported while terraced runs count; broken ones do not.
func TestImportedPricesCountAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := costing(t, config.Config{PriceFolders: []string{dir}})
	dated := func(want string) {
		t.Helper()
		if r, err := g.Evaluate(t.Context(), resized()); err != nil || r.Cost.Prices != want {
			t.Errorf("prices of %s: %+v %v", want, r.Cost, err)
		}
	}
	write := func(date, price string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, date), 0o700); err != nil {
			t.Fatal(err)
		}
		text := "service,meter,variant,region,unit,usd\nlb,Rule,,eastus,hours," + price + "\n"
		if err := os.WriteFile(filepath.Join(dir, date, "azure.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shipped, err := pricebook.Load(pricebook.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	dated(shipped.Date())
	write("2999-01-01", "1")
	dated("2999-01-01")
	write("2999-02-01", "much")
	dated("2999-01-01")
	write("2999-02-01", "12.5")
	dated("2999-02-01")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	dated("2999-02-01")
}

func TestPoliciesSeeTheCost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "package main\n\ndeny contains msg if {\n\tc := input.terrace.cost\n\tc.delta.monthlyCost > 10\n\tcount(c.unpriced) == 1\n\tmsg := sprintf(\"%d changes\", [count(c.changes)])\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "a.rego"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := gate(t, config.Config{PolicyFolders: []string{dir}}).Evaluate(t.Context(), resized(created("azurerm_orbital_spacecraft")))
	if err != nil || !r.Blocks() || r.Findings[0].Message != "2 changes" || r.Findings[0].Level != string(policy.HardMandatory) {
		t.Errorf("%+v %v", r, err)
	}
}

// The use that a workload expects counts, is shown as assumed, and blocks where it is
// not understood.
func TestTheUsageOfAWorkloadCounts(t *testing.T) {
	t.Parallel()
	in := resized()
	in.Plan.ResourceChanges[0].Change.After.(map[string]any)["storage_account_type"] = "Standard_LRS"
	in.Plan.ResourceChanges[0].Change.Before.(map[string]any)["storage_account_type"] = "Standard_LRS"
	told := func(usage string) run.GateResult {
		in.Workload = &workload.Workload{Annotations: map[string]string{workload.UsageAnnotation: usage}}
		plan := *in.Plan // an estimate is made once for a plan
		in.Plan = &plan
		r, err := costing(t, config.Config{}).Evaluate(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	without := told("")
	with := told("resource_type_default_usage:\n  azurerm_managed_disk:\n    monthly_disk_operations: 1000000\n    nothing: 1\n")
	if with.Cost.Monthly <= without.Cost.Monthly || len(with.Cost.Assumptions) != 1 || with.Cost.Assumptions[0].Assumed != "1000000" || len(with.Cost.Warnings) != 1 {
		t.Errorf("%+v, and %+v with usage", without.Cost, with.Cost)
	}
	if !strings.Contains(with.Message, "rests on 1 assumption;") {
		t.Errorf("message %q", with.Message)
	}
	for name, usage := range map[string]string{"no YAML": "[", "less than nothing": "resource_type_default_usage:\n  azurerm_managed_disk:\n    monthly_disk_operations: -1\n", "no number": "resource_type_default_usage:\n  azurerm_managed_disk:\n    monthly_disk_operations: many\n"} {
		if r := told(usage); !r.Blocks() || len(r.Problems) == 0 {
			t.Errorf("%s passes: %+v", name, r)
		}
	}
}
