package run_test

import (
	"context"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// limited is ada with a token for projects and stages.
func limited(projects, stages []string) context.Context {
	ada := runtest.Ada
	ada.Limits = &kernel.Limits{Projects: projects, Stages: stages}
	return runtest.As(ada)
}

// TestATokenReachesNoOtherStageByItself: what it brings to dev goes to prod when somebody
// who may asks for it, or when the token is for prod, too.
func TestATokenReachesNoOtherStageByItself(t *testing.T) {
	t.Parallel()
	b := bench(t, staged(t, noon(), func(_, prod *stage.Stage) { prod.AutoPromote = true }))
	bring := func(ctx context.Context, version string) run.Run {
		t.Helper()
		r, err := b.Service.Deploy(ctx, runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: version})
		runtest.Must(t, err)
		if r = carry(t, b, r); r.Status != run.Succeeded {
			t.Fatalf("%s: %+v", r.Status, r.Failure)
		}
		return r
	}
	dev := limited(nil, []string{"dev"})
	bring(dev, "1")
	if runs := inProd(t, b); len(runs) != 0 {
		t.Fatalf("a token for dev reached prod: %+v", runs)
	}
	const told = "prod takes by itself what becomes available: this release came to dev with a token that is not for prod, so it goes only when somebody promotes it, or approves it for prod"
	a, err := b.Assess(runtest.As(runtest.Ada), runtest.Project, run.Promote, run.ChangeRequest{Workload: "orders", Stage: "prod"})
	runtest.Must(t, err)
	if !slices.Equal(a.ByItself, []string{told}) {
		t.Errorf("it is told %q", a.ByItself)
	}
	both := bring(limited([]string{"shop"}, []string{"dev", "prod"}), "2")
	runs := inProd(t, b)
	if len(runs) != 1 || runs[0].Release != both.Release || !slices.Equal(runs[0].Bounds.Stages, []string{"dev", "prod"}) {
		t.Fatalf("a token for both: %+v", runs)
	}
	carry(t, b, runs[0])
	third := bring(dev, "3")
	if runs = inProd(t, b); len(runs) != 1 {
		t.Fatalf("the token for dev again: %+v", runs)
	}
	_, err = b.ApproveRelease(runtest.As(runtest.Grace), runtest.Project, run.ReleaseDecision{Release: third.Release.ID, Stage: "prod", Reason: "it is good"})
	runtest.Must(t, err)
	if runs = inProd(t, b); len(runs) != 2 || runs[0].Release != third.Release {
		t.Errorf("somebody has approved it for prod: %+v", runs)
	}
}

// TestATokenReachesNoOtherProjectByItself: what takes an output that has changed there is
// outdated until somebody else's change reaches it.
func TestATokenReachesNoOtherProjectByItself(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	web := kernel.Scope{Tenant: "acme", Project: "web"}
	bring := func(ctx context.Context, where kernel.Scope, w *workload.Workload) run.Run {
		t.Helper()
		r, err := b.Service.Deploy(ctx, where, run.DeployRequest{Stage: "dev", Workload: w})
		runtest.Must(t, err)
		runtest.Must(t, b.Events(ctx, where, r.ID, true, func([]byte) error { return nil })) // until it ends
		r, err = b.Get(ctx, where, r.ID)
		if err != nil || r.Status != run.Succeeded {
			t.Fatalf("%s: %+v, %v", r.Status, r.Failure, err)
		}
		return r
	}
	ada := runtest.As(runtest.Ada)
	bring(ada, runtest.Project, taking(t, "orders", "{url: \"q://1\"}", ""))
	bring(ada, web, taking(t, "site", "", "{orders: {type: workload, params: {name: orders, project: shop}}}", "${resources.orders.url}"))
	bring(ada, runtest.Project, taking(t, "mail", "", takesOrders, "${resources.orders.url}"))
	inWeb := func() []run.Run {
		t.Helper()
		page, err := b.List(ada, web, run.Filter{}, kernel.PageRequest{})
		runtest.Must(t, err)
		return page.Items
	}
	bring(limited([]string{"shop"}, nil), runtest.Project, taking(t, "orders", "{url: \"q://2\"}", ""))
	if r := b.Await(t, latest(t, b, "mail").ID, run.Succeeded); r.Cause == nil || !slices.Equal(r.Bounds.Projects, []string{"shop"}) {
		t.Errorf("within the project: %+v", r)
	}
	if runs := inWeb(); len(runs) != 1 {
		t.Errorf("a token for shop reached web: %+v", runs)
	}
	bring(ada, runtest.Project, taking(t, "orders", "{url: \"q://3\"}", ""))
	if runs := inWeb(); len(runs) != 2 || runs[0].Cause == nil {
		t.Errorf("without limits: %+v", runs)
	}
}

// TestARollbackByItselfKeepsTheBounds of what it rolls back: what follows from it reaches
// no further.
func TestARollbackByItselfKeepsTheBounds(t *testing.T) {
	t.Parallel()
	b := bench(t, automatic(t)).Start(t)
	good := ""
	only(b, &good)
	first := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	good = first.Release.ID
	r, err := b.Service.Deploy(limited([]string{"shop"}, []string{"dev"}), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: "2.0"})
	runtest.Must(t, err)
	failed := b.Await(t, r.ID, run.Failed)
	if failed.Rollback == nil {
		t.Fatalf("%+v", failed.Failure)
	}
	if back := b.Await(t, failed.Rollback.Run, run.Succeeded); !slices.Equal(back.Bounds.Stages, []string{"dev"}) || !slices.Equal(back.Bounds.Projects, []string{"shop"}) {
		t.Errorf("%+v", back.Bounds)
	}
}
