package run_test

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// saves counts the plans that are sealed.
type saves struct {
	run.Plans
	n *atomic.Int64
}

func (s saves) Save(ctx context.Context, tenant, id string, digest kernel.Digest, plan io.Reader) error {
	s.n.Add(1)
	return s.Plans.Save(ctx, tenant, id, digest, plan)
}

func TestAPlanIsSealedWhereItsRunWaitsAlone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		approvals int
		status    run.Status
		sealed    int64
	}{
		"applied at once":       {0, run.Succeeded, 0},
		"waits for an approval": {1, run.AwaitingApproval, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			b := bench(t, staged(t, noon(), func(dev, _ *stage.Stage) {
				dev.Approvals = stage.Approvals{Count: tc.approvals, Role: stage.RoleApprover}
			}), func(d *run.Deps) { d.Plans = saves{d.Plans, &n} })
			if r := carry(t, b, b.Deploy(t, "dev", "1")); r.Status != tc.status || n.Load() != tc.sealed {
				t.Fatalf("%s with %d sealed plans, want %s with %d", r.Status, n.Load(), tc.status, tc.sealed)
			}
		})
	}
}

// ending are logs that end the work when they are told of a step.
type ending struct {
	run.Logs
	step string
	end  context.CancelFunc
}

func (l ending) Append(ctx context.Context, tenant, id string, events ...run.Event) error {
	for _, e := range events {
		if e.Type == l.step {
			l.end()
		}
	}
	return l.Logs.Append(ctx, tenant, id, events...)
}

// TestAPlanThatPassedIsMadeAgainAfterAStop: the daemon ends between the two.
func TestAPlanThatPassedIsMadeAgainAfterAStop(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	var n atomic.Int64
	under := &zone{}
	under.set("first")
	p := &slow{after: func(string) { under.set("second") }} // so that it is not begun in the same step
	b := bench(t, func(d *run.Deps) {
		p.Planner, d.Planner, d.Zones = d.Planner, p, under
		d.Plans, d.Logs = saves{d.Plans, &n}, ending{d.Logs, "run.approved", end}
	})
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(ctx, runtest.Project, r.ID))
	if r = b.Now(t, r.ID); r.Status != run.Approved || r.Deferral != nil || len(b.World.Applied) != 0 {
		t.Fatalf("%s, applied %v", r.Status, b.World.Applied)
	}
	under.set("first")
	if r = carry(t, b.Restart(t), r); r.Status != run.Succeeded || n.Load() != 0 || !slices.Contains(b.Journal.Types(r.ID), "run.stale") {
		t.Errorf("%s with %d sealed plans, recorded are %v: %+v", r.Status, n.Load(), b.Journal.Types(r.ID), r.Failure)
	}
}
