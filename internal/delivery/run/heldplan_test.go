package run_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// saves counts the plans that are sealed.
type saves struct {
	run.Plans
	n *atomic.Int64
}

func (s saves) Save(ctx context.Context, id string, digest kernel.Digest, plan io.Reader) error {
	s.n.Add(1)
	return s.Plans.Save(ctx, id, digest, plan)
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
