package rego_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/policies"
)

const (
	benchPolicies  = 100
	benchResources = 1000
	// maxMilliseconds is what evaluating them may take once they are compiled.
	maxMilliseconds = 250
	// minFaster is by how much they are faster than a process of opa for each run.
	minFaster = 10
	rounds    = 7
)

// BenchmarkEval evaluates 100 policies over a plan of 1,000 resources, from the
// JSON of the plan to the report, and has opa's own command do the same: a
// process that reads, compiles and evaluates. The policies are of those that are
// shipped: a hundred from all over, as a platform has in force, whose bounds must
// hold, and a hundred that all find their types in the plan, nearly all of whose
// resources break them.
func BenchmarkEval(b *testing.B) {
	b.Run("spread", func(b *testing.B) { eval(b, hundred(b, false), true) })
	b.Run("asked", func(b *testing.B) { eval(b, hundred(b, true), false) })
}

func eval(b *testing.B, folder policy.Folder, bound bool) {
	b.Helper()
	text := thousand(b)
	set, err := rego.Compile(b.Context(), policy.Folder{}, folder)
	if err != nil {
		b.Fatal(err)
	}
	results := 0
	ours := func() {
		in, err := plan.Read("plan.json", text)
		if err != nil {
			b.Fatal(err)
		}
		report, err := set.Eval(b.Context(), in, rego.Options{})
		if err != nil || report.Count(policy.Errored) > 0 {
			b.Fatal(err, report.Results)
		}
		results = len(report.Results)
	}
	theirs := process(b, folder, text)
	ours() // the first evaluation is not measured
	theirs()
	for b.Loop() {
		var own, other []float64
		for range rounds {
			own, other = append(own, milliseconds(ours)), append(other, milliseconds(theirs))
		}
		slices.Sort(own)
		slices.Sort(other)
		took, ratio := own[rounds/2], other[rounds/2]/own[rounds/2]
		b.ReportMetric(took, "ms")
		b.ReportMetric(other[rounds/2], "opa-ms")
		b.ReportMetric(ratio, "x-faster")
		b.ReportMetric(processor(syscall.RUSAGE_SELF, ours), "cpu-ms")
		b.ReportMetric(processor(syscall.RUSAGE_CHILDREN, theirs), "opa-cpu-ms")
		b.ReportMetric(float64(results), "results")
		if bound && (took > maxMilliseconds || ratio < minFaster) {
			b.Errorf("%.0f ms, %.1f times faster than a process of opa; at most %d ms and at least %d times are wanted", took, ratio, maxMilliseconds, minFaster)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func milliseconds(f func()) float64 {
	start := time.Now()
	f()
	return float64(time.Since(start).Microseconds()) / 1000
}

// processor returns the time of processors that f takes, in milliseconds: it
// depends less on what else the machine does.
func processor(who int, f func()) float64 {
	used := func() float64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(who, &u)
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	before := used()
	f()
	return used() - before
}

// process writes the policies and the plan to files, builds opa and returns what runs it.
func process(b *testing.B, folder policy.Folder, text []byte) func() {
	b.Helper()
	dir := b.TempDir()
	opa := filepath.Join(dir, "opa")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", opa, "github.com/open-policy-agent/opa")
	build.Dir = "../../../../tools/opa"
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("opa: %v\n%s", err, out)
	}
	input := filepath.Join(dir, "plan.json")
	write(b, input, text)
	for i, f := range folder.Modules {
		write(b, filepath.Join(dir, "policies", fmt.Sprintf("%d.rego", i)), f.Content)
	}
	return func() {
		cmd := exec.CommandContext(b.Context(), opa, "eval", "--data", filepath.Join(dir, "policies"), "--input", input,
			"{[p, r] | some p, q; walk(data.bench, [p, q]); some r in q.deny}")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("opa eval: %v\n%s", err, out)
		}
	}
}

func write(b *testing.B, file string, content []byte) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		b.Fatal(err)
	}
}

