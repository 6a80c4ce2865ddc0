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

// cost is what something took.
type cost struct {
	wall time.Duration
	// cpu is what was computed for it, in milliseconds, by the daemon, by this
	// process and by all that either of them started and that has ended. A busy
	// machine makes everything longer, but computing hardly more.
	cpu float64
}

// spent measures what it costs to do something with the daemon.
func (p *platform) spent(b *testing.B, do func()) cost {
	b.Helper()
	before := treeMS(b, p.PID()) + treeMS(b, os.Getpid())
	wall := timed(do)
	return cost{wall: wall, cpu: treeMS(b, p.PID()) + treeMS(b, os.Getpid()) - before}
}

// pairs are what two ways of doing the same cost, in turns.
type pairs struct {
	*platform

	ours, bare []cost
}

func (p *pairs) add(b *testing.B, ours, bare func()) {
	b.Helper()
	// Who is first takes turns, too.
	if len(p.ours)%2 == 0 {
		p.ours, p.bare = append(p.ours, p.spent(b, ours)), append(p.bare, p.spent(b, bare))
		return
	}
	p.bare = append(p.bare, p.spent(b, bare))
	p.ours = append(p.ours, p.spent(b, ours))
}

// report gives the medians of the ratios, pair by pair.
func (p *pairs) report(b *testing.B, limit float64) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // says nothing about many deploys
	wall := func(c cost) float64 { return milliseconds(c.wall) }
	atMost(b, p.compare(b, "", wall), limit, "ratio")
	b.ReportMetric(p.compare(b, "cpu-", func(c cost) float64 { return c.cpu }), "cpu-ratio")
}

// compare reports what one figure is on both sides and returns the median of its ratios.
func (p *pairs) compare(b *testing.B, name string, of func(cost) float64) float64 {
	b.Helper()
	var ours, bare, ratios []float64
	for i := range p.ours {
		ours, bare = append(ours, of(p.ours[i])), append(bare, of(p.bare[i]))
		ratios = append(ratios, ours[i]/bare[i])
	}
	b.Logf("%sratios of the pairs: %.2f", name, ratios)
	b.ReportMetric(median(ours), "terrace-"+name+"ms")
	b.ReportMetric(median(bare), "bare-"+name+"ms")
	return median(ratios)
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
