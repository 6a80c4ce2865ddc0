package run_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// two is one stage that needs two approvals by others than who asked.
func two(t *testing.T) func(*run.Deps) {
	return func(d *run.Deps) {
		set, err := stage.NewSet([]stage.Stage{{
			Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess,
			Approvals: stage.Approvals{Count: 2, Role: "approver", OtherThanRequester: true},
		}})
		runtest.Must(t, err)
		d.Stages = set
	}
}

func TestEachPersonCountsOnce(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t)).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	alan := kernel.Actor{ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}
	robot := kernel.Actor{ID: "run_1", Name: "robot", Kind: kernel.ActorRun, Tenant: "acme"}
	for _, step := range []struct {
		name   string
		actor  kernel.Actor
		digest kernel.Digest
		kind   kernel.Kind
		status run.Status
	}{
		{"a program has no word", robot, r.Dossier, kernel.Denied, ""},
		{"who asked has none here", runtest.Ada, r.Dossier, kernel.Refused, ""},
		{"another dossier", runtest.Grace, "sha256:0000000000000000", kernel.Stale, ""},
		{"the first", runtest.Grace, r.Dossier, "", run.AwaitingApproval},
		{"the first again", runtest.Grace, r.Dossier, kernel.Conflict, ""},
		{"the second", alan, r.Dossier, "", run.Approved},
	} {
		after, err := b.Approve(runtest.As(step.actor), runtest.Project, r.ID, step.digest, "")
		if kernel.KindOf(err) != step.kind || err == nil && after.Status != step.status {
			t.Errorf("%s: %v, status %s", step.name, err, after.Status)
		}
	}
	done := b.Await(t, r.ID, run.Succeeded)
	if len(done.Approvals) != 2 {
		t.Errorf("approvals: %+v", done.Approvals)
	}
	if _, err := b.Approve(runtest.As(alan), runtest.Project, r.ID, r.Dossier, ""); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAStageCanNameAnotherRoleThanApprover(t *testing.T) {
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
	r = b.Await(t, r.ID, run.AwaitingApproval)
	b.Roles = map[string]string{"grace": stage.RoleApprover}
	_, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	if !kernel.Is(err, kernel.Denied) || !strings.Contains(err.Error(), "the role admin") {
		t.Errorf("an approver: %v, want denied for want of the role admin", err)
	}
	b.Roles["grace"] = stage.RoleAdmin
	b.Denied["run.approve"] = true // the stage's role takes the place of the action's
	after, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	if err != nil || after.Status != run.Approved {
		t.Errorf("an admin: %v, status %s", err, after.Status)
	}
}

func TestAnApprovalOfAStalePlanIsRefused(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t)).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	b.World.Drift(r.Stack, "module.redis_cache", "0.9.0")
	_, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	if !kernel.Is(err, kernel.Stale) || !strings.Contains(err.Error(), "planned again") {
		t.Fatalf("%v, want stale", err)
	}
	again := b.Await(t, r.ID, run.AwaitingApproval)
	for again.Dossier == r.Dossier { // the run has not been taken up yet
		again = b.Await(t, r.ID, run.AwaitingApproval)
	}
	if again.Plan.Create != 2 || again.Plan.Update != 1 {
		t.Errorf("the new plan knows the drift: %+v", again.Plan)
	}
}

func TestAPlanThatIsStaleAtItsApplyIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t))
	ctx := t.Context()
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(ctx, runtest.Project, r.ID))
	r = b.Await(t, r.ID, run.AwaitingApproval)
	alan := kernel.Actor{ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}
	for _, a := range []kernel.Actor{runtest.Grace, alan} {
		_, err := b.Approve(runtest.As(a), runtest.Project, r.ID, r.Dossier, "")
		runtest.Must(t, err)
	}
	b.World.Drift(r.Stack, "module.redis_cache", "0.9.0")
	runtest.Must(t, b.Advance(ctx, runtest.Project, r.ID))
	again := b.Await(t, r.ID, run.AwaitingApproval)
	if again.Dossier == r.Dossier || len(b.World.Applied) != 0 {
		t.Errorf("approved was the old plan; applied %v", b.World.Applied)
	}
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
	runtest.Must(t, err)
	if text := strings.Join(x.Details, "\n"); !strings.Contains(text, "2 more approvals are needed") {
		t.Errorf("the old approvals do not count: %s", text)
	}
}

func TestASealedPlanThatWasExchangedIsNotApplied(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t))
	ctx := t.Context()
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(ctx, runtest.Project, r.ID))
	r = b.Await(t, r.ID, run.AwaitingApproval)
	alan := kernel.Actor{ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}
	for _, a := range []kernel.Actor{runtest.Grace, alan} {
		_, err := b.Approve(runtest.As(a), runtest.Project, r.ID, r.Dossier, "")
		runtest.Must(t, err)
	}
	evil := `{"Changes":[{"Address":"evil","Action":"create"}]}`
	digest := kernel.DigestOf([]byte(evil))
	if err := b.Plans.Save(ctx, r.Scope.Tenant, r.ID, r.Plan.Digest, strings.NewReader(evil)); !kernel.Is(err, kernel.Refused) {
		t.Errorf("a plan is kept under another's digest: %v", err)
	}
	runtest.Must(t, b.Plans.Save(ctx, r.Scope.Tenant, r.ID, digest, strings.NewReader(evil)))
	file := func(of kernel.Digest) string { return filepath.Join(b.Folder, "blobs", "plans", r.ID+"."+of.Hex()) }
	runtest.Must(t, os.Rename(file(digest), file(r.Plan.Digest)))
	runtest.Must(t, b.Advance(ctx, runtest.Project, r.ID))
	r = b.Await(t, r.ID, run.Failed)
	if !strings.Contains(r.Failure.Message, "not the one that passed") || len(b.World.Applied) != 0 {
		t.Errorf("%+v, applied %v", r.Failure, b.World.Applied)
	}
}

