package run_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestANewerReleaseSupersedesWhatIsHeld: an approved run that waits for its stage
// to open would bring what nobody wants any longer.
func TestANewerReleaseSupersedesWhatIsHeld(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, _ *stage.Stage) { dev.Windows = []stage.Window{office()} }))
	h.pass(6 * time.Hour)
	ask := func(version string) run.Run {
		r, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: version, WhenOpen: true})
		runtest.Must(t, err)
		return r
	}
	held := carry(t, b, ask("1"))
	if held.Deferral == nil {
		t.Fatalf("%s is not held", held.Status)
	}
	newer := ask("2")
	held = b.Now(t, held.ID)
	if held.Status != run.Superseded || !strings.Contains(held.Failure.Message, newer.ID) || !strings.HasPrefix(held.Failure.Fix, "nothing was changed") {
		t.Fatalf("%s: %+v", held.Status, held.Failure)
	}
	if newer = carry(t, b, newer); newer.Deferral == nil {
		t.Fatalf("the newer one is %s: %+v", newer.Status, newer.Failure)
	}
	h.pass(15 * time.Hour)
	if newer = carry(t, b, newer); newer.Status != run.Succeeded {
		t.Errorf("the newer one is %s when the stage opens: %+v", newer.Status, newer.Failure)
	}
}

// TestAPlanThatIsOutdatedWhenItIsMadeWaitsForNobody: the newer release was asked
// for while the older one was planned, when it was no moment to end it.
func TestAPlanThatIsOutdatedWhenItIsMadeWaitsForNobody(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t))
	old := b.Deploy(t, "dev", "1")
	var newer run.Run
	b.World.BeforePlan = func(run.Job, map[string]string) error {
		b.World.BeforePlan = nil
		newer = b.Deploy(t, "dev", "2")
		return nil
	}
	old = carry(t, b, old)
	if old.Status != run.Superseded || !strings.Contains(old.Failure.Message, newer.ID) {
		t.Fatalf("%s: %+v", old.Status, old.Failure)
	}
	if newer = carry(t, b, newer); newer.Status != run.AwaitingApproval {
		t.Errorf("the newer one is %s", newer.Status)
	}
}

// TestAHalfAppliedRunThatIsDroppedSaysSo: it waits for people a second time, as a
// crash left something else than the rest of its plan.
func TestAHalfAppliedRunThatIsDroppedSaysSo(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(t *testing.T, b *runtest.Bench, r run.Run) error{
		"discarded": func(_ *testing.T, b *runtest.Bench, r run.Run) error {
			_, err := b.Discard(runtest.As(runtest.Ada), runtest.Project, r.ID, "")
			return err
		},
		"superseded": func(t *testing.T, b *runtest.Bench, _ run.Run) error {
			t.Helper()
			b.Deploy(t, "dev", "2")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t, two(t))
			r := carry(t, b, b.Deploy(t, "dev", "1"))
			for _, a := range []kernel.Actor{runtest.Grace, {ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}} {
				_, err := b.Approve(runtest.As(a), runtest.Project, r.ID, r.Dossier, "")
				runtest.Must(t, err)
			}
			crash(t, b, r.ID, "module.route_web", func() { b.World.Drift(r.Stack, "module.redis_cache", "0.1.0") })
			next := b.Restart(t)
			if r = carry(t, next, r); r.Status != run.AwaitingApproval {
				t.Fatalf("%s: %+v", r.Status, r.Failure)
			}
			runtest.Must(t, drop(t, next, r))
			r = next.Now(t, r.ID)
			d, err := next.Store.Deployment(t.Context(), r.Scope, "orders")
			runtest.Must(t, err)
			if d.Status != run.DeploymentBroken || !strings.Contains(r.Failure.Fix, "a part of it was applied") {
				t.Errorf("what is deployed is %s, and the run says %q", d.Status, r.Failure.Fix)
			}
		})
	}
}

// TestARunWhoseReleaseMayNotGoThereAnyLongerIsNotVerified: its plan changes
// nothing, so that it would not come to an apply.
func TestARunWhoseReleaseMayNotGoThereAnyLongerIsNotVerified(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(dev, _ *stage.Stage) { dev.Soak = time.Hour }))
	r := deployed(t, b, "1")
	decision := run.ReleaseDecision{Release: r.Release.ID, Stage: "prod", Reason: "now"}
	_, err := b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, decision)
	runtest.Must(t, err)
	for _, withdrawn := range []bool{false, true} {
		p, err := promote(b, run.ChangeRequest{})
		runtest.Must(t, err)
		want := run.Succeeded
		if withdrawn {
			want = run.Failed
			_, err = b.WithdrawRelease(runtest.As(runtest.Grace), runtest.Project, decision)
			runtest.Must(t, err)
		}
		if p = carry(t, b, p); p.Status != want {
			t.Errorf("withdrawn %t: %s: %+v", withdrawn, p.Status, p.Failure)
		}
	}
}

// owned says that every workload belongs to a repository.
type owned struct{}

func (owned) Workload(context.Context, kernel.Scope, string) error {
	return kernel.Errorf(kernel.Refused, "it is kept in a repository")
}

// TestARetryPassesWhatTheFirstTryHadTo: who brought a release on its way does not
// approve it because somebody else tries it again, and what belongs to a
// repository is not changed by hand.
func TestARetryPassesWhatTheFirstTryHadTo(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, prod *stage.Stage) {
		prod.AutoPromote, prod.Approvals = true, stage.Approvals{Count: 1, Role: stage.RoleApprover, OtherThanRequester: true}
	}))
	deployed(t, b, "1")
	runtest.Must(t, b.PromoteDue(t.Context()))
	page, err := b.List(runtest.As(runtest.Ada), runtest.Project, run.Filter{Stage: "prod"}, kernel.PageRequest{})
	runtest.Must(t, err)
	auto := carry(t, b, page.Items[0])
	_, err = b.Discard(runtest.As(runtest.Grace), runtest.Project, auto.ID, "")
	runtest.Must(t, err)
	again, err := b.Retry(runtest.As(runtest.Grace), runtest.Project, auto.ID, run.RetryRequest{})
	runtest.Must(t, err)
	again = carry(t, b, again)
	if _, err := b.Approve(runtest.As(runtest.Ada), runtest.Project, again.ID, again.Dossier, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("ada, who deployed the release, approves its retry: %v", err)
	}
	b.World.BeforePlan = func(run.Job, map[string]string) error { return kernel.Errorf(kernel.Unavailable, "away") }
	failed := carry(t, b, b.Deploy(t, "dev", "2"))
	owner := b.Restart(t, func(d *run.Deps) { d.Owners = owned{} })
	if _, err := owner.Retry(runtest.As(runtest.Ada), runtest.Project, failed.ID, run.RetryRequest{}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "repository") {
		t.Errorf("the retry of what belongs to a repository: %v", err)
	}
}
