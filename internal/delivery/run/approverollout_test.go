package run_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestARolloutIsPromotedByWhoMayApproveItsRun asks of a promotion what the stage asks of an approval.
func TestARolloutIsPromotedByWhoMayApproveItsRun(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t)).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	_, own := b.Approve(runtest.As(runtest.Ada), runtest.Project, r.ID, r.Dossier, "")
	err := b.MayPromoteRollout(runtest.As(runtest.Ada), runtest.Project, r.ID)
	if !kernel.Is(err, kernel.Refused) || own == nil || err.Error() != own.Error() {
		t.Errorf("who asked for it promotes: %v; approves: %v", err, own)
	}
	runtest.Must(t, b.MayPromoteRollout(runtest.As(runtest.Grace), runtest.Project, r.ID))
	if err := b.MayPromoteRollout(t.Context(), runtest.Project, r.ID); !kernel.Is(err, kernel.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
	if err := b.MayPromoteRollout(runtest.As(runtest.Grace), runtest.Project, "run_none"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("of no run: %v", err)
	}
}

func TestARolloutIsPromotedByTheRoleThatItsStageNames(t *testing.T) {
	t.Parallel()
	b := bench(t, func(d *run.Deps) {
		set, err := stage.NewSet([]stage.Stage{{
			Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess,
			Approvals: stage.Approvals{Count: 1, Role: stage.RoleAdmin},
		}})
		runtest.Must(t, err)
		d.Stages = set
	})
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	b.Roles = map[string]string{"grace": stage.RoleApprover}
	if err := b.MayPromoteRollout(runtest.As(runtest.Grace), runtest.Project, r.ID); !kernel.Is(err, kernel.Denied) {
		t.Errorf("an approver: %v", err)
	}
	b.Roles["grace"], b.Roles["ada"] = stage.RoleAdmin, stage.RoleAdmin
	runtest.Must(t, b.MayPromoteRollout(runtest.As(runtest.Grace), runtest.Project, r.ID))
	runtest.Must(t, b.MayPromoteRollout(runtest.As(runtest.Ada), runtest.Project, r.ID)) // another person is not asked for
}
