package gateway_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// What the gateway has besides its metrics.
const (
	routesVariable = "TERRACE_BENCH_ROUTES"
	limitVariable  = "TERRACE_BENCH_LIMIT"
	issuerVariable = "TERRACE_BENCH_ISSUER"
)

func count(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// policiesOf are the kinds and policies that the environment asks for.
func policiesOf(scope kernel.Scope, log *slog.Logger) (kinds []gateway.Kind, policies []gateway.Policy, end func()) {
	add := func(k gateway.Kind, spec string) {
		kinds = append(kinds, k)
		policies = append(policies, gateway.Policy{Scope: scope, Name: strings.ToLower(k.Name()), Kind: k.Name(), Spec: json.RawMessage(spec)})
	}
	end = func() {}
	if issuer := os.Getenv(issuerVariable); issuer != "" {
		k := authn.New(authn.Config{Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, Log: log})
		end = k.Close
		add(k, fmt.Sprintf(`{"providers": [{"name": "login", "jwt": {"issuers": [{"issuer": %q}], "audiences": ["https://api.example"]}}],
			"claimsToHeaders": [{"claim": "sub", "header": "X-User-Id"}]}`, issuer))
	}
	if os.Getenv(limitVariable) != "" {
		add(limit.New(limit.Config{}), `{"limits": [{"key": ["client"], "windows": [{"limit": 900000000, "per": "1m"}]}]}`)
	}
	return kinds, policies, end
}

// flat is what a request may cost more with many routes: none in finding its own, but
// the collector has more memory to look through.
const flat = 1.2

// variant is the gateway with something more, or less, than the first one has.
type variant struct {
	name string
	env  []string
	// most is how much more processor time it may take than the first, 0 for any.
	most float64

	running *running
}

// cost is what a variant did in each round, as a share of the first one.
type cost struct{ rate, cpu, own []float64 }

// BenchmarkSideBySideCosts measures what one thing more costs: the variants are processes
// that are there all along, warm, and have turns of a second. Who else uses the machine
// makes a request cost more processor time, never less: the least of all rounds
// counts, beside the median of the ratios within a round.
func BenchmarkSideBySideCosts(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skip("wrk is not on this machine")
	}
	service := launch(b, peer{"service", role("service")}, "")
	defer service.stop()
	issuer := authntest.NewIssuer(b)
	token := issuer.Token(b, nil, nil)
	variants := []variant{
		{name: "1 route", env: []string{routesVariable + "=0"}},
		{name: "100 routes", env: []string{routesVariable + "=99"}, most: flat},
		{name: "1,000 routes", env: []string{routesVariable + "=999"}, most: flat},
		{name: "10,000 routes", env: []string{routesVariable + "=9999"}, most: flat},
		{name: "a limit", env: []string{routesVariable + "=0", limitVariable + "=1"}},
		{name: "JWT", env: []string{routesVariable + "=0", issuerVariable + "=" + issuer.URL}, most: 1.07},
	}
	for i := range variants {
		v := &variants[i]
		v.start(b, service.addr)
		defer v.running.stop()
		v.measure(b, wrk, token)
	}
	costs := make([]cost, len(variants))
	for round := range count("TERRACE_BENCH_ROUNDS", 18) {
		rates, cpus := make([]float64, len(variants)), make([]float64, len(variants))
		for i := range variants { // each begins in its turn
			i = (i + round) % len(variants)
			rates[i], cpus[i] = variants[i].measure(b, wrk, token)
		}
		for i := range costs {
			c := &costs[i]
			c.rate, c.cpu, c.own = append(c.rate, rates[i]/rates[0]), append(c.cpu, cpus[i]/cpus[0]), append(c.own, cpus[i])
		}
	}
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "\n%-14s %17s %15s %14s %18s\n", "", "requests/s, ratio", "CPU, ratio", "of the least", "least CPU s/1000")
	for i, v := range variants {
		least := slices.Min(costs[i].own)
		cpu := least / slices.Min(costs[0].own)
		_, _ = fmt.Fprintf(&out, "%-14s %17.3f %15.3f %14.3f %18.4f\n", v.name, median(costs[i].rate), median(costs[i].cpu), cpu, least)
		if cpu = min(cpu, median(costs[i].cpu)); v.most > 0 && cpu > v.most { // both say so
			b.Errorf("%s: %.3f of the processor time, more than %.2f", v.name, cpu, v.most)
		}
	}
	b.Log(out.String())
}

// start starts a variant.
func (v *variant) start(b *testing.B, service string) {
	b.Helper()
	own := role("terrace")
	v.running = launch(b, peer{v.name, func(b *testing.B, dir, listen, service string) *exec.Cmd {
		b.Helper()
		cmd := own(b, dir, listen, service)
		cmd.Env = append(cmd.Env, v.env...)
		return cmd
	}}, service)
}

// measure drives a variant and returns its requests a second, and seconds of processor
// time for a thousand.
func (v *variant) measure(b *testing.B, wrk, token string) (rate, cpu float64) {
	b.Helper()
	before := v.running.used(b)
	raw, err := exec.Command(wrk, "-t2", "-c64", "-d"+strconv.Itoa(count("TERRACE_BENCH_SECONDS", 1))+"s", "-H", "Host: "+measuredHost,
		"-H", "Authorization: Bearer "+token, "http://"+v.running.addr+"/").CombinedOutput()
	after, out := v.running.used(b), string(raw)
	if err != nil || strings.Contains(out, "Non-2xx") {
		b.Errorf("%s: %v: %s", v.name, err, out)
	}
	return number(b, out, `Requests/sec:\s+([\d.]+)`), (after - before) * 1000 / number(b, out, `(\d+) requests in`)
}

// used is how many seconds of processor time a process has taken so far.
func (r *running) used(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // of USER_HZ
}
