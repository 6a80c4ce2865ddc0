package dns_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
)

const (
	zoneName = "corp.internal"
	zoneFile = "corp.zone"
	// records are in the zone, and others are names that are asked for elsewhere.
	records = 10000
	others  = 300
	// rounds are measured in turns of each server; the median counts.
	rounds = 7
	turn   = time.Second
	// least is what is promised beside CoreDNS.
	least = 0.8
)

// BenchmarkBesideCoreDNS counts answers of a second out of a zone with 10,000 records, with
// forwarding on, and answers of a forwarder that are kept. It fails where less is reached beside
// CoreDNS than is promised.
func BenchmarkBesideCoreDNS(b *testing.B) {
	binary, clean, err := coreDNS()
	if err != nil {
		b.Skipf("CoreDNS cannot be built: %v", err)
	}
	defer clean()
	upstream := launch(b, role("upstream", freeAddress(b), "", ""))
	defer upstream.stop()
	servers := map[string]*running{}
	for _, name := range []string{"terrace", "coredns"} {
		dir, address := b.TempDir(), freeAddress(b)
		writeZone(b, dir)
		if name == "terrace" {
			servers[name] = launch(b, role("terrace", address, upstream.address, dir))
		} else {
			servers[name] = launch(b, process{coreDNSCommand(b, binary, dir, address, upstream.address), address})
		}
		defer servers[name].stop()
	}
	for scene, names := range map[string][]string{"zone": hosts("h%d."+zoneName+".", records), "kept": hosts("h%d.example.com.", others)} {
		compare(b, scene, servers, questions(b, names))
	}
}

func hosts(format string, n int) []string {
	names := make([]string, 0, n)
	for i := range n {
		names = append(names, fmt.Sprintf(format, i))
	}
	return names
}

func writeZone(b *testing.B, dir string) {
	b.Helper()
	var text strings.Builder
	text.WriteString("$ORIGIN " + zoneName + ".\n@ 3600 IN SOA ns hostmaster 1 3600 600 86400 60\n@ 3600 IN NS ns\nns 3600 IN A 127.0.0.1\n")
	for i := range records {
		fmt.Fprintf(&text, "h%d 300 IN A 10.0.%d.%d\n", i, i>>8, i&255)
	}
	if err := os.WriteFile(filepath.Join(dir, zoneFile), []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
}

// compare measures servers in turns.
func compare(b *testing.B, scene string, servers map[string]*running, all [][]byte) {
	b.Helper()
	rates, costs := map[string][]float64{}, map[string][]float64{}
	for round := range rounds + 1 {
		for name, s := range servers {
			before := s.cpu(b)
			rate := ask(b, s.address, all, turn)
			if round == 0 {
				continue // it warms up
			}
			rates[name] = append(rates[name], rate)
			costs[name] = append(costs[name], (s.cpu(b)-before).Seconds()*1e6/(rate*turn.Seconds()))
		}
	}
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "\n%-8s %12s %20s\n", scene, "answers/s", "CPU µs an answer")
	for _, name := range []string{"terrace", "coredns"} {
		_, _ = fmt.Fprintf(&out, "%-8s %12.0f %20.2f\n", name, median(rates[name]), median(costs[name]))
	}
	ratio := median(rates["terrace"]) / median(rates["coredns"])
	b.Logf("%s%.2f of CoreDNS", out.String(), ratio)
	b.ReportMetric(ratio, scene+"-of-coredns")
	if ratio < least {
		b.Errorf("%s: %.2f of CoreDNS is less than %.1f", scene, ratio, least)
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// process is one that is to be started.
type process struct {
	cmd     *exec.Cmd
	address string
}

// role is the test binary as one of the processes.
func role(name, listen, ask, dir string) process {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+name, listenVariable+"="+listen, askVariable+"="+ask, dirVariable+"="+dir)
	return process{cmd, listen}
}

// coreDNS builds it from its module, unless TERRACE_BENCH_COREDNS names one that is built.
func coreDNS() (binary string, clean func(), err error) {
	if binary := os.Getenv("TERRACE_BENCH_COREDNS"); binary != "" {
		return binary, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "terrace-bench-coredns-")
	if err != nil {
		return "", nil, err
	}
	clean = func() { _ = os.RemoveAll(dir) }
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "coredns"), ".")
	build.Dir, build.Env = "coredns", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		clean()
		return "", nil, fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Join(dir, "coredns"), clean, nil
}

func coreDNSCommand(b *testing.B, binary, dir, address, ask string) *exec.Cmd {
	b.Helper()
	host, port, _ := net.SplitHostPort(address)
	config := filepath.Join(dir, "Corefile")
	text := fmt.Sprintf("%[1]s:%[2]s {\n bind %[3]s\n file %[4]s %[1]s\n}\n.:%[2]s {\n bind %[3]s\n cache 3600\n forward . %[5]s\n}\n", zoneName, port, host, filepath.Join(dir, zoneFile), ask)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return exec.Command(binary, "-quiet", "-conf", config)
}

// running is a process that answers.
type running struct {
	cmd     *exec.Cmd
	address string
}

// launch starts a process, and waits until it answers.
func launch(b *testing.B, p process) *running {
	b.Helper()
	log := &strings.Builder{}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	r := &running{p.cmd, p.address}
	client := &mdns.Client{Timeout: 100 * time.Millisecond}
	for range 600 {
		if reply, _, err := client.Exchange(new(mdns.Msg).SetQuestion("h1."+zoneName+".", mdns.TypeA), p.address); err == nil && len(reply.Answer) > 0 {
			return r
		}
		<-time.After(50 * time.Millisecond)
	}
	r.stop()
	b.Fatalf("%s does not answer: %s", p.cmd.Path, log)
	return nil
}

// stop ends the process.
func (r *running) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(20*time.Second, func() { _ = r.cmd.Process.Kill() })
	defer late.Stop()
	_ = r.cmd.Wait()
}

// cpu is the processor time that the process has taken (proc_pid_stat(5), in ticks of 10 ms).
func (r *running) cpu(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var user, system int64
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
