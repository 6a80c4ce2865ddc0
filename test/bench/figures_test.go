package bench_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

func median[T cmp.Ordered](of []T) T {
	slices.Sort(of)
	return of[len(of)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// atMost reports a figure and fails the benchmark when it is past its limit.
func atMost(b *testing.B, figure, limit float64, unit string) {
	b.Helper()
	b.ReportMetric(figure, unit)
	if figure > limit {
		b.Errorf("%.2f %s, at most %.2f may be", figure, unit, limit)
	}
}

// pairs are what two ways of doing the same took, in turns.
type pairs struct {
	ours, bare []time.Duration
}

func (p *pairs) add(ours, bare func()) {
	// Who is first takes turns, too.
	if len(p.ours)%2 == 0 {
		p.ours, p.bare = append(p.ours, timed(ours)), append(p.bare, timed(bare))
		return
	}
	bareTook := timed(bare)
	p.ours, p.bare = append(p.ours, timed(ours)), append(p.bare, bareTook)
}

// report gives the median of the ratios, pair by pair.
func (p *pairs) report(b *testing.B, limit float64) {
	b.Helper()
	ratios := make([]float64, len(p.ours))
	for i := range ratios {
		ratios[i] = p.ours[i].Seconds() / p.bare[i].Seconds()
	}
	b.ReportMetric(milliseconds(median(slices.Clone(p.ours))), "terrace-ms")
	b.ReportMetric(milliseconds(median(slices.Clone(p.bare))), "bare-ms")
	b.ReportMetric(0, "ns/op") // says nothing about many deploys
	b.Logf("ratios of the pairs: %.2f", ratios)
	atMost(b, median(ratios), limit, "ratio")
}

// residentMB returns the most memory that the process ever had resident.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("this system does not tell the memory of a process: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		var kB float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kB); err == nil {
			return kB / 1000
		}
	}
	b.Fatal("the process does not tell its memory")
	return 0
}
