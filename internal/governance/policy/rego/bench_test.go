package rego_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	// minFirst is by how much where nothing of a plan was seen before.
	minFirst    = 5
	benchRounds = 7
	// reserve is what the daemon allocates between two collections of garbage at the
	// least, in bytes, as cmd/terraced has it: it is the daemon that evaluates.
	reserve = 64 << 20
)

// BenchmarkEval evaluates 100 policies over a plan of 1,000 resources, from the
// JSON of the plan to the report, and has opa's own command do the same: a
// process that reads, compiles and evaluates. The policies are of those that are
// shipped: a hundred from all over, as a platform has in force, and a hundred that all find their types in the plan, nearly all of whose resources
// break them. The plans are those of a stack that somebody works at, each with ten of
// its resources changed, one new and one gone; that of a stack at which nobody works,
// which is held against its policies again; and others altogether, of which no resource
// was seen before. All are to take no longer than is allowed, the first two a tenth of
// what opa takes, the last a fifth.
func BenchmarkEval(b *testing.B) {
	for name, speaking := range map[string]bool{"spread": false, "asked": true} {
		b.Run(name+"/changed", func(b *testing.B) { eval(b, hundred(b, speaking), minFaster, changed) })
		b.Run(name+"/same", func(b *testing.B) { eval(b, hundred(b, speaking), minFaster, unchanged) })
		b.Run(name+"/other", func(b *testing.B) { eval(b, hundred(b, speaking), minFirst, other) })
	}
}

// changed is the plan of a stack in its nth round.
func changed(n int) plans {
	return plans{stack: 0, fresh: func(i int) int {
		if i%100 == n%100 {
			return n
		}
		return 0
	}, from: n, to: benchResources + n}
}

// unchanged is the same plan in each round.
func unchanged(int) plans { return changed(0) }

// other is a plan of its own.
func other(n int) plans {
	return plans{stack: n, fresh: func(int) int { return 0 }, from: 0, to: benchResources}
}

func eval(b *testing.B, folder policy.Folder, atLeast float64, nth func(int) plans) {
	b.Helper()
	set, err := rego.Compile(b.Context(), policy.Folder{}, folder)
	if err != nil {
		b.Fatal(err)
	}
	results := 0
	ours := func(text []byte) {
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
	theirs := process(b, folder)
	n := 0
	next := func() []byte { n++; return nth(n).json(b) }
	first := next()
	ours(first) // the first evaluation is not measured
	theirs(first)
	reserved := make([]byte, reserve)
	defer runtime.KeepAlive(reserved)
	for b.Loop() {
		var own, other, ownCPU, otherCPU []float64
		for range benchRounds {
			text := next()
			took, cpu := measured(syscall.RUSAGE_SELF, func() { ours(text) })
			own, ownCPU = append(own, took), append(ownCPU, cpu)
			took, cpu = measured(syscall.RUSAGE_CHILDREN, func() { theirs(text) })
			other, otherCPU = append(other, took), append(otherCPU, cpu)
		}
		took, ratio := median(own), median(other)/median(own)
		b.ReportMetric(took, "ms")
		b.ReportMetric(median(other), "opa-ms")
		b.ReportMetric(ratio, "x-faster")
		b.ReportMetric(median(ownCPU), "cpu-ms")
		b.ReportMetric(median(otherCPU), "opa-cpu-ms")
		b.ReportMetric(float64(results), "results")
		if took > maxMilliseconds || ratio < atLeast {
			b.Errorf("%.0f ms (%.0f of processors), %.1f times faster than a process of opa; at most %d ms and at least %.0f times are wanted",
				took, median(ownCPU), ratio, maxMilliseconds, atLeast)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// measured returns how long f takes, and of that the time of processors, which
// depends less on what else the machine does, in milliseconds.
func measured(who int, f func()) (took, cpu float64) {
	used := func() float64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(who, &u)
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	before, start := used(), time.Now()
	f()
	return float64(time.Since(start).Microseconds()) / 1000, used() - before
}

// process writes the policies to files, builds opa and returns what runs it over a plan.
func process(b *testing.B, folder policy.Folder) func([]byte) {
	b.Helper()
	dir := b.TempDir()
	opa := filepath.Join(dir, "opa")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", opa, "github.com/open-policy-agent/opa")
	build.Dir = "../../../../tools/opa"
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("opa: %v\n%s", err, out)
	}
	input := filepath.Join(dir, "plan.json")
	for i, f := range folder.Modules {
		write(b, filepath.Join(dir, "policies", fmt.Sprintf("%d.rego", i)), f.Content)
	}
	return func(text []byte) {
		write(b, input, text)
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

// plans are those of a stack: the resources from one number to another, each as it
// is since a round.
type plans struct {
	stack, from, to int
	fresh           func(resource int) int
}

// json is a plan of ten types, a hundred resources of each, of which one in twenty
// breaks policies.
func (p plans) json(b *testing.B) []byte {
	b.Helper()
	types := planTypes()
	var changes, configured []any
	for i := p.from; i < p.to; i++ {
		kind, name := types[i%len(types)], fmt.Sprintf("r%d", i)
		after := map[string]any{"id": nil, "name": name, "location": "westeurope", "tags": map[string]any{"env": "dev", "owner": "a", "costcenter": "1"}}
		for n := range 16 {
			after[fmt.Sprintf("attribute_%d", n)] = fmt.Sprintf("value %d of %d in %d since %d", n, i, p.stack, p.fresh(i))
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
