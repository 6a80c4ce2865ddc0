package runjobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run/runjobs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

type advancer func(ctx context.Context, scope kernel.Scope, run string) error

func (a advancer) Turn(ctx context.Context, scope kernel.Scope, run string) error {
	return a(ctx, scope, run)
}

func TestJobsAreOfTheirTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		q, err := runjobs.New(d, runjobs.Config{})
		must(t, err)
		must(t, q.Migrate(ctx))
		must(t, q.Migrate(ctx)) // again changes nothing
		got := make(chan string, 10)
		must(t, q.Start(ctx, advancer(func(_ context.Context, scope kernel.Scope, run string) error {
			got <- scope.String() + " " + run
			return nil
		})))
		t.Cleanup(func() { must(t, q.Stop(context.Background())) })
		scope := kernel.Scope{Tenant: "acme", Project: "shop"}
		if err := q.Enqueue(ctx, scope, "run_0"); err == nil {
			t.Error("a job outside of a transaction must be refused")
		}
		boom := errors.New("boom")
		err = d.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(q.Enqueue(ctx, scope, "run_1"), boom)
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		begin := time.Now()
		must(t, d.InTx(ctx, func(ctx context.Context) error { return q.Enqueue(ctx, scope, "run_2") }))
		select {
		case run := <-got:
			if run != "acme/shop run_2" {
				t.Errorf("worked off %q: only run_2 was committed", run)
			}
			t.Logf("from enqueue to work: %s", time.Since(begin))
		case <-time.After(time.Minute):
			t.Fatal("the job was not worked off")
		}
	})
}

// TestAProcessHearsOfItsOwnJobs has nothing look for jobs by its clock.
func TestAProcessHearsOfItsOwnJobs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		q, err := runjobs.New(d, runjobs.Config{Poll: time.Hour, Rest: time.Hour})
		must(t, err)
		must(t, q.Migrate(ctx))
		got := make(chan string, 10)
		must(t, q.Start(ctx, advancer(func(_ context.Context, _ kernel.Scope, run string) error {
			got <- run
			return nil
		})))
		t.Cleanup(func() { must(t, q.Stop(context.Background())) })
		for i := range 20 {
			run := fmt.Sprintf("run_%d", i)
			must(t, d.InTx(ctx, func(ctx context.Context) error { return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, run) }))
			expect(t, got, run)
		}
		var bells int
		must(t, d.Reader(ctx).NewRaw("SELECT COUNT(*) FROM river_job WHERE kind <> 'run_advance'").Scan(ctx, &bells))
		if bells != 0 {
			t.Errorf("%d jobs are of no run", bells)
		}
	})
}

// TestManyRunsShareJobs queues many at once, of which a turn takes all that wait then:
// none of them is left, and few of them have a job.
func TestManyRunsShareJobs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		const runs, writers = 120, 4
		ctx := t.Context()
		_, err := d.SQL().ExecContext(ctx, "CREATE TABLE waiting (run TEXT PRIMARY KEY)")
		must(t, err)
		q, err := runjobs.New(d, runjobs.Config{Poll: time.Second, Rest: time.Hour})
		must(t, err)
		must(t, q.Migrate(ctx))
		taken, goOn := make(chan string, runs), make(chan struct{})
		must(t, q.Start(ctx, advancer(func(ctx context.Context, _ kernel.Scope, _ string) error {
			<-goOn
			var all []string
			if err := d.Conn(ctx).NewRaw("DELETE FROM waiting RETURNING run").Scan(ctx, &all); err != nil {
				return err
			}
			for _, run := range all {
				taken <- run
			}
			return nil
		})))
		t.Cleanup(func() { must(t, q.Stop(context.Background())) })
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := range runs / writers {
					run := fmt.Sprintf("run_%d_%d", w, i)
					err := d.InTx(ctx, func(ctx context.Context) error {
						if _, err := d.Conn(ctx).ExecContext(ctx, "INSERT INTO waiting (run) VALUES (?)", run); err != nil {
							return err
						}
						return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, run)
					})
					if err != nil {
						t.Error(err)
					}
					if w == 0 && i == runs/writers/2 {
						close(goOn)
					}
				}
			})
		}
		group.Wait()
		seen := map[string]bool{}
		for len(seen) < runs {
			select {
			case run := <-taken:
				seen[run] = true
			case <-time.After(time.Minute):
				t.Fatalf("%d of %d runs were taken", len(seen), runs)
			}
		}
	})
}

func TestAQueueThatIsFullAddsNoJobs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		q, err := runjobs.New(d, runjobs.Config{})
		must(t, err)
		must(t, q.Migrate(ctx))
		for i := range 40 {
			must(t, d.InTx(ctx, func(ctx context.Context) error {
				return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, fmt.Sprintf("run_%d", i))
			}))
		}
		var jobs int
		must(t, d.Reader(ctx).NewRaw("SELECT COUNT(*) FROM river_job").Scan(ctx, &jobs))
		if jobs != 16 {
			t.Errorf("there are %d jobs", jobs)
		}
	})
}

func TestRiverIsSilentUnlessOneDebugs(t *testing.T) {
	t.Parallel()
	for level, speaks := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var out bytes.Buffer
		q, err := runjobs.New(dbtest.SQLite(t), runjobs.Config{Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))})
		must(t, err)
		must(t, q.Migrate(t.Context()))
		must(t, q.Start(t.Context(), advancer(func(context.Context, kernel.Scope, string) error { return nil })))
		must(t, q.Stop(t.Context()))
		if (out.Len() > 0) != speaks {
			t.Errorf("at the level %s it says %q", level, out.String())
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
