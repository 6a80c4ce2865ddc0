package drift_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/drift/driftsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestTheScheduleSpreads puts 600 stacks into the schedule at one moment: their
// turns are spread over the six hours, each has one in them, and a restart moves none.
func TestTheScheduleSpreads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.deployed = nil
		for i := range 600 {
			b.deployed = append(b.deployed, drift.Deployed{Scope: dev, Workload: fmt.Sprintf("w%d", i)})
		}
		b.deployed = append(b.deployed, drift.Deployed{Scope: shop.InStage("prod"), Workload: "quiet"})
		for range 2 {
			if err := b.Reconcile(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if due, err := b.store.Due(context.Background(), b.now, 10); err != nil || len(due) != 0 {
			t.Errorf("%d are due at once, %v", len(due), err)
		}
		for hour := 1; hour <= 6; hour++ {
			due, err := b.store.Due(context.Background(), b.now.Add(time.Duration(hour)*time.Hour), 1000)
			if want := 100 * hour; err != nil || len(due) < want*3/4 || len(due) > want*5/4 {
				t.Errorf("%d are due after %d hours, %v", len(due), hour, err)
			}
		}
		if due, err := b.store.Due(context.Background(), b.now.AddDate(10, 0, 0), 1000); err != nil || len(due) != 600 {
			t.Errorf("a stage without a schedule has a turn: %d, %v", len(due), err)
		}
		b.deployed = b.deployed[:1]
		if err := b.Reconcile(context.Background()); err != nil {
			t.Fatal(err)
		}
		if all, err := b.store.Watching(context.Background(), ""); err != nil || len(all) != 1 {
			t.Errorf("what is gone is watched: %d, %v", len(all), err)
		}
	})
}

func TestACheckWaitsForRunsAndBacksOffWhenItFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.fails = kernel.Errorf(kernel.Locked, "run_1 is applying")
		if c, _ := b.look(t); c.Status != drift.CheckQueued {
			t.Errorf("a run is on its way: %+v", c)
		}
		b.sweep(t)
		if b.looks != 1 {
			t.Errorf("%d looks at once", b.looks)
		}
		b.pass(time.Minute)
		b.fails = kernel.Errorf(kernel.Unavailable, "the cloud is away").WithFix("wait")
		b.sweep(t)
		watch := func() drift.Watch {
			t.Helper()
			w, err := b.store.Watched(context.Background(), kernel.StackID(dev, "orders"))
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		w := watch()
		c, err := b.GetCheck(as("ada"), shop, w.Check)
		if err != nil || c.Status != drift.CheckFailed || c.Message != "the cloud is away" || c.Fix != "wait" || w.Failures != 1 {
			t.Errorf("%+v %+v, %v", c, w, err)
		}
		last := w.Due.Sub(b.now)
		for range 4 {
			b.pass(watch().Due.Sub(b.now))
			b.sweep(t)
			if pause := watch().Due.Sub(b.now); pause <= last && pause < 2*time.Minute {
				t.Errorf("the pause after another failure is %s, was %s", pause, last)
			} else {
				last = pause
			}
		}
		b.fails = nil
		b.pass(watch().Due.Sub(b.now))
		b.sweep(t)
		if w := watch(); w.Failures != 0 || w.Claim != "" || w.CleanAt.IsZero() {
			t.Errorf("after one that succeeded: %+v", w)
		}
	})
}

// TestADeadProcessIsFollowed has a process claim a check and die; another does it.
func TestADeadProcessIsFollowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{driftsql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := newBench(t, d)
		checks, err := b.RequestChecks(as("ada"), shop, drift.CheckRequest{Stage: "dev"})
		if err != nil {
			t.Fatal(err)
		}
		old, err := b.store.Watched(t.Context(), kernel.StackID(dev, "orders"))
		if err != nil {
			t.Fatal(err)
		}
		dead := old
		dead.Claim, dead.Check, dead.Pending, dead.Due = "proc_dead", old.Pending, "", b.now.Add(time.Minute)
		if err := b.store.SwapWatch(t.Context(), old, dead); err != nil {
			t.Fatal(err)
		}
		next := b.another(t, d)
		if err := next.Sweep(t.Context()); err != nil || b.looks != 0 {
			t.Fatalf("%d looks while another may be at it, %v", b.looks, err)
		}
		b.pass(2 * time.Minute)
		if err := next.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c, err := b.GetCheck(as("ada"), shop, checks[0].ID); err != nil || c.Status != drift.CheckDone {
			t.Errorf("the check that was asked for: %+v, %v", c, err)
		}
	})
}

