package sidecar_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/test/bench/pace"
)

// BenchmarkSidecarAtHalfLoad asks an application, which is a process of its own as each sidecar
// is, through its sidecar as a client that has an SVID, and through the sidecars of both sides:
// 1,000 times a second on 16 connections, and half as often as is answered at most. It tells
// what they add to the time of calls that went to the application itself in the same turns: in
// the median of the turns, and over all requests together. Turns count in which the host of a
// virtual machine took nothing.
func BenchmarkSidecarAtHalfLoad(b *testing.B) {
	direct, ways := sides(b)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the client leaves the other core to who is measured
	var most, cpu []float64
	for _, w := range ways {
		perSecond, took := w.most(b)
		most, cpu = append(most, perSecond), append(cpu, took)
	}
	turns := max(b.N/100, 1) // each is 100 requests at the slower pace
	b.ResetTimer()
	for i, w := range ways {
		w.measured(b, direct, fmt.Sprint(callPace), callPace, turns)
		w.measured(b, direct, "half", min(most[i]/2, fastest), turns)
		b.ReportMetric(most[i], w.name+"-most-req/s")
		b.ReportMetric(cpu[i], w.name+"-cpu-us/req")
	}
}

const (
	// callers is how many connections a client has, callPace how many requests a second it
	// sends over them: what meshes publish their latencies at.
	callers  = 16
	callPace = 1000
	// fastest is the pace that the client keeps up with.
	fastest = 8000
)

// way is one to the application.
type way struct {
	name    string
	clients *pace.Clients
	// through are the processes on it.
	through []*exec.Cmd
}

// sides starts an application with a sidecar, and another sidecar, and opens the ways there.
func sides(b *testing.B) (direct *way, ways []*way) {
	b.Helper()
	authority := authorities(b)
	application, inbound, outbound := free(b), free(b), free(b)
	launch(b, "application", application, sidecar.Config{Application: application})
	webs := newIdentities(b, authority, "web")
	documents := b.TempDir()
	document := func(name, text string) string {
		path := filepath.Join(documents, name)
		must(b, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	billing := launch(b, "sidecar", inbound, sidecar.Config{
		Inbound: inbound, Outbound: free(b), Application: application, WorkloadAPI: newIdentities(b, authority, "billing").address,
		Document: document("billing.yaml", allows(idOf("web"))),
	})
	web := launch(b, "sidecar", outbound, sidecar.Config{
		Inbound: free(b), Outbound: outbound, Application: application, WorkloadAPI: webs.address,
		Document: document("web.yaml", calls("billing", idOf("billing"), inbound)),
	})
	svid, err := webs.SVID(b.Context(), pki.Workload{Scope: scope(), Name: "web"})
	must(b, err)
	secure := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{*svid}}
	open := func(name string, dial func() (net.Conn, error), through ...*exec.Cmd) *way {
		w := &way{name: name, through: through}
		eventually(b, name+" is answered", func() bool {
			w.clients, err = pace.Open(callers, "billing", answerSize, dial)
			if err == nil {
				_, err = w.clients.Ask(callPace, pace.Turn)
			}
			return err == nil
		})
		b.Cleanup(w.clients.Close)
		return w
	}
	plain := func(address string) func() (net.Conn, error) {
		return func() (net.Conn, error) { return net.Dial("tcp", address) }
	}
	return open("direct", plain(application)), []*way{
		open("one", func() (net.Conn, error) { return tls.Dial("tcp", inbound, secure) }, billing),
		open("both", plain(outbound), billing, web),
	}
}

// most is how many requests a second are answered, and what one costs, in microseconds of
// processor time of the sidecars.
func (w *way) most(b *testing.B) (perSecond, cpu float64) {
	b.Helper()
	before, began := w.cpu(b), time.Now()
	perSecond, err := w.clients.Most(time.Second)
	must(b, err)
	return perSecond, (w.cpu(b) - before) * 1e6 / (perSecond * time.Since(began).Seconds())
}

func (w *way) cpu(b *testing.B) (seconds float64) {
	b.Helper()
	for _, cmd := range w.through {
		p, err := procfs.NewProc(cmd.Process.Pid)
		must(b, err)
		stat, err := p.Stat()
		must(b, err)
		seconds += stat.CPUTime()
	}
	return seconds
}

// measured asks at a pace in so many turns that count, and reports what the way adds to direct.
func (w *way) measured(b *testing.B, direct *way, load string, perSecond float64, turns int) {
	b.Helper()
	var through, itself []time.Duration
	added := map[int][]time.Duration{50: nil, 99: nil}
	for tries := 0; len(added[99]) < turns && tries < 4*turns; tries++ {
		took, apart, quiet := w.beside(b, direct, perSecond)
		if !quiet {
			continue
		}
		through, itself = append(through, took...), append(itself, apart...)
		for percent := range added {
			added[percent] = append(added[percent], pace.Quantile(took, percent)-pace.Quantile(apart, percent))
		}
	}
	if len(through) == 0 {
		b.Logf("%s, %s: the host took something in every turn, so nothing is told", w.name, load)
		return
	}
	milliseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	for percent, each := range added {
		name := fmt.Sprintf("%s-%s-added-p%d", w.name, load, percent)
		b.ReportMetric(milliseconds(pace.Quantile(each, 50)), name+"-ms")
		b.ReportMetric(milliseconds(pace.Quantile(through, percent)-pace.Quantile(itself, percent)), name+"-of-all-ms")
	}
	b.ReportMetric(float64(pace.Quantile(through, 50))/float64(pace.Quantile(itself, 50)), w.name+"-"+load+"-p50-ratio")
	b.ReportMetric(float64(len(added[99])), w.name+"-"+load+"-turns")
}

// beside asks for a turn, and the application itself meanwhile: at the pace of calls, or less
// than that where the way is asked more slowly. It is quiet where the host took nothing.
func (w *way) beside(b *testing.B, direct *way, perSecond float64) (through, itself []time.Duration, quiet bool) {
	b.Helper()
	before, own := pace.Stolen(), make(chan []time.Duration, 1)
	go func() {
		took, err := direct.clients.Ask(min(perSecond, callPace), pace.Turn)
		if err != nil {
			b.Error(err)
		}
		own <- took
	}()
	through, err := w.clients.Ask(perSecond, pace.Turn)
	must(b, err)
	itself = <-own
	return through, itself, pace.Stolen() == before
}
