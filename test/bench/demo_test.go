package bench_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// demoSeconds is how long the demo may last, its build included, when the Go
// cache is warm.
const demoSeconds = 90

// BenchmarkDemo runs `make demo` as a user does, on ports of its own and into a
// folder of its own, so that everything is linked anew.
func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), "make", "-C", "../..", "demo", "BIN="+b.TempDir())
		cmd.Env = append(os.Environ(), "DEMO_EXIT=1",
			"TERRACE_LISTEN="+harness.FreeAddress(b), "TERRACE_GATEWAY="+harness.FreeAddress(b),
			"TERRACE_GATEWAY_HTTP="+harness.FreeAddress(b), "TERRACE_DNS="+harness.FreeAddress(b), "TERRACE_NATS="+harness.FreeAddress(b))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("make demo: %v\n%s", err, out)
		}
	}
	b.ReportMetric(0, "ns/op")
	atMost(b, b.Elapsed().Seconds()/float64(b.N), demoSeconds, "seconds")
}