// TestOneStackIsCheckedOnce has two processes sweep at once, and somebody ask again meanwhile.
func TestOneStackIsCheckedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{driftsql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := newBench(t, d)
		other := b.another(t, d)
		first, err := b.RequestChecks(as("ada"), shop, drift.CheckRequest{Stage: "dev"})
		if err != nil {
			t.Fatal(err)
		}
		var second []drift.Check
		var once sync.Once
		b.during = func() {
			once.Do(func() { second, err = b.RequestChecks(as("grace"), shop, drift.CheckRequest{Stage: "dev"}) })
		}
		var both sync.WaitGroup
		for _, s := range []*drift.Service{b.Service, other} {
			both.Go(func() {
				if err := s.Sweep(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		b.sweep(t)
		for _, id := range []string{first[0].ID, second[0].ID} {
			if c, err := b.GetCheck(as("ada"), shop, id); err != nil || c.Status != drift.CheckDone {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if b.looks != 2 || first[0].ID == second[0].ID || err != nil {
			t.Errorf("%d looks for %s and %s, %v", b.looks, first[0].ID, second[0].ID, err)
		}
	})
}

func TestChecksLeaveRoomForRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.idle, b.deployed = 0, nil
		for i := range 3 {
			b.deployed = append(b.deployed, drift.Deployed{Scope: dev, Workload: fmt.Sprintf("w%d", i)})
		}
		if _, err := b.RequestChecks(as("ada"), shop, drift.CheckRequest{Stage: "dev"}); err != nil {
			t.Fatal(err)
		}
		b.sweep(t)
		if b.looks != 1 {
			t.Errorf("%d looks while every executor is busy, want the one that always has room", b.looks)
		}
		if _, err := b.RequestChecks(as("ada"), shop, drift.CheckRequest{Stage: "qs"}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("nothing is deployed there: %v", err)
		}
		b.denied = drift.ActionCheck
		if _, err := b.RequestChecks(as("eve"), shop, drift.CheckRequest{Stage: "dev"}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not: %v", err)
		}
	})
}

// TestAClaimOfAClockThatWasAheadIsTakenUp: so is what somebody asked for by such a clock.
func TestAClaimOfAClockThatWasAheadIsTakenUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		if err := b.Reconcile(ctx); err != nil {
			t.Fatal(err)
		}
		all, err := b.store.Watching(ctx, "")
		if err != nil || len(all) == 0 {
			t.Fatalf("%v, %v", all, err)
		}
		for name, change := range map[string]func(w *drift.Watch){
			"a claim":   func(w *drift.Watch) { w.Claim, w.Check = "proc_dead", "chk_1" },
			"a request": func(w *drift.Watch) { w.Claim, w.Pending = "", "chk_2" },
		} {
			old, err := b.store.Watched(ctx, all[0].Stack())
			if err != nil {
				t.Fatal(err)
			}
			w := old
			change(&w)
			for _, later := range []struct {
				by   time.Duration
				want int
			}{{30 * time.Second, 0}, {365 * 24 * time.Hour, 1}} {
				w.Due = b.now.Add(later.by)
				if err := b.store.SwapWatch(ctx, old, w); err != nil {
					t.Fatal(err)
				}
				if err := b.Reconcile(ctx); err != nil {
					t.Fatal(err)
				}
				if due, err := b.store.Due(ctx, b.now, 10); err != nil || len(due) != later.want {
					t.Errorf("%s until %s: %+v are due, %v", name, later.by, due, err)
				}
				if old, err = b.store.Watched(ctx, w.Stack()); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
