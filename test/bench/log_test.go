package bench_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// longLog is how many lines the log of a run has to have.
	longLog = 50_000
	// maxLogMB bounds the daemon's memory while it is written and followed: terraform
	// tells as many changes, which the dossier has, too.
	maxLogMB = 600
)

// account is what a reader of a log has seen.
type account struct {
	lines int
	hash  string
	took  time.Duration
}

// BenchmarkLongLog plans the end of 17,000 resources, of which terraform prints three
// lines each. Two follow the log from the beginning, one of them slowly, and one
// reads it later; another run begins and ends meanwhile.
func BenchmarkLongLog(b *testing.B) {
	p := start(b, "--run-memory", "12288")
	p.deploy(b, "orders", "mark-0")
	file := filepath.Join(p.Dir, "many.tfstate")
	writeMany(b, file, 17_000)
	p.MustTerrace(b.Context(), p.Dir, "state", "import", "orders", "--file", file, "--replace", "--other-lineage", "--reason", "size", "--yes", "--project", p.project, "--stage", "dev")
	for b.Loop() {
		slowest := p.meanwhile(b)
		r, err := p.client.Deploy(b.Context(), p.project, apiclient.DeployRequest{
			Score: fmt.Sprintf(score, "orders", "mark-0"), Stage: "dev", DryRun: true, Artifacts: map[string]kernel.Digest{"main": p.artifact},
		})
		if err != nil {
			b.Fatal(err)
		}
		var quick, slow account
		var readers sync.WaitGroup
		readers.Go(func() { quick = p.follow(b, r.ID, true, 0) })
		readers.Go(func() { slow = p.follow(b, r.ID, true, 300*time.Microsecond) })
		b.ReportMetric(timed(func() { p.deploy(b, "parcels", "mark-0") }).Seconds(), "another-run-s")
		readers.Wait()
		later := p.follow(b, r.ID, false, 0)
		if quick.lines < longLog || quick.hash != slow.hash || quick.hash != later.hash {
			b.Errorf("who follows has %d lines, who follows slowly %d, who reads later %d", quick.lines, slow.lines, later.lines)
		}
		b.ReportMetric(float64(quick.lines), "lines")
		b.ReportMetric(quick.took.Seconds(), "followed-s")
		b.ReportMetric(slow.took.Seconds(), "slowly-s")
		b.ReportMetric(later.took.Seconds(), "later-s")
		atMost(b, milliseconds(slowest()), maxOtherMS, "other-ms")
		atMost(b, residentMB(b, p.PID()), maxLogMB, "resident-MB")
	}
}

// follow reads the log of a run, and takes pause for each line.
func (p *platform) follow(b *testing.B, id string, on bool, pause time.Duration) (a account) {
	b.Helper()
	hash := sha256.New()
	a.took = timed(func() {
		err := p.client.Events(b.Context(), p.project, id, on, func(e apiclient.RunEvent) error {
			a.lines++
			_, _ = fmt.Fprintln(hash, e.Time, e.Type, e.Address, e.Message) // a hash takes everything
			<-time.After(pause)
			return nil
		})
		if err != nil {
			b.Errorf("after %d lines: %v", a.lines, err)
		}
	})
	a.hash = fmt.Sprintf("%x", hash.Sum(nil))
	return a
}

// writeMany writes a state of n small resources.
func writeMany(b *testing.B, path string, n int) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	write := func(text string) {
		if _, err := io.WriteString(file, text); err != nil {
			b.Fatal(err)
		}
	}
	write(largeHead)
	for i := range n {
		switch { // terraform takes long for many instances of one resource
		case i == 0:
		case i%100 == 0:
			write(fmt.Sprintf("]},%sof%d%s", largeName, i, largeRest))
		default:
			write(",")
		}
		write(fmt.Sprintf(`{"index_key":%d,"schema_version":0,"attributes":{"id":"id-%d","input":null,"output":null,"triggers_replace":null},"sensitive_attributes":[]}`, i, i))
	}
	write(largeTail)
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}
