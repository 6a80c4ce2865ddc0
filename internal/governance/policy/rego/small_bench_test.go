package rego_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

const (
	// maxSmall is what the processors may take for a small plan, in milliseconds.
	maxSmall    = 1
	smallRounds = 101
)

// BenchmarkSmall evaluates the shipped policies over the plan of a service with a
// secret, one of whose arguments is another one each time, within what surrounds a
// run: what every deployment waits for.
func BenchmarkSmall(b *testing.B) {
	text, err := os.ReadFile("testdata/small.json")
	if err != nil {
		b.Fatal(err)
	}
	set, err := rego.Compile(b.Context(), library(b), policy.Folder{Modules: concerning(b, "terrace_service", "terrace_secret")})
	if err != nil {
		b.Fatal(err)
	}
	nth := func(n int) policy.Input {
		in, err := plan.Read("plan.json", []byte(strings.ReplaceAll(string(text), "MARK", fmt.Sprintf("mark-%d", n))))
		if err != nil {
			b.Fatal(err)
		}
		in.Context = policy.Context{
			Tenant: "default", Project: "demo", Stage: "dev", Target: "local", Runtime: "process", Operation: "deploy", Requester: "somebody",
			Workload: map[string]any{"metadata": map[string]any{"name": "shop"}, "containers": map[string]any{"main": map[string]any{"image": "."}}},
			Cost:     map[string]any{"monthly": "0.00", "currency": "EUR", "complete": true},
		}
		return in
	}
	n := 0
	eval := func(in policy.Input) {
		if report, err := set.Eval(b.Context(), in, rego.Options{}); err != nil || len(report.Evaluated) < 20 || report.Count(policy.Errored) > 0 {
			b.Fatal(err, report)
		}
	}
	eval(nth(0))
	reserved := make([]byte, reserve)
	defer runtime.KeepAlive(reserved)
	for b.Loop() {
		var all []float64
		for range smallRounds {
			n++
			in := nth(n) // the gate has read the plan for others, too
			_, cpu := measured(syscall.RUSAGE_SELF, func() { eval(in) })
			all = append(all, cpu)
		}
		each := median(all)
		b.ReportMetric(each, "cpu-ms")
		if each > maxSmall {
			b.Errorf("%.2f ms of processors; at most %d are wanted", each, maxSmall)
		}
	}
	b.ReportMetric(0, "ns/op")
}
