package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// stacks and turns make the 200 runs of the queue.
	stacks = 50
	turns  = 4
	// workers is how many runs work at once, and terraforms by hand.
	workers = 2
	// queueOverhead is how much longer the queue may take than terraform by hand, as many at once.
	queueOverhead = 1.15
	// cpuPerRun bounds what the daemon itself computes for a run more than it does
	// for terraform by hand, whose state, modules and planes it serves as well, in
	// milliseconds.
	cpuPerRun = 20
)

// small is a service that is not called: what a run of it costs is the run.
const small = `apiVersion: score.dev/v1b1
metadata:
  name: %s
  annotations: {terrace.dev/owner: bench, terrace.dev/costcenter: "4711"}
containers:
  main:
    image: .
    command: ["/bin/sleep", "1000000"]
    variables: {MARK: %s}
resources:
  session: {type: secret}
`

// BenchmarkQueue compares 200 runs over 50 stacks, all of them queued as soon as
// their stack is free, with the same inits, plans and applies by hand: as many at
// once, over twins of the stacks, whose root modules are the daemon's own. The
// daemon's own computing is told per run, its terraforms' is not in it.
func BenchmarkQueue(b *testing.B) {
	p := start(b, "--concurrency", strconv.Itoa(workers))
	hand := p.byHand(b)
	root := p.root(b, p.deploySmall(b, "twin", "mark"))
	twins := make([]stack, stacks)
	for i := range twins {
		twins[i] = hand.hold(b, fmt.Sprintf("twin-%d", i))
	}
	for b.Loop() {
		ours, computed := p.queue(b, func() {
			each(stacks, stacks, func(i int) {
				for turn := range turns {
					p.deploySmall(b, fmt.Sprintf("queued-%d", i), fmt.Sprintf("mark-%d", turn))
				}
			})
		})
		bare, served := p.queue(b, func() {
			each(stacks*turns, workers, func(i int) {
				name := fmt.Sprintf("twin-%d", i%stacks)
				twins[i%stacks].apply(b, with(root, "twin", name, `"mark"`, fmt.Sprintf(`"mark-%d"`, i/stacks)))
			})
		})
		b.Logf("a run took %s and by hand %s; the daemon computed %.0f ms for it and %.0f ms for one by hand",
			ours.wall/(stacks*turns), bare.wall/(stacks*turns), computed, served)
		b.ReportMetric(0, "ns/op") // says nothing about a queue
		b.ReportMetric(milliseconds(ours.wall)/(stacks*turns), "terrace-ms/run")
		b.ReportMetric(milliseconds(bare.wall)/(stacks*turns), "bare-ms/run")
		b.ReportMetric(computed, "daemon-cpu-ms/run")
		b.ReportMetric(ours.cpu/bare.cpu, "cpu-ratio")
		atMost(b, ours.wall.Seconds()/bare.wall.Seconds(), queueOverhead, "ratio")
		atMost(b, computed-served, cpuPerRun, "added-cpu-ms/run")
	}
}

// queue measures all runs together, and what the daemon itself computed for each
// of them, in milliseconds.
func (p *platform) queue(b *testing.B, do func()) (all cost, each float64) {
	b.Helper()
	before := p.computed(b)
	all = p.spent(b, do)
	return all, (p.computed(b) - before) / (stacks * turns)
}

// computed is what the daemon itself has computed, with the small process that
// starts others for it, in milliseconds.
func (p *platform) computed(b *testing.B) float64 {
	b.Helper()
	sum := cpuMS(b, p.PID())
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.PID()))
	if err != nil {
		b.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list) // of a thread that has ended by now
		for _, pid := range strings.Fields(string(text)) {
			name, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			if id, err := strconv.Atoi(pid); err == nil && string(bytes.TrimRight(name, "\x00")) == "terrace-spawn" {
				sum += cpuMS(b, id)
			}
		}
	}
	return sum
}

func (p *platform) deploySmall(b *testing.B, name, mark string) (id string) {
	b.Helper()
	return p.deployed(b, apiclient.DeployRequest{
		Score: fmt.Sprintf(small, name, mark), Stage: "dev", Artifacts: map[string]kernel.Digest{"main": p.artifact},
	})
}

// each calls do with 0 to n-1, so many at once.
func each(n, atOnce int, do func(i int)) {
	next := make(chan int)
	var group sync.WaitGroup
	for range atOnce {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

// clockTicks is how many of the kernel's ticks are a second.
const clockTicks = 100

// cpuMS is what a process has computed, without its children, in milliseconds.
func cpuMS(b *testing.B, pid int) float64 {
	b.Helper()
	return ticksMS(b, pid, 11, 13) // utime and stime
}

// treeMS is what a process has computed with its children that have ended, in milliseconds.
func treeMS(b *testing.B, pid int) float64 {
	b.Helper()
	return ticksMS(b, pid, 11, 15) // utime, stime, cutime and cstime
}

// ticksMS sums up figures of proc(5), in milliseconds; they are counted from the
// state of the process.
func ticksMS(b *testing.B, pid, from, to int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skipf("this system does not tell what a process computes: %v", err)
	}
	fields := strings.Fields(string(raw)[strings.LastIndexByte(string(raw), ')')+1:])
	var ticks float64
	for _, field := range fields[from:to] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return ticks * 1000 / clockTicks
}
