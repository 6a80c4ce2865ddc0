package run_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// hands are a clock that a test sets.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *hands) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// noon is a Thursday.
func noon() *hands { return &hands{now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)} }

// staged has two stages, and the clock.
func staged(t *testing.T, h *hands, change func(dev, prod *stage.Stage)) func(*run.Deps) {
	t.Helper()
	return func(d *run.Deps) {
		stages := stage.Default()
		dev, prod := stages[0], stages[4]
		prod.Approvals = stage.Approvals{}
		change(&dev, &prod)
		set, err := stage.NewSet([]stage.Stage{dev, prod})
		runtest.Must(t, err)
		d.Stages, d.Clock = set, h.clock
	}
}

// carry advances a run until it ends, waits, or is held.
func carry(t *testing.T, b *runtest.Bench, r run.Run) run.Run {
	t.Helper()
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	return b.Now(t, r.ID)
}

func deployed(t *testing.T, b *runtest.Bench, version string) run.Run {
	t.Helper()
	r := carry(t, b, b.Deploy(t, "dev", version))
	if r.Status != run.Succeeded {
		t.Fatalf("%s: %+v", r.Status, r.Failure)
	}
	return r
}

func promote(b *runtest.Bench, c run.ChangeRequest) (run.Run, error) {
	c.Workload, c.Stage = "orders", "prod"
	return b.Service.Promote(runtest.As(runtest.Ada), runtest.Project, c)
}

func TestAReleaseSoaksWhileItIsVerified(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, _ *stage.Stage) { dev.Soak = time.Hour }))
	r := deployed(t, b, "1")
	h.pass(59 * time.Minute)
	_, err := promote(b, run.ChangeRequest{})
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "until 2026-11-26T13:00:00Z") || !strings.Contains(err.Error(), "try again in 1m0s") {
		t.Fatalf("before it has soaked: %v", err)
	}
	runtest.Must(t, b.Store.PutVerified(t.Context(), run.Verified{Scope: r.Scope, Workload: "orders", Release: r.Release, Run: r.ID, At: h.clock()}))
	h.pass(time.Minute)
	x, err := b.ExplainRelease(runtest.As(runtest.Ada), runtest.Project, r.Release.ID, "prod")
	if err != nil || !x.Stages[0].Availability.Available {
		t.Fatalf("verified again it goes on soaking: %+v, %v", x, err)
	}
	runtest.Must(t, b.Store.Revoke(t.Context(), r.Scope, "orders", r.Release.ID))
	runtest.Must(t, b.Store.PutVerified(t.Context(), run.Verified{Scope: r.Scope, Workload: "orders", Release: r.Release, Run: r.ID, At: h.clock()}))
	if _, err = promote(b, run.ChangeRequest{}); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("what was revoked soaks anew: %v", err)
	}
	h.pass(time.Hour)
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.Succeeded || p.Availability.SoakedAt == nil {
		t.Errorf("%s by %+v", p.Status, p.Availability)
	}
}

func TestAnApprovalOfAReleaseLetsItIn(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(dev, _ *stage.Stage) { dev.Soak = time.Hour }))
	r := deployed(t, b, "1")
	decide := run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "the shop is down"}
	for name, c := range map[string]struct {
		by       kernel.Actor
		decision run.ReleaseDecision
		kind     kernel.Kind
	}{
		"no reason":       {runtest.Grace, run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "  "}, kernel.Invalid},
		"no such release": {runtest.Grace, run.ReleaseDecision{Release: "rel_0", Stage: "prod", Reason: "x"}, kernel.NotFound},
		"the first stage": {runtest.Grace, run.ReleaseDecision{Release: r.Release.ID, Stage: "dev", Reason: "x"}, kernel.Refused},
		"a program":       {kernel.System("x", "acme"), decide, kernel.Denied},
	} {
		if _, err := b.ApproveRelease(runtest.As(c.by), runtest.Project, c.decision); !kernel.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	_, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, decide)
	runtest.Must(t, err)
	if _, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, decide); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("twice: %v", err)
	}
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.Succeeded {
		t.Fatalf("%s: %+v", p.Status, p.Failure)
	}
	d, _, err := b.GetDossier(runtest.As(runtest.Ada), runtest.Project, p.ID)
	if err != nil || d.Availability.Approval.Reason != "the shop is down" {
		t.Errorf("the dossier says %+v, %v", d.Availability, err)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, p.ID)
	if err != nil || !strings.Contains(strings.Join(x.Details, "\n"), "grace approved it for prod") {
		t.Errorf("%+v, %v", x, err)
	}
	if facts := strings.Join(b.Journal.Types(r.Release.ID), " "); facts != "release.verified release.approved release.verified" {
		t.Errorf("facts %s", facts)
	}
}

