package run_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func bench(t *testing.T, options ...func(*run.Deps)) *runtest.Bench {
	t.Helper()
	return runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...), options...)
}

func TestOneReleaseThroughAllStages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		b := runtest.New(t, d).Start(t)
		first := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
		if first.Plan.Create != 3 || first.Attempt != 1 || first.Dossier == "" {
			t.Errorf("deployed: %+v", first)
		}
		for _, to := range []string{"test", "int"} {
			if r := b.Await(t, b.Promote(t, to).ID, run.Succeeded); r.Release != first.Release {
				t.Errorf("%s got %v, want %v", to, r.Release, first.Release)
			}
		}
		_, err := b.Service.Promote(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "prod"})
		if want := ": terrace promote orders --to qs, then terrace promote orders --to prod"; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("past qs: %v, want the fix %q", err, want)
		}
		qs := b.Await(t, b.Promote(t, "qs").ID, run.AwaitingApproval)
		_, err = b.Approve(runtest.As(runtest.Ada), runtest.Project, qs.ID, qs.Dossier, "looks good")
		runtest.Must(t, err)
		b.Await(t, qs.ID, run.Succeeded)
		prod := b.Await(t, b.Promote(t, "prod").ID, run.AwaitingApproval)
		if _, err := b.Approve(runtest.As(runtest.Ada), runtest.Project, prod.ID, prod.Dossier, ""); !kernel.Is(err, kernel.Refused) {
			t.Errorf("who asked must not approve for prod: %v", err)
		}
		_, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, prod.ID, prod.Dossier, "")
		runtest.Must(t, err)
		prod = b.Await(t, prod.ID, run.Succeeded)
		want := []string{"run.queued", "run.planning", "run.awaiting_approval", "run.approved", "run.applying", "run.verifying", "run.succeeded"}
		if diff := cmp.Diff(want, b.Journal.Types(prod.ID)); diff != "" {
			t.Errorf("facts: %s", diff)
		}
		var phases []string
		for _, p := range prod.Phases {
			if p.Ended == nil {
				t.Errorf("phase %s has no end", p.Name)
			}
			phases = append(phases, p.Name)
		}
		if diff := cmp.Diff([]string{"queue", "plan", "approval", "apply", "verify"}, phases); diff != "" {
			t.Errorf("phases: %s", diff)
		}
		status, err := b.Workload(runtest.As(runtest.Ada), runtest.Project, "orders")
		runtest.Must(t, err)
		for _, st := range status.Stages {
			if st.Deployment == nil || st.Deployment.Status != run.DeploymentVerified || st.Deployment.Endpoints()["web"] == "" {
				t.Errorf("%s: %+v", st.Stage, st.Deployment)
			}
		}
		if _, err := b.Plans.Load(t.Context(), prod.ID, prod.Plan.Digest); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a run that ended keeps its plan: %v", err)
		}
	})
}

func TestTheWayIsRefused(t *testing.T) {
	t.Parallel()
	b := bench(t)
	ask := func(what string, err error, kind kernel.Kind, fix string) {
		t.Helper()
		if !kernel.Is(err, kind) || !strings.Contains(err.Error(), fix) {
			t.Errorf("%s: %v, want %s with %q", what, err, kind, fix)
		}
	}
	ctx := runtest.As(runtest.Ada)
	_, err := b.Service.Deploy(ctx, runtest.Project, run.DeployRequest{Stage: "prod", Workload: runtest.Workload(t)})
	ask("straight to prod", err, kernel.Refused, "not verified in qs")
	ask("straight to prod", err, kernel.Refused, "terrace deploy score.yaml --stage dev, then terrace promote orders --to test, then terrace promote orders --to int, then")
	_, err = b.Service.Promote(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "test"})
	ask("nothing in dev", err, kernel.Refused, "nothing of orders is deployed in dev")
	_, err = b.Service.Promote(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	ask("to the first stage", err, kernel.Refused, "first stage")
	_, err = b.Service.Promote(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "moon"})
	ask("to no stage", err, kernel.NotFound, "moon")
	_, err = b.Rollback(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	ask("nothing to roll back", err, kernel.NotFound, "terrace status orders")
	_, err = b.Destroy(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	ask("nothing to destroy", err, kernel.NotFound, "terrace status orders")
	b.Denied["workload.deploy"] = true
	_, err = b.Service.Deploy(ctx, runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t)})
	ask("a viewer", err, kernel.Denied, "workload.deploy")
}

