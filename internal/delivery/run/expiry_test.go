package run_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// approvedFor is a promotion to prod whose approvals count for two hours.
func approvedFor(t *testing.T, h *hands, count int, windows ...stage.Window) (*runtest.Bench, run.Run) {
	t.Helper()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) {
		prod.Approvals = stage.Approvals{Count: count, Role: stage.RoleApprover, ExpireAfter: stage.Duration(2 * time.Hour)}
		prod.Windows = windows
	}))
	deployed(t, b, "1")
	p, err := promote(b, run.ChangeRequest{WhenOpen: true})
	runtest.Must(t, err)
	p = carry(t, b, p)
	p, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	runtest.Must(t, err)
	return b, p
}

func expire(t *testing.T, b *runtest.Bench, r run.Run) run.Run {
	t.Helper()
	runtest.Must(t, b.ExpireApprovals(t.Context()))
	return b.Now(t, r.ID)
}

func timesTold(b *runtest.Bench, r run.Run) int {
	return strings.Count(strings.Join(b.Journal.Types(r.ID), " "), "run.approval_expired")
}

func TestAnApprovalThatExpiresIsToldOnce(t *testing.T) {
	t.Parallel()
	h := noon()
	b, p := approvedFor(t, h, 2)
	if p = expire(t, b, p); timesTold(b, p) != 0 {
		t.Fatalf("it counts: %+v", p.Approvals)
	}
	h.pass(2 * time.Hour)
	p = expire(t, b, expire(t, b, p))
	if p.Status != run.AwaitingApproval || p.StatusReason != "the approval by grace expired before the plan was applied; 2 more approvals are needed" || timesTold(b, p) != 1 {
		t.Fatalf("%s because %q, told %d times", p.Status, p.StatusReason, timesTold(b, p))
	}
	if lapses := b.Journal.Expired(p.ID); len(lapses) != 1 || lapses[0] != "grace" {
		t.Errorf("the fact names %v", lapses)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, p.ID)
	runtest.Must(t, err)
	if !slices.Contains(x.Details, "the approval by grace expired at 2026-11-26T14:00:00Z and counts no longer") {
		t.Errorf("explained as %v", x.Details)
	}
	for range 2 { // who was too late may approve anew
		_, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	}
	if !kernel.Is(err, kernel.Conflict) {
		t.Errorf("twice: %v", err)
	}
	h.pass(2 * time.Hour)
	if p = expire(t, b, p); timesTold(b, p) != 2 {
		t.Errorf("the second word is told %d times", timesTold(b, p))
	}
}

func TestAnApprovalThatExpiresBeforeItsWindowGoesBackToPeople(t *testing.T) {
	t.Parallel()
	h := noon()
	h.pass(6 * time.Hour) // 18:00, prod opens at 9
	b, p := approvedFor(t, h, 1, office())
	if p = carry(t, b, p); p.Deferral == nil {
		t.Fatalf("%s", p.Status)
	}
	h.pass(2 * time.Hour)
	p = expire(t, b, p)
	if p.Status != run.AwaitingApproval || p.Deferral != nil || timesTold(b, p) != 1 {
		t.Fatalf("%s, hold %+v, told %d times", p.Status, p.Deferral, timesTold(b, p))
	}
	h.pass(13 * time.Hour)
	p, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.Succeeded {
		t.Errorf("%s: %+v", p.Status, p.Failure)
	}
}

// TestTheWordOfWhoIsKeptOutCountsNoLonger, neither beside that of others nor when
// the plan is to be applied.
func TestTheWordOfWhoIsKeptOutCountsNoLonger(t *testing.T) {
	t.Parallel()
	b, p := approvedFor(t, noon(), 2)
	b.Gone[runtest.Grace.ID] = true
	p, err := b.Approve(runtest.As(runtest.Ada), runtest.Project, p.ID, p.Dossier, "")
	if runtest.Must(t, err); p.Status != run.AwaitingApproval {
		t.Errorf("beside another's: %s", p.Status)
	}

	b, p = approvedFor(t, noon(), 1)
	b.Gone[runtest.Grace.ID] = true
	p = carry(t, b, p)
	if p.Status != run.AwaitingApproval || !strings.Contains(p.StatusReason, "may not approve any more; one more approval is needed") || timesTold(b, p) != 1 {
		t.Fatalf("%s because %q", p.Status, p.StatusReason)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, p.ID)
	if runtest.Must(t, err); !slices.Contains(x.Details, "the approval by grace counts no longer: grace may not approve any more") {
		t.Errorf("explained as %v", x.Details)
	}
	delete(b.Gone, runtest.Grace.ID)
	p, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.Succeeded {
		t.Errorf("%s: %+v", p.Status, p.Failure)
	}
}

// TestARetryWaitsForItsStageToOpen: what is refused while a window closes the stage
// names --when-open, and so it does for a retry.
func TestARetryWaitsForItsStageToOpen(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) { prod.Windows = []stage.Window{office()} }))
	deployed(t, b, "1")
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	_, err = b.Discard(runtest.As(runtest.Ada), runtest.Project, p.ID, "")
	runtest.Must(t, err)
	h.pass(6 * time.Hour)
	if _, err = b.Retry(runtest.As(runtest.Ada), runtest.Project, p.ID, run.RetryRequest{}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "--when-open") {
		t.Fatalf("it is closed: %v", err)
	}
	again, err := b.Retry(runtest.As(runtest.Ada), runtest.Project, p.ID, run.RetryRequest{WhenOpen: true})
	runtest.Must(t, err)
	if again = carry(t, b, again); again.Status != run.Approved || again.Deferral == nil {
		t.Fatalf("%s: %+v", again.Status, again.Failure)
	}
	h.pass(15 * time.Hour)
	if again = carry(t, b, again); again.Status != run.Succeeded {
		t.Errorf("%s: %+v", again.Status, again.Failure)
	}
}