func read(plan io.ReadCloser, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(plan)
	return raw, errors.Join(err, plan.Close())
}

// tampered changes bytes of a file, one at a time, and expects that it is not read as
// what it was.
func tampered(t *testing.T, file string, content []byte, read func() ([]byte, error)) {
	t.Helper()
	sealed, err := os.ReadFile(file)
	runtest.Must(t, err)
	for _, at := range []int{0, len(sealed) / 2, len(sealed) - 1} {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		runtest.Must(t, os.WriteFile(file, changed, 0o600))
		if now, err := read(); err == nil && bytes.Equal(now, content) {
			t.Errorf("byte %d of %s was changed, and nobody saw it", at, filepath.Base(file))
		}
	}
}

// TestASealedPlanThatWasTamperedWithIsNotApplied changes kept bytes of a plan that was
// approved, and of what its gates looked at.
func TestASealedPlanThatWasTamperedWithIsNotApplied(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(dev, _ *stage.Stage) { dev.Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover} }))
	r := carry(t, b, b.Deploy(t, "dev", "1"))
	_, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	runtest.Must(t, err)
	kept := filepath.Join(b.Folder, "blobs", "plans", r.ID+".")
	plan, err := read(b.Plans.Load(t.Context(), r.ID, r.Plan.Digest))
	runtest.Must(t, err)
	tampered(t, kept+r.Plan.Digest.Hex(), plan, func() ([]byte, error) { return read(b.Plans.Load(t.Context(), r.ID, r.Plan.Digest)) })
	judged, err := read(b.Plans.LoadJudged(t.Context(), r.ID, r.Dossier))
	runtest.Must(t, err)
	tampered(t, kept+r.Dossier.Hex()+".judged", judged, func() ([]byte, error) { return read(b.Plans.LoadJudged(t.Context(), r.ID, r.Dossier)) })
	if r = carry(t, b, r); r.Status != run.Failed || len(b.World.Applied) != 0 {
		t.Errorf("%s, applied %v", r.Status, b.World.Applied)
	}
}

// leaving is a run log that lets a test act when an executor has made its step
// and is not yet gone.
type leaving struct {
	run.Logs
	at func(e run.Event)
}

func (l leaving) Append(ctx context.Context, tenant, id string, events ...run.Event) error {
	for _, e := range events {
		l.at(e)
	}
	return l.Logs.Append(ctx, tenant, id, events...)
}

// counted are jobs that are counted and not queued.
type counted struct{ n *atomic.Int32 }

func (c counted) Enqueue(context.Context, kernel.Scope, string) error {
	c.n.Add(1)
	return nil
}

func TestAnApprovalWhileTheExecutorLeavesIsActedOn(t *testing.T) {
	t.Parallel()
	var b *runtest.Bench
	var jobs atomic.Int32
	b = bench(t, two(t), func(d *run.Deps) {
		d.Jobs = counted{&jobs}
		d.Logs = leaving{d.Logs, func(e run.Event) {
			if e.Type != "run.awaiting_approval" {
				return
			}
			r := b.Now(t, e.Run)
			alan := kernel.Actor{ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}
			for _, a := range []kernel.Actor{runtest.Grace, alan} {
				_, err := b.Approve(runtest.As(a), runtest.Project, r.ID, r.Dossier, "")
				runtest.Must(t, err)
			}
			runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID)) // the approval's job
			jobs.Store(0)
		}}
	})
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	if r = b.Now(t, r.ID); r.Status != run.Approved || jobs.Load() != 1 {
		t.Fatalf("%s with %d jobs, want approved and one to go on", r.Status, jobs.Load())
	}
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	if r = b.Now(t, r.ID); r.Status != run.Succeeded {
		t.Errorf("%s, want succeeded", r.Status)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t)).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	b.Denied["run.discard"] = true // an approver may discard what it may approve
	_, err := b.Discard(runtest.As(runtest.Grace), runtest.Project, r.ID, "not today")
	runtest.Must(t, err)
	if _, err := b.Discard(runtest.As(runtest.Grace), runtest.Project, r.ID, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("twice: %v", err)
	}
	next := b.Await(t, b.Deploy(t, "dev", "3").ID, run.AwaitingApproval)
	b.Denied["run.approve"] = true
	if _, err := b.Discard(runtest.As(runtest.Grace), runtest.Project, next.ID, ""); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who may do neither: %v", err)
	}
}
