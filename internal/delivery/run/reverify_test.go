package run_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// sick lets the checks of a stage fail while it is true.
func sick(b *runtest.Bench, stageName string) *atomic.Bool {
	var ill atomic.Bool
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		r := run.CheckResult{Check: in.Check.Name, URL: in.URL, Passed: !(ill.Load() && in.Scope.Stage == stageName), Message: "status 200", Attempts: 1}
		if !r.Passed {
			r.Message = "status 500, want 2xx"
		}
		return r
	}
	return &ill
}

func again(t *testing.T, b *runtest.Bench, stageName string) run.Verification {
	t.Helper()
	ctx := runtest.As(runtest.Grace)
	v, err := b.VerifyAgain(ctx, runtest.Project, run.VerifyRequest{Workload: "orders", Stage: stageName, Reason: "looks odd"})
	runtest.Must(t, err)
	runtest.Must(t, b.VerifyDue(t.Context()))
	v, err = b.GetVerification(ctx, runtest.Project, v.ID)
	runtest.Must(t, err)
	return v
}

func TestALaterFailureRevokes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		b := runtest.New(t, d, approvedTest(t)).Start(t)
		ill := sick(b, "dev")
		deployed := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
		waiting := b.Await(t, b.Promote(t, "test").ID, run.AwaitingApproval)

		same := again(t, b, "dev")
		if same.Status != run.VerificationPassed || same.Changed || same.RequestedBy.Name != "grace" || len(same.Results) != 1 || same.Holder != nil {
			t.Errorf("what holds stays so: %+v", same)
		}
		ill.Store(true)
		bad := again(t, b, "dev")
		if bad.Status != run.VerificationFailed || !bad.Changed || !strings.Contains(bad.Outcome, "no longer verified in dev: orders does not answer as it should: status 500") {
			t.Errorf("it fails: %+v", bad)
		}
		if !slices.Equal(bad.Stopped, []string{waiting.ID}) || bad.Rollback != nil {
			t.Errorf("stopped %v, rolled back %+v", bad.Stopped, bad.Rollback)
		}
		ended := b.Await(t, waiting.ID, run.Failed)
		if !strings.Contains(ended.Failure.Message, "release 1 (1.0) is no longer verified in dev") || !strings.Contains(ended.Failure.Message, "status 500") {
			t.Errorf("the promotion: %+v", ended.Failure)
		}
		_, err := b.Service.Promote(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "test", Release: deployed.Release.ID})
		if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), bad.ID+" found at ") || !strings.Contains(err.Error(), "status 500") {
			t.Errorf("it is promoted all the same, or nobody says why not: %v", err)
		}
		x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, deployed.ID)
		runtest.Must(t, err)
		if story := strings.Join(append(x.Details, x.Next...), "\n"); !strings.Contains(story, "as grace asked: release 1 (1.0) is no longer verified") || !strings.Contains(story, "terrace verify orders --stage dev") || strings.Contains(story, "terrace promote") {
			t.Errorf("explained as\n%s", story)
		}
		if still := again(t, b, "dev"); still.Status != run.VerificationFailed || still.Changed {
			t.Errorf("it fails again: %+v", still)
		}
		ill.Store(false)
		well := again(t, b, "dev")
		if well.Status != run.VerificationPassed || !well.Changed {
			t.Errorf("it is well again: %+v", well)
		}
		b.Await(t, b.Promote(t, "test").ID, run.AwaitingApproval)
		types := b.Journal.Types(deployed.Release.ID)
		if want := []string{"release.verified", "release.revoked", "release.verified"}; !slices.Equal(types, want) {
			t.Errorf("facts %v, want %v", types, want)
		}
		if types := b.Journal.Types(bad.ID); !slices.Equal(types, []string{"verification.requested", "verification.failed"}) {
			t.Errorf("facts of the verification: %v", types)
		}
	})
}

// approvedTest has the stage test ask for an approval.
func approvedTest(t *testing.T) func(*run.Deps) {
	t.Helper()
	return changed(t, func(st *stage.Stage) {
		if st.Name == "test" {
			st.Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover}
		}
	})
}

// changed changes every stage.
func changed(t *testing.T, change func(*stage.Stage)) func(*run.Deps) {
	t.Helper()
	return func(d *run.Deps) {
		stages := d.Stages.All()
		for i := range stages {
			change(&stages[i])
		}
		set, err := stage.NewSet(stages)
		runtest.Must(t, err)
		d.Stages = set
	}
}

func TestARevocationReachesARunThatIsBeingPlanned(t *testing.T) {
	t.Parallel()
	b := bench(t, approvedTest(t)).Start(t)
	ill := sick(b, "dev")
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	planning, goOn := make(chan struct{}), make(chan struct{})
	b.World.BeforePlan = func(job run.Job, _ map[string]string) error {
		if job.Scope.Stage == "test" {
			close(planning)
			<-goOn
		}
		return nil
	}
	p := b.Promote(t, "test")
	<-planning
	ill.Store(true)
	v := again(t, b, "dev")
	close(goOn)
	failed := b.Await(t, p.ID, run.Failed)
	if !slices.Equal(v.Stopped, []string{p.ID}) || !strings.Contains(failed.Failure.Message, "no longer verified in dev") {
		t.Errorf("stopped %v, failed with %+v", v.Stopped, failed.Failure)
	}
	if there := b.World.Resources(p.Stack); len(there) > 0 {
		t.Errorf("it was applied: %v", there)
	}
}

