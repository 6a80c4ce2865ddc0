package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const (
	// idleStacks is how many stacks an idle daemon has.
	idleStacks = 10_000
	// idleSettles is how long it does what the start left to do, until it rests.
	idleSettles = 15 * time.Second
	// idleWindow is how long it is watched.
	idleWindow = 20 * time.Second
	// idlePercent bounds what it computes meanwhile, in percent of a core.
	idlePercent = 1
)

// BenchmarkIdle watches a daemon that has 10,000 stacks and nothing to do.
func BenchmarkIdle(b *testing.B) {
	p := start(b)
	release := p.release(b, p.deploySmall(b, "template", "mark"))
	p.Stop()
	database, err := db.Open(b.Context(), "sqlite://"+filepath.Join(p.Data, "terrace.db"))
	if err != nil {
		b.Fatal(err)
	}
	fill(b, database, p.project, release)
	if err := database.Close(); err != nil {
		b.Fatal(err)
	}
	p.Boot()
	for b.Loop() {
		watch(b, idleSettles)
		before := cpuMS(b, p.PID())
		watch(b, idleWindow)
		b.ReportMetric(0, "ns/op") // the window
		atMost(b, (cpuMS(b, p.PID())-before)/float64(idleWindow.Milliseconds())*100, idlePercent, "percent")
	}
}

// fill records the release as deployed on many stacks.
func fill(b *testing.B, database *db.DB, project string, release run.ReleaseRef) {
	b.Helper()
	store, now := runsql.NewStore(database), time.Now()
	scope := kernel.Scope{Tenant: "default", Project: project, Stage: "dev"}
	err := database.InTx(b.Context(), func(ctx context.Context) error {
		for i := range idleStacks {
			name := fmt.Sprintf("idle-%d", i)
			d := run.Deployment{
				Stack: kernel.StackID(scope, name), Scope: scope, Workload: name, Release: release,
				Run: "run_idle", Status: run.DeploymentVerified, AppliedAt: &now, VerifiedAt: &now,
			}
			if err := store.PutDeployment(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// watch waits: what is measured is that nothing happens.
func watch(b *testing.B, d time.Duration) {
	b.Helper()
	select {
	case <-time.After(d):
	case <-b.Context().Done():
		b.Fatal(b.Context().Err())
	}
}