// hundred are the library and a hundred of the policies that are shipped, each
// once: ninety that speak of single types, and ten that look at all. Either they
// are from all over, or of those alone that speak of the types of the plan.
func hundred(b *testing.B, speaking bool) policy.Folder {
	b.Helper()
	shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
	if err != nil {
		b.Fatal(err)
	}
	index, err := policy.ReadIndex(policies.Index)
	if err != nil {
		b.Fatal(err)
	}
	types := map[string]bool{}
	for _, name := range planTypes() {
		types[name] = true
	}
	asked := index.Files(func(p policy.Policy) bool { return p.Concerns(types) })
	var folder policy.Folder
	var azure, general []policy.File
	for _, f := range shipped.Modules {
		switch system, _, _ := strings.Cut(f.Path, "/"); {
		case system == "lib":
			folder.Modules = append(folder.Modules, f)
		case speaking && !asked[f.Path]:
		case system == "terraform":
			general = append(general, f)
		default:
			azure = append(azure, f)
		}
	}
	for i := range benchPolicies {
		f := azure[max(0, i-1-i/10)*len(azure)/(benchPolicies*9/10)%len(azure)]
		if i%10 == 0 {
			f = general[i/10*len(general)/(benchPolicies/10)]
		}
		text := strings.NewReplacer("package terrace.", fmt.Sprintf("package bench.n%d.", i), "id: ", fmt.Sprintf("id: n%d-", i)).Replace(string(f.Content))
		folder.Modules = append(folder.Modules, policy.File{Path: f.Path, Name: fmt.Sprintf("%d/%s", i, f.Name), Content: []byte(text)})
	}
	return folder
}

func planTypes() []string {
	return []string{
		"azurerm_storage_account", "azurerm_key_vault", "azurerm_kubernetes_cluster", "azurerm_private_endpoint", "azurerm_subnet",
		"azurerm_resource_group", "azurerm_mysql_flexible_server", "azurerm_role_assignment", "azurerm_private_dns_zone", "azurerm_log_analytics_workspace",
	}
}

// thousand is a plan of 1,000 resources of ten types, a hundred of each, of which
// one in twenty breaks policies.
func thousand(b *testing.B) []byte {
	b.Helper()
	types := planTypes()
	var changes, configured []any
	for i := range benchResources {
		kind, name := types[i%len(types)], fmt.Sprintf("r%d", i)
		after := map[string]any{"id": nil, "name": name, "location": "westeurope", "tags": map[string]any{"env": "dev", "owner": "a", "costcenter": "1"}}
		for n := range 16 {
			after[fmt.Sprintf("attribute_%d", n)] = fmt.Sprintf("value %d of %d", n, i)
		}
		good := i%200 >= 10 // one in twenty breaks what it can
		after["https_traffic_only_enabled"], after["purge_protection_enabled"], after["private_cluster_enabled"] = good, good, good
		after["public_network_access_enabled"] = !good
		after["block"] = []any{map[string]any{"a": 1, "b": []any{"x", "y"}, "c": map[string]any{"d": true}}}
		address := kind + "." + name
		changes = append(changes, map[string]any{
			"address": address, "mode": "managed", "type": kind, "name": name, "provider_name": "registry.terraform.io/hashicorp/azurerm",
			"change": map[string]any{"actions": []string{"create"}, "before": nil, "after": after, "after_unknown": map[string]any{"id": true}},
		})
		configured = append(configured, map[string]any{"address": address, "expressions": map[string]any{
			"name": map[string]any{"constant_value": name}, "private_service_connection": []any{map[string]any{
				"private_connection_resource_id": map[string]any{"references": []string{fmt.Sprintf("azurerm_storage_account.r%d.id", i-3), fmt.Sprintf("azurerm_storage_account.r%d", i-3)}},
			}},
		}})
	}
	text, err := json.Marshal(map[string]any{
		"format_version": "1.2", "resource_changes": changes,
		"configuration": map[string]any{"root_module": map[string]any{"resources": configured}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return text
}
