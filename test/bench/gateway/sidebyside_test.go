package gateway_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/test/bench/pace"
)

// How often each is measured, in turns; the median counts. Turns at half load are short, and
// those count in which a virtual machine had its processors for itself: an instant of some
// milliseconds that the host takes would be the 99th percentile of a longer one.
const (
	rounds     = 3
	halfRounds = 61
	halfTries  = 4 * halfRounds
)

// figures are of one proxy.
type figures struct {
	perSecond []float64
	// cpu is seconds for a thousand requests, p99 at half of what it can.
	cpu []float64
	p99 []time.Duration
}

// BenchmarkSideBySide measures a GET of 1 KB over plain HTTP on loopback. The
// gateway finds it among a thousand routes, counts it for its metrics and holds
// it against a limit; the others do none of these. It fails where the gateway does not reach what is promised beside Caddy and the
// tuned ReverseProxy.
func BenchmarkSideBySide(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skip("wrk is not on this machine")
	}
	service := launch(b, peer{"service", role("service", "GOMAXPROCS=1")}, "")
	defer service.stop()
	if os.Getenv("TERRACE_BENCH_CADDY") == "" {
		defer func() {
			if binary, err := caddyBinary(); err == nil {
				_ = os.Remove(binary)
			}
		}()
	}
	seconds := 4
	if s, err := strconv.Atoi(os.Getenv("TERRACE_BENCH_SECONDS")); err == nil && s > 0 {
		seconds = s
	}
	results := map[string]*figures{}
	for range rounds {
		for _, p := range peers() {
			if f := results[p.name]; f == nil {
				results[p.name] = &figures{}
			}
			measure(b, wrk, seconds, p, service.addr, results[p.name])
		}
	}
	atHalfLoad(b, service.addr, results)
	report(b, results)
}

// atHalfLoad measures what each proxy adds to the service's own p99 at half of what it can,
// or at what the client of this test keeps up with. In the same turn some requests go
// to the service itself: what stops the machine, or the client, stops both.
func atHalfLoad(b *testing.B, service string, results map[string]*figures) {
	b.Helper()
	running := map[string]*running{}
	for _, p := range peers() {
		if len(results[p.name].perSecond) == 0 {
			continue
		}
		r := launch(b, p, service)
		defer r.stop()
		running[p.name] = r
		paced(b, r.addr, half(results[p.name]), time.Second) // warms it up
	}
	// The runtime of the client does not look for work on the core that the measured needs.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range halfTries {
		for name, r := range running {
			f, direct := results[name], make(chan time.Duration, 1)
			if len(f.p99) == halfRounds {
				continue
			}
			before := pace.Stolen()
			go func() { direct <- paced(b, service, half(f)/4, pace.Turn) }()
			through := paced(b, r.addr, half(f), pace.Turn)
			added := through - <-direct
			if pace.Stolen() == before {
				f.p99 = append(f.p99, added)
			}
		}
	}
}

func half(f *figures) float64 { return min(median(f.perSecond)/2, 8000) }

// measure runs one proxy at full load, in a process of its own, whose CPU time is all its.
func measure(b *testing.B, wrk string, seconds int, p peer, service string, f *figures) {
	b.Helper()
	r := launch(b, p, service)
	if r == nil {
		b.Logf("%s is not on this machine", p.name)
		return
	}
	out, err := exec.Command(wrk, "-t2", "-c64", "-d"+strconv.Itoa(seconds)+"s", "-H", "Host: "+measuredHost, "http://"+r.addr+"/").CombinedOutput()
	if err != nil || strings.Contains(string(out), "Non-2xx") {
		b.Errorf("%s: %v: %s", p.name, err, out)
	}
	requests := number(b, string(out), `(\d+) requests in`)
	rate := number(b, string(out), `Requests/sec:\s+([\d.]+)`)
	cpu := r.stop()
	f.perSecond = append(f.perSecond, rate)
	f.cpu = append(f.cpu, cpu.Seconds()*1000/requests)
}

func number(b *testing.B, in, pattern string) float64 {
	b.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(in)
	if found == nil {
		b.Fatalf("no %s in %s", pattern, in)
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// paced sends requests at a rate and returns the 99th percentile of the time from when each
// was due.
func paced(b *testing.B, addr string, perSecond float64, d time.Duration) time.Duration {
	b.Helper()
	clients, err := pace.Open(16, measuredHost, 1024, func() (net.Conn, error) { return net.Dial("tcp", addr) })
	if err != nil {
		b.Error(err)
		return 0
	}
	defer clients.Close()
	took, err := clients.Ask(perSecond, d)
	if err != nil {
		b.Error(err)
	}
	return pace.Quantile(took, 99)
}

func median[T int64 | float64 | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func report(b *testing.B, results map[string]*figures) {
	b.Helper()
	own := median(results["terrace"].perSecond)
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "\n%-14s %12s %8s %18s %24s\n", "", "requests/s", "ratio", "CPU s/1000", "p99 added, half load")
	for _, p := range peers() {
		f := results[p.name]
		if len(f.perSecond) == 0 {
			continue
		}
		rate := median(f.perSecond)
		_, _ = fmt.Fprintf(&out, "%-14s %12.0f %8.2f %18.4f %16s (of %d)\n", p.name, rate, own/rate, median(f.cpu), median(f.p99).Round(10*time.Microsecond), len(f.p99))
		if p.name != "terrace" {
			b.ReportMetric(own/rate, "of-"+p.name)
		}
	}
	b.Log(out.String())
	for name, least := range map[string]float64{"caddy": 1.5, "reverseproxy": 1.1} {
		if rate := median(results[name].perSecond); rate > 0 && own/rate < least {
			b.Errorf("%.2f of %s: less than %.1f", own/rate, name, least)
		}
	}
}
