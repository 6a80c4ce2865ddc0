package fleet_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestTwoProcessesWithOneToken: the second does not take the work of the first, and
// has the token once the first has left or is gone.
func TestTwoProcessesWithOneToken(t *testing.T) {
	t.Parallel()
	one := fleet.Hello{Concurrency: 1, Host: "alpha"}
	two := fleet.Hello{Concurrency: 1, Instance: "ins_2", Host: "beta"}
	for name, goes := range map[string]func(t *testing.T, b bench, r fleet.Runner){
		"left": func(t *testing.T, b bench, r fleet.Runner) { must(t, b.one.Leave(t.Context(), r, r.Session)) },
		"gone": func(_ *testing.T, b bench, _ fleet.Runner) { b.pass(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, b bench) {
				ctx := t.Context()
				r := b.joins(t, "acme", "far", labels("pool=prod"))
				first, err := b.one.Connect(ctx, r, one)
				must(t, err)
				_, err = b.one.Connect(ctx, first, two)
				if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "on alpha") {
					t.Errorf("while the first is there: %v", err)
				}
				again, err := b.one.Connect(ctx, first, one) // it was started anew on its folder
				must(t, err)
				goes(t, b, again)
				all, err := b.one.List(ctx, acme())
				must(t, err)
				now, err := b.one.Connect(ctx, all[0].Runner, two)
				if err != nil || now.Host != "beta" {
					t.Errorf("after the first has %s: %+v, %v", name, now, err)
				}
			})
		})
	}
}

// TestALeftRunnerIsNotConnected, and what it had taken is told as stopped.
func TestALeftRunnerIsNotConnected(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		got := execute(t.Context(), b.one, job("apply"), fleet.Control{})
		b.takes(t, r)
		if err := b.one.Leave(t.Context(), r, "ses_other"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("another session leaves: %v", err)
		}
		must(t, b.one.Leave(t.Context(), r, r.Session))
		if lost, ok := errors.AsType[*fleet.LostError]((<-got).err); !ok || !strings.Contains(lost.Reason, "was stopped in mid-apply") {
			t.Errorf("its assignment ended with %v", lost)
		}
		all, err := b.one.List(t.Context(), acme())
		if err != nil || len(all) != 1 || all[0].Connected {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// TestAConnectBesideSignsOfLife: neither loses to the other.
func TestAConnectBesideSignsOfLife(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		execute(t.Context(), b.one, job("plan"), fleet.Control{})
		b.takes(t, r)
		b.pass(20 * time.Second) // each sign is noted
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				short, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer end()
				_, _, _ = b.two.Take(short, r, r.Session) // it may come too late
			})
			all.Go(func() {
				if _, err := b.one.Connect(t.Context(), r, fleet.Hello{Concurrency: 1}); err != nil {
					t.Errorf("connect: %v", err)
				}
			})
		}
		all.Wait()
	})
}

// TestARemovedRunnerDoesNotConnect, also where another one has its name.
func TestARemovedRunnerDoesNotConnect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		old := b.joins(t, "acme", "far", labels("pool=prod"))
		must(t, b.one.Remove(t.Context(), acme(), "far", ""))
		if _, err := b.one.Connect(t.Context(), old, fleet.Hello{Concurrency: 1}); !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("a removed runner: %v", err)
		}
		b.joins(t, "acme", "far", labels("pool=prod"))
		if _, err := b.one.Connect(t.Context(), old, fleet.Hello{Concurrency: 1}); !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("beside one of its name: %v", err)
		}
	})
}

// TestEachEventOnce: deliveries that are repeated beside each other, and after the
// process that took one was killed before it could note it.
func TestEachEventOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		ctx, end := context.WithCancel(t.Context())
		got := execute(ctx, b.one, job("apply"), fleet.Control{})
		a, _ := b.takes(t, r)
		events := []fleet.Event{{Message: "one"}, {Message: "two"}, {Message: "three"}}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := b.one.Tell(t.Context(), r, r.Session, a.ID, fleet.Delivery{Events: events[:2]}); err != nil {
					t.Errorf("tell: %v", err)
				}
			})
		}
		all.Wait()
		must(t, b.Append(t.Context(), a.Scope.Tenant, a.Run, events[2:])) // written, and the process was killed
		must(t, b.two.Tell(t.Context(), r, r.Session, a.ID, fleet.Delivery{From: 2, Events: events[2:], Again: true}))
		if len(b.events) != 3 {
			t.Errorf("the log has %+v", b.events)
		}
		end()
		<-got
	})
}

// TestASweepEndsWhatNobodyWaitsFor: a runner and a server that died together.
func TestASweepEndsWhatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		ctx, dies := context.WithCancel(t.Context())
		got := execute(ctx, b.one, job("apply"), fleet.Control{})
		a, _ := b.takes(t, r)
		dies()
		<-got
		runs := func() int {
			all, err := b.one.List(t.Context(), acme())
			must(t, err)
			return len(all[0].Runs)
		}
		b.pass(2 * time.Hour)
		_, err := b.one.Sweep(t.Context())
		must(t, err)
		if runs() != 1 {
			t.Errorf("the assignment %s ended, and its run has not", a.ID)
		}
		b.mu.Lock()
		b.fence = 2
		b.mu.Unlock()
		_, err = b.one.Sweep(t.Context())
		must(t, err)
		if runs() != 0 {
			t.Error("a run is still shown at a runner that died with the server")
		}
	})
}