func TestAFailedVerificationClosesTheNextStage(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		if !strings.HasSuffix(in.URL, "/healthz") {
			t.Errorf("the readiness path is asked by default, not %s", in.URL)
		}
		return run.CheckResult{Check: in.Check.Name, URL: in.URL, Message: "status 500, want 2xx"}
	}
	again := b.Deploy(t, "dev", "1.0")
	failed := b.Await(t, again.ID, run.Failed)
	if failed.Failure.Phase != "verify" || !strings.Contains(failed.Failure.Message, "status 500") || !strings.Contains(failed.Failure.Fix, "terrace verify orders --stage dev") {
		t.Errorf("%+v", failed.Failure)
	}
	if !failed.Plan.Empty() || !slices.Contains(b.Journal.Types(again.ID), "run.verifying") {
		t.Errorf("an empty plan goes on to be verified: %v", b.Journal.Types(again.ID))
	}
	_, err := b.Service.Promote(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "test", Release: failed.Release.ID})
	if !kernel.Is(err, kernel.Refused) {
		t.Errorf("what was verified once is revoked: %v", err)
	}
	_, err = b.Service.Promote(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "test"})
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "unverified") {
		t.Errorf("an unverified deployment does not go on: %v", err)
	}
}

func TestAFailedGateAppliesNothing(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1.0", "    team: none\n").ID, run.Failed)
	if f := r.Failure; f.Phase != "gates" || !strings.Contains(f.Fix, "terrace.dev/costcenter") || f.Problems[0].Message != "workload orders has no costcenter" {
		t.Errorf("%+v", f)
	}
	if r.Gates[0].Outcome != run.Missed || r.Plan == nil || len(b.World.Resources(r.Stack)) != 0 {
		t.Errorf("gates %+v, plan %+v, there: %v", r.Gates, r.Plan, b.World.Resources(r.Stack))
	}
}

func TestAPlanThatFails(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1.0", runtest.CostCenter, "    broken: a variable is missing\n").ID, run.Failed)
	if f := r.Failure; f.Phase != "plan" || len(f.Problems) != 1 || f.Problems[0].Message != "a variable is missing" || f.Fix == "" {
		t.Errorf("%+v", f)
	}
	if len(b.World.Resources(r.Stack)) != 0 {
		t.Error("nothing may be there")
	}
	b.Await(t, b.Deploy(t, "dev", "1.1").ID, run.Succeeded)
}

func TestRollbackAndDestroy(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	ctx := runtest.As(runtest.Ada)
	var releases []run.ReleaseRef
	for _, version := range []string{"1", "2", "3"} {
		releases = append(releases, b.Await(t, b.Deploy(t, "dev", version).ID, run.Succeeded).Release)
	}
	for _, want := range []run.ReleaseRef{releases[1], releases[0]} {
		r, err := b.Rollback(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev", Reason: "it is broken"})
		runtest.Must(t, err)
		if r.Release != want {
			t.Errorf("rolled back to %v, want %v", r.Release, want)
		}
		b.Await(t, r.ID, run.Succeeded)
	}
	if _, err := b.Rollback(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("there is nothing before the first: %v", err)
	}
	forward, err := b.Rollback(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev", Release: releases[2].ID})
	runtest.Must(t, err)
	b.Await(t, forward.ID, run.Succeeded)
	gone, err := b.Destroy(ctx, runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	runtest.Must(t, err)
	gone = b.Await(t, gone.ID, run.Succeeded)
	if gone.Plan.Delete != 3 || len(b.World.Resources(gone.Stack)) != 0 {
		t.Errorf("%+v, left %v", gone.Plan, b.World.Resources(gone.Stack))
	}
	status, err := b.Workload(ctx, runtest.Project, "orders")
	runtest.Must(t, err)
	if status.Stages[0].Deployment != nil {
		t.Errorf("still deployed: %+v", status.Stages[0].Deployment)
	}
}