func TestVerificationIsRefused(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	ask := func(want kernel.Kind) {
		t.Helper()
		if _, err := b.VerifyAgain(runtest.As(runtest.Ada), runtest.Project, run.VerifyRequest{Workload: "orders", Stage: "dev"}); !kernel.Is(err, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	ask(kernel.NotFound)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	b.Denied["workload.verify"] = true
	ask(kernel.Denied)
	delete(b.Denied, "workload.verify")
	_, err := b.VerifyAgain(runtest.As(runtest.Ada), runtest.Project, run.VerifyRequest{Workload: "orders", Stage: "dev"})
	runtest.Must(t, err)
	ask(kernel.Conflict) // one is under way
}

func TestAVerificationOfWhatIsGoneIsVoid(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	v, err := b.VerifyAgain(runtest.As(runtest.Ada), runtest.Project, run.VerifyRequest{Workload: "orders", Stage: "dev"})
	runtest.Must(t, err)
	second := b.Await(t, b.Deploy(t, "dev", "2.0").ID, run.Succeeded)
	runtest.Must(t, b.VerifyDue(t.Context()))
	v, err = b.GetVerification(runtest.As(runtest.Ada), runtest.Project, v.ID)
	runtest.Must(t, err)
	if v.Status != run.VerificationVoid || !strings.Contains(v.Outcome, second.ID) {
		t.Errorf("%+v", v)
	}
}

func TestTheNextProcessMakesWhatOneLeft(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	ctx, stop := context.WithCancel(t.Context())
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		stop() // the daemon ends in the middle of it
		return run.CheckResult{Check: in.Check.Name, Message: "cut off"}
	}
	v, err := b.VerifyAgain(runtest.As(runtest.Ada), runtest.Project, run.VerifyRequest{Workload: "orders", Stage: "dev"})
	runtest.Must(t, err)
	_ = b.VerifyDue(ctx)
	v, err = b.GetVerification(runtest.As(runtest.Ada), runtest.Project, v.ID)
	runtest.Must(t, err)
	if v.Status != run.VerificationQueued || v.Holder != nil {
		t.Fatalf("it is given back: %+v", v)
	}
	// A killed process gives nothing back.
	v.Status, v.Holder = run.VerificationRunning, &run.Holder{Node: "laptop", Process: "proc_dead", Expires: time.Now().Add(time.Hour)}
	runtest.Must(t, b.DB.InTx(t.Context(), func(ctx context.Context) error { return b.Store.SaveVerification(ctx, v) }))
	next := b.Restart(t)
	next.Verifies = nil
	runtest.Must(t, next.VerifyDue(t.Context()))
	v, err = next.GetVerification(runtest.As(runtest.Ada), runtest.Project, v.ID)
	runtest.Must(t, err)
	if v.Status != run.VerificationPassed {
		t.Errorf("%+v", v)
	}
}

func TestStagesVerifyAgainByThemselves(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, func(d *run.Deps) { d.Clock = h.clock }, changed(t, func(st *stage.Stage) {
		if st.Name == "dev" {
			st.VerifyEvery = 10 * time.Minute
		}
	})).Start(t)
	ill := sick(b, "dev")
	deployed := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	all := func() []run.Verification {
		runtest.Must(t, b.VerifyDue(t.Context()))
		page, err := b.ListVerifications(runtest.As(runtest.Ada), runtest.Project, run.VerificationFilter{Workload: "orders"}, kernel.PageRequest{})
		runtest.Must(t, err)
		return page.Items
	}
	if got := all(); len(got) != 0 {
		t.Fatalf("nothing is due yet: %+v", got)
	}
	h.pass(11 * time.Minute)
	first := all()
	if len(first) != 1 || first[0].Status != run.VerificationPassed || first[0].Trigger != run.OnSchedule {
		t.Fatalf("it is due: %+v", first)
	}
	if facts := b.Journal.Types(first[0].ID); len(facts) > 0 {
		t.Errorf("what is known is no fact: %v", facts)
	}
	h.pass(12 * time.Minute)
	if second := all(); len(second) != 1 || second[0].ID == first[0].ID {
		t.Errorf("the newest is kept: %+v", second)
	}
	ill.Store(true)
	h.pass(12 * time.Minute)
	if got := all(); got[0].Status != run.VerificationFailed || !got[0].Changed {
		t.Errorf("it fails: %+v", got[0])
	}
	if types := b.Journal.Types(deployed.Release.ID); !slices.Contains(types, "release.revoked") {
		t.Errorf("facts %v", types)
	}
}
