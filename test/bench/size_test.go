package bench_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxLargeMB bounds the daemon's memory with a state of 100 MB.
	maxLargeMB = 600
	// maxOtherMS is how long another request may wait meanwhile.
	maxOtherMS = 1500
)

// A state of instances of one resource.
const (
	largeHead = `{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"large","outputs":{},"resources":[` + largeName + `large` + largeRest
	largeName = `{"mode":"managed","type":"terraform_data","name":"`
	largeRest = `","provider":"provider[\"terraform.io/builtin/terraform\"]","instances":[`
	largeTail = `]}],"check_results":null}` + "\n"
)

// BenchmarkLargeState takes a state of 100 MB through everything that is done with
// a state, and asks for something else all the time.
func BenchmarkLargeState(b *testing.B) {
	p := start(b, "--run-memory", "12288") // terraform itself takes more than 4 GiB for such a plan
	p.deploy(b, "orders", "mark-0")
	file := filepath.Join(p.Dir, "large.tfstate")
	writeLarge(b, file, 1000)
	b.ReportMetric(0, "ns/op")
	for b.Loop() {
		slowest := p.meanwhile(b)
		step := func(name string, arguments ...string) {
			took := timed(func() {
				p.MustTerrace(b.Context(), p.Dir, append(arguments, "--project", p.project, "--stage", "dev")...)
			})
			b.ReportMetric(took.Seconds(), name+"-s")
			b.ReportMetric(residentMB(b, p.PID()), name+"-MB")
		}
		step("import", "state", "import", "orders", "--file", file, "--replace", "--other-lineage", "--reason", "size", "--yes")
		step("list", "state", "list", "orders")
		step("show", "state", "show", "orders", "terraform_data.large[7]")
		step("mv", "state", "mv", "orders", "terraform_data.large[7]", "terraform_data.other", "--reason", "size", "--yes")
		step("diff", "state", "diff", "orders", "--from", p.serial(b, 1))
		took := timed(func() { p.plan(b, "orders") })
		b.ReportMetric(took.Seconds(), "plan-s")
		b.ReportMetric(residentMB(b, p.PID()), "plan-MB")
		step("rollback", "state", "rollback", "orders", "--to", p.serial(b, 2), "--reason", "size", "--yes")
		atMost(b, milliseconds(slowest()), maxOtherMS, "other-ms")
		atMost(b, residentMB(b, p.PID()), maxLargeMB, "resident-MB")
	}
}

// plan makes a dry run of the workload and waits for its end.
func (p *platform) plan(b *testing.B, name string) {
	b.Helper()
	r, err := p.client.Deploy(b.Context(), p.project, apiclient.DeployRequest{
		Score: fmt.Sprintf(score, name, "mark-0"), Stage: "dev", DryRun: true, Artifacts: map[string]kernel.Digest{"main": p.artifact},
	})
	if err != nil {
		b.Fatal(err)
	}
	var last apiclient.RunEvent
	err = p.client.Events(b.Context(), p.project, r.ID, true, func(e apiclient.RunEvent) error { last = e; return nil })
	if err != nil || !strings.HasPrefix(last.Type, "run.") || last.Type == "run.failed" {
		b.Errorf("the plan of %s ended with %+v, %v", name, last, err)
	}
}

// serial returns the id of the nth newest version of the state of orders.
func (p *platform) serial(b *testing.B, nth int) string {
	b.Helper()
	versions, err := p.client.StateVersions(b.Context(), p.project, "orders", "dev")
	if err != nil || len(versions) <= nth {
		b.Fatalf("%d versions, %v", len(versions), err)
	}
	return versions[nth].ID
}

// meanwhile lists projects until the answer is called, which is how long the slowest took.
func (p *platform) meanwhile(b *testing.B) (slowest func() time.Duration) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	var most time.Duration
	var asked sync.WaitGroup
	asked.Go(func() {
		pause := time.NewTicker(20 * time.Millisecond)
		defer pause.Stop()
		for ctx.Err() == nil {
			<-pause.C
			began := time.Now()
			var projects any
			if _, err := p.Call(ctx, p.SignIn().Token, "GET", "/api/v1/projects", nil, &projects); err != nil && ctx.Err() == nil {
				b.Errorf("another request: %v", err)
				return
			}
			most = max(most, time.Since(began))
		}
	})
	return func() time.Duration {
		stop()
		asked.Wait()
		return most
	}
}

// writeLarge writes a state of n resources with 100 kB each.
func writeLarge(b *testing.B, path string, n int) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	long := strings.Repeat("0123456789", 10_000)
	write := func(text string) {
		if _, err := io.WriteString(file, text); err != nil {
			b.Fatal(err)
		}
	}
	write(largeHead)
	for i := range n {
		if i > 0 {
			write(",")
		}
		write(fmt.Sprintf(`{"index_key":%d,"schema_version":0,"attributes":{"id":"id-%d","input":{"type":"string","value":%q},"output":{"type":"string","value":"x"},"triggers_replace":null},"sensitive_attributes":[]}`, i, i, long))
	}
	write(largeTail)
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}