func TestAWithdrawnOrRevokedReleaseIsNotApplied(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*runtest.Bench, run.Run) error{
		"withdrawn": func(b *runtest.Bench, r run.Run) error {
			runtest.Must(t, b.Store.Revoke(t.Context(), r.Scope.InStage("dev"), "orders", r.Release.ID))
			_, err := b.WithdrawRelease(runtest.As(runtest.Grace), runtest.Project, run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "it was wrong"})
			return err
		},
		"neither": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t, staged(t, noon(), func(dev, prod *stage.Stage) {
				dev.Soak, prod.Approvals = time.Hour, stage.Approvals{Count: 1, Role: stage.RoleApprover}
			}))
			r := deployed(t, b, "1")
			_, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "now"})
			runtest.Must(t, err)
			p, err := promote(b, run.ChangeRequest{})
			runtest.Must(t, err)
			p = carry(t, b, p)
			_, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
			runtest.Must(t, err)
			want := run.Succeeded
			if end != nil {
				runtest.Must(t, end(b, p))
				want = run.Failed
			}
			if p = carry(t, b, p); p.Status != want || want == run.Failed && !strings.Contains(p.Failure.Message, "nothing was applied") {
				t.Errorf("%s: %+v, want %s", p.Status, p.Failure, want)
			}
		})
	}
}

// office is open from 9 to 17 UTC of each day.
func office() stage.Window {
	return stage.Window{Name: "office", Kind: stage.WindowAllow, RRule: "FREQ=DAILY;BYHOUR=9", Duration: 8 * time.Hour}
}

func TestAClosedStageIsNotChanged(t *testing.T) {
	t.Parallel()
	h := noon()
	freeze := stage.Window{Name: "freeze", Kind: stage.WindowDeny, RRule: "DTSTART=20261127T000000;FREQ=DAILY;COUNT=1", Duration: 24 * time.Hour}
	b := bench(t, staged(t, h, func(dev, _ *stage.Stage) { dev.Windows = []stage.Window{office(), freeze} }))
	deployed(t, b, "1")
	deployed(t, b, "2")
	h.pass(24 * time.Hour)
	for name, ask := range map[string]func() error{
		"deploy": func() error {
			_, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: "3"})
			return err
		},
		"rollback": func() error {
			_, err := b.Rollback(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Stage: "dev", Workload: "orders"})
			return err
		},
		"destroy": func() error {
			_, err := b.Destroy(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Stage: "dev", Workload: "orders"})
			return err
		},
	} {
		if err := ask(); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "closed by the window freeze, and it opens at 2026-11-28T09:00:00Z") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Rollback(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Stage: "dev", Workload: "orders", DryRun: true}); err != nil {
		t.Errorf("a dry run changes nothing: %v", err)
	}
}

func TestAnApprovedRunWaitsForItsStageToOpen(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) { prod.Windows = []stage.Window{office()} }))
	deployed(t, b, "1")
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	h.pass(6 * time.Hour) // it was in a queue, and the stage has closed
	p = carry(t, b, p)
	if p.Status != run.Approved || p.Deferral == nil || !strings.Contains(p.StatusReason, "opens at 2026-11-27T09:00:00Z") {
		t.Fatalf("%s because %s, hold %+v", p.Status, p.StatusReason, p.Deferral)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, p.ID)
	if err != nil || !strings.Contains(strings.Join(x.Details, "\n"), "goes on by itself at 2026-11-27T09:00:00Z") {
		t.Errorf("%+v, %v", x, err)
	}
	h.pass(time.Hour)
	if p = carry(t, b, p); p.Deferral == nil {
		t.Fatalf("%s an hour later", p.Status)
	}
	h.pass(14 * time.Hour)
	if p = carry(t, b, p); p.Status != run.Succeeded || p.Deferral != nil {
		t.Errorf("%s when it opened: %+v", p.Status, p.Failure)
	}
	if held := strings.Count(strings.Join(b.Journal.Types(p.ID), " "), "run.held"); held != 1 {
		t.Errorf("told %d times that it waits", held)
	}
}

