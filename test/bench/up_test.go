package bench_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/test/harness"
)

// ready is how soon `terraced up` has to be ready.
const ready = 1500 * time.Millisecond

// BenchmarkUp measures `terraced up` from the start of the process to the
// first good answer of /readyz, and the memory that it takes.
func BenchmarkUp(b *testing.B) {
	b.Run("empty", func(b *testing.B) {
		var took []time.Duration
		var memory []float64
		for b.Loop() {
			for range rounds {
				d := harness.New(b)
				took = append(took, timed(d.Boot))
				memory = append(memory, residentMB(b, d.PID()))
				d.Stop()
			}
		}
		report(b, took, memory)
	})
	b.Run("used", func(b *testing.B) {
		p := start(b)
		for _, name := range []string{"orders", "parcels", "bills"} {
			p.deploy(b, name, "mark-0")
		}
		var took []time.Duration
		var memory []float64
		for b.Loop() {
			for range rounds {
				p.Stop()
				took = append(took, timed(p.Boot))
				p.deploy(b, "orders", "mark-0") // every workload is back
				memory = append(memory, residentMB(b, p.PID()))
			}
		}
		report(b, took, memory)
	})
}

func report(b *testing.B, took []time.Duration, memory []float64) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	atMost(b, milliseconds(median(took)), milliseconds(ready), "ready-ms")
	atMost(b, median(memory), maxResidentMB, "resident-MB")
}
