package run_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func told(t *testing.T, b *runtest.Bench, r run.Run) (details, next string) {
	t.Helper()
	x, err := b.Explain(runtest.As(runtest.Grace), runtest.Project, r.ID)
	runtest.Must(t, err)
	return strings.Join(x.Details, "\n"), strings.Join(x.Next, "\n")
}

func TestARunWhoseReleaseWasWithdrawnIsNotApprovable(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, prod *stage.Stage) {
		prod.Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover}
	}))
	r := deployed(t, b, "1")
	word := run.ReleaseDecision{Release: "1", Stage: "prod", Reason: "now"}
	_, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, word)
	runtest.Must(t, err)
	runtest.Must(t, b.Store.Revoke(t.Context(), r.Scope.InStage("dev"), "orders", r.Release.ID))
	p, err := promote(b, run.ChangeRequest{Release: "1"})
	runtest.Must(t, err)
	p = carry(t, b, p)
	if _, next := told(t, b, p); !strings.Contains(next, "terrace run approve "+p.ID) {
		t.Errorf("before, it can be approved: %s", next)
	}
	_, err = b.WithdrawRelease(runtest.As(runtest.Grace), runtest.Project, word)
	runtest.Must(t, err)
	details, next := told(t, b, p)
	if strings.Contains(details, "may go to prod: ") || !strings.Contains(details, "cannot go to prod") || strings.Contains(next, "run approve") {
		t.Errorf("after, it cannot: %s\n%s", details, next)
	}
	if _, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("it was approved: %v", err)
	}
}

func TestAReleaseThatIsThereNoLongerIsNotToBePromoted(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, _ *stage.Stage) {}))
	first := deployed(t, b, "1")
	if _, next := told(t, b, first); !strings.Contains(next, "terrace promote orders --to prod") {
		t.Errorf("it is there, verified: %s", next)
	}
	second := deployed(t, b, "2")
	if details, next := told(t, b, first); strings.Contains(next, "promote") || !strings.Contains(details, second.ID+" has brought") {
		t.Errorf("another is there now: %s\n%s", details, next)
	}
}
