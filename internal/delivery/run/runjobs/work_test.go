package runjobs_test

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run/runjobs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// said passes on what a queue says.
type said struct {
	slog.Handler

	lines chan string
}

func (s said) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "the job queue rests" || r.Message == "the job queue works" {
		s.lines <- r.Message
	}
	return nil
}

func (s said) Enabled(context.Context, slog.Level) bool { return true }

func TestWithoutJobsTheQueueRests(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		lines := make(chan string, 100)
		here, err := runjobs.New(d, runjobs.Config{
			Poll: 10 * time.Millisecond, Rest: time.Millisecond, Log: slog.New(said{slog.DiscardHandler, lines}),
		})
		must(t, err)
		must(t, here.Migrate(ctx))
		there, err := runjobs.New(d, runjobs.Config{})
		must(t, err)
		got, goOn := make(chan string, 10), make(chan struct{})
		must(t, here.Start(ctx, advancer(func(ctx context.Context, _ kernel.Scope, run string) error {
			got <- run
			select {
			case <-goOn:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})))
		t.Cleanup(func() { must(t, here.Stop(context.Background())) })
		expect(t, lines, "the job queue rests")
		for run, q := range map[string]*runjobs.Queue{"run_here": here, "run_there": there} {
			must(t, d.InTx(ctx, func(ctx context.Context) error { return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, run) }))
			expect(t, lines, "the job queue works")
			expect(t, got, run)
			goOn <- struct{}{}
			expect(t, lines, "the job queue rests")
		}
	})
}

// TestSomeMoreAreWorkedOffWhileOthersExecute has others execute runs while the queue
// works, and no longer.
func TestSomeMoreAreWorkedOffWhileOthersExecute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var others, working, most atomic.Int64
		lines := make(chan string, 100)
		q, err := runjobs.New(d, runjobs.Config{
			Concurrency: 1, Others: func() int { return int(others.Load()) }, Poll: 10 * time.Millisecond, Log: slog.New(said{slog.DiscardHandler, lines}),
		})
		must(t, err)
		must(t, q.Migrate(ctx))
		got, goOn := make(chan string, 100), make(chan struct{})
		must(t, q.Start(ctx, advancer(func(ctx context.Context, _ kernel.Scope, run string) error {
			most.Store(max(most.Load(), working.Add(1)))
			defer working.Add(-1)
			got <- run
			select {
			case <-goOn:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})))
		t.Cleanup(func() { must(t, q.Stop(context.Background())) })
		enqueue := func(runs ...string) {
			for _, run := range runs {
				must(t, d.InTx(ctx, func(ctx context.Context) error { return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, run) }))
			}
		}
		enqueue("run_1", "run_2", "run_3")
		expect(t, got, "run_1")
		others.Store(2)
		first := next(t, got)
		if both := []string{first, next(t, got)}; !slices.Contains(both, "run_2") || !slices.Contains(both, "run_3") {
			t.Errorf("worked off %q", both)
		}
		others.Store(0)
		for range 3 {
			goOn <- struct{}{}
		}
		enqueue("run_4") // a queue of one is to work by now
		expect(t, got, "run_4")
		goOn <- struct{}{}
		most.Store(0)
		enqueue("run_5", "run_6", "run_7")
		for _, run := range []string{"run_5", "run_6", "run_7"} {
			expect(t, got, run)
			goOn <- struct{}{}
		}
		if n := most.Load(); n != 1 {
			t.Errorf("%d were worked off at once", n)
		}
		if len(lines) > 0 {
			t.Errorf("%q: one client is to do all of that", <-lines)
		}
	})
}

// TestTheNextJobBeginsWhenOneEnds has nothing look for jobs by its clock.
func TestTheNextJobBeginsWhenOneEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		q, err := runjobs.New(d, runjobs.Config{Concurrency: 1, Poll: time.Hour, Rest: time.Hour})
		must(t, err)
		must(t, q.Migrate(ctx))
		got := make(chan string, 10)
		must(t, q.Start(ctx, advancer(func(_ context.Context, _ kernel.Scope, run string) error {
			got <- run
			return nil
		})))
		t.Cleanup(func() { must(t, q.Stop(context.Background())) })
		runs := []string{"run_1", "run_2", "run_3", "run_4"}
		must(t, d.InTx(ctx, func(ctx context.Context) error {
			for _, run := range runs {
				if err := q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, run); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, run := range runs {
			expect(t, got, run)
		}
	})
}

// TestAJobThatCannotBeReadTakesNoRoom though it is never worked on.
func TestAJobThatCannotBeReadTakesNoRoom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		q, err := runjobs.New(d, runjobs.Config{Concurrency: 1, Poll: 10 * time.Millisecond})
		must(t, err)
		must(t, q.Migrate(ctx))
		enqueue := func(run string) {
			must(t, d.InTx(ctx, func(ctx context.Context) error { return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, run) }))
		}
		enqueue("run_bad")
		_, err = d.SQL().ExecContext(ctx, `UPDATE river_job SET args = '{"run": 1}'`)
		must(t, err)
		enqueue("run_good")
		got := make(chan string, 10)
		must(t, q.Start(ctx, advancer(func(_ context.Context, _ kernel.Scope, run string) error {
			got <- run
			return nil
		})))
		t.Cleanup(func() { must(t, q.Stop(context.Background())) })
		expect(t, got, "run_good")
	})
}

func TestStopEndsJobs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.SQLite(t)
	q, err := runjobs.New(d, runjobs.Config{Poll: 10 * time.Millisecond, Rest: time.Millisecond})
	must(t, err)
	must(t, q.Stop(ctx)) // it has not begun
	must(t, q.Migrate(ctx))
	began, ended := make(chan string, 1), make(chan string, 1)
	must(t, q.Start(ctx, advancer(func(ctx context.Context, _ kernel.Scope, run string) error {
		began <- run
		<-ctx.Done()
		ended <- run
		return ctx.Err()
	})))
	must(t, d.InTx(ctx, func(ctx context.Context) error { return q.Enqueue(ctx, kernel.Scope{Tenant: "acme"}, "run_1") }))
	expect(t, began, "run_1")
	must(t, q.Stop(ctx))
	expect(t, ended, "run_1")
	must(t, q.Stop(ctx)) // again changes nothing
}

// next waits for a word.
func next(t *testing.T, words <-chan string) string {
	t.Helper()
	select {
	case word := <-words:
		return word
	case <-time.After(time.Minute):
		t.Fatal("nothing was told")
		return ""
	}
}

// expect waits for the word; others of a queue that is switched on and off
// meanwhile may come before it.
func expect(t *testing.T, words <-chan string, want string) {
	t.Helper()
	var before []string
	for !slices.Contains(before, want) {
		select {
		case word := <-words:
			before = append(before, word)
		case <-time.After(time.Minute):
			t.Fatalf("%q was not told, but %q", want, before)
		}
	}
}