func TestARunAskedForAheadAppliesWhenItsStageOpens(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) { prod.Windows = []stage.Window{office()} })).Start(t)
	b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	h.pass(6 * time.Hour)
	if _, err := promote(b, run.ChangeRequest{}); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("%v", err)
	}
	p, err := promote(b, run.ChangeRequest{WhenOpen: true})
	runtest.Must(t, err)
	b.Await(t, p.ID, run.Approved)
	runtest.Must(t, b.Sweep(t.Context())) // a held run is left alone
	h.pass(15 * time.Hour)
	for p = b.Now(t, p.ID); p.Deferral == nil && p.Status == run.Approved; p = b.Now(t, p.ID) { // it is on its way to wait
	}
	runtest.Must(t, b.Sweep(t.Context()))
	b.Await(t, p.ID, run.Succeeded)
}

func TestAnApprovalExpires(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) {
		prod.Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover, ExpireAfter: stage.Duration(2 * time.Hour)}
	}))
	deployed(t, b, "1")
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	p = carry(t, b, p)
	p, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	if err != nil || p.Status != run.Approved || p.Approvals[0].ExpiresAt == nil {
		t.Fatalf("%s with %+v: %v", p.Status, p.Approvals, err)
	}
	h.pass(2 * time.Hour) // it waited in a queue
	p = carry(t, b, p)
	if p.Status != run.AwaitingApproval || !strings.Contains(p.StatusReason, "the approval by grace expired") || len(b.World.Applied) != 3 {
		t.Fatalf("%s because %s, applied %v", p.Status, p.StatusReason, b.World.Applied)
	}
	p, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "again")
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.Succeeded {
		t.Errorf("%s: %+v", p.Status, p.Failure)
	}
}

func TestAnApprovalExpiresWhileTheStageIsClosed(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(_, prod *stage.Stage) {
		prod.Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover, ExpireAfter: stage.Duration(8 * time.Hour)}
		prod.Windows = []stage.Window{office()}
	}))
	deployed(t, b, "1")
	p, err := promote(b, run.ChangeRequest{})
	runtest.Must(t, err)
	p = carry(t, b, p)
	_, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, p.ID, p.Dossier, "")
	runtest.Must(t, err)
	h.pass(6 * time.Hour)
	if p = carry(t, b, p); p.Deferral == nil {
		t.Fatalf("%s", p.Status)
	}
	h.pass(2 * time.Hour)
	if p = carry(t, b, p); p.Status != run.AwaitingApproval || p.Deferral != nil {
		t.Errorf("%s, hold %+v", p.Status, p.Deferral)
	}
}

func TestAnAssessmentTellsEveryReason(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, prod *stage.Stage) { dev.Soak, prod.Windows = 24*time.Hour, []stage.Window{office()} }))
	r := deployed(t, b, "1")
	h.pass(6 * time.Hour)
	a, err := b.Assess(runtest.As(runtest.Ada), runtest.Project, run.Promote, run.ChangeRequest{Workload: "orders", Stage: "prod"})
	runtest.Must(t, err)
	if a.Allowed || len(a.Obstacles) != 2 || a.Release == nil || *a.Release != r.Release || a.Opening.Open || a.Availability.Available {
		t.Errorf("%+v", a)
	}
	for _, o := range a.Obstacles {
		if o.Fix == "" {
			t.Errorf("without a way out: %+v", o)
		}
	}
	_, err = promote(b, run.ChangeRequest{})
	if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 2 {
		t.Errorf("asked for it: %v", err)
	}
	p, err := promote(b, run.ChangeRequest{DryRun: true})
	runtest.Must(t, err)
	if p = carry(t, b, p); p.Status != run.PlannedOnly || p.Plan.Create != 3 {
		t.Errorf("a dry run plans all the same: %s", p.Status)
	}
	h.pass(18 * time.Hour)
	if a, err = b.Assess(runtest.As(runtest.Ada), runtest.Project, run.Promote, run.ChangeRequest{Workload: "orders", Stage: "prod"}); err != nil || !a.Allowed {
		t.Errorf("a day later: %+v, %v", a, err)
	}
	b.Denied["workload.deploy"] = true
	if a, err = b.Assess(runtest.As(runtest.Ada), runtest.Project, run.Promote, run.ChangeRequest{Workload: "carts", Stage: "prod"}); err != nil || len(a.Obstacles) != 2 {
		t.Errorf("without the permission, of what is nowhere: %+v, %v", a, err)
	}
}
