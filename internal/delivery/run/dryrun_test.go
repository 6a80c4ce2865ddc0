package run_test

import (
	"context"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// inGit tells one change of a file, or fails.
type inGit struct{ err error }

func (g inGit) Changes(context.Context, kernel.Scope, *tfjson.Plan) ([]run.FileChange, error) {
	return []run.FileChange{{Path: "a.yaml", Change: "added", Diff: "+a\n"}}, g.err
}

// inCluster makes the runtime of all stages kubernetes.
func inCluster(t *testing.T, g inGit) func(*run.Deps) {
	t.Helper()
	return func(d *run.Deps) {
		stages := d.Stages.All()
		for i := range stages {
			stages[i].Runtime = stage.RuntimeKubernetes
		}
		set, err := stage.NewSet(stages)
		if err != nil {
			t.Fatal(err)
		}
		d.Stages, d.Manifests = set, g
	}
}

func dry(t *testing.T, b *runtest.Bench, c run.ChangeRequest, ask func(context.Context, kernel.Scope, run.ChangeRequest) (run.Run, error)) run.Run {
	t.Helper()
	c.Workload, c.DryRun = "orders", true
	r, err := ask(runtest.As(runtest.Ada), runtest.Project, c)
	runtest.Must(t, err)
	return b.Await(t, r.ID, run.PlannedOnly)
}

func TestADryRunPlansAndChangesNothing(t *testing.T) {
	t.Parallel()
	b := bench(t, inCluster(t, inGit{})).Start(t)
	first := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	r := dry(t, b, run.ChangeRequest{Stage: "test"}, b.Service.Promote)
	if r.Release != first.Release || r.Plan.Create != 3 || r.Failure != nil {
		t.Errorf("planned: %+v", r)
	}
	d, _, err := b.GetDossier(runtest.As(runtest.Ada), runtest.Project, r.ID)
	runtest.Must(t, err)
	if len(d.Plan.Files) != 1 || d.Plan.Files[0].Path != "a.yaml" {
		t.Errorf("files %v", d.Plan.Files)
	}
	if _, err := b.Plans.Load(t.Context(), r.ID, r.Plan.Digest); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("the plan of a dry run is kept: %v", err)
	}
	dry(t, b, run.ChangeRequest{Stage: "dev"}, b.Service.Destroy)
	status, err := b.Workload(runtest.As(runtest.Ada), runtest.Project, "orders")
	runtest.Must(t, err)
	if dev := status.Stages[0]; dev.Deployment == nil || dev.Deployment.Status != run.DeploymentVerified || dev.Run.ID != first.ID {
		t.Errorf("dev: %+v", dev)
	}
	if test := status.Stages[1]; test.Deployment != nil || test.Run != nil {
		t.Errorf("test: %+v", test)
	}
}

func TestManifestsThatCannotBeEndThePlan(t *testing.T) {
	t.Parallel()
	wrong := kernel.Errorf(kernel.Invalid, "the manifests do not fit").WithProblems(kernel.Problem{Path: "containers.main", Message: "too much"})
	b := bench(t, inCluster(t, inGit{err: wrong})).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Failed)
	if r.Failure.Phase != "plan" || len(r.Failure.Problems) != 1 {
		t.Errorf("failure %+v", r.Failure)
	}
}

func TestEveryFactOfARunNamesTheEventThatCausedIt(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	first := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
	r, err := b.Service.Promote(kernel.WithCause(runtest.As(runtest.Ada), "evt_1"), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "test", DryRun: true})
	runtest.Must(t, err)
	b.Await(t, r.ID, run.PlannedOnly)
	for id, want := range map[string]string{first.ID: first.Event, r.ID: "evt_1"} {
		causes := b.Journal.Causes(id)
		if id == first.ID { // the first fact has no cause, and is that of the others
			if causes[0] != "" || want == "" {
				t.Errorf("the first fact of a run is caused by %q, the others by %q", causes[0], want)
			}
			causes = causes[1:]
		}
		for i, got := range causes {
			if got != want {
				t.Errorf("fact %d of %d of run %s is caused by %q, want %q", i, len(causes), id, got, want)
			}
		}
		if len(causes) < 3 {
			t.Errorf("run %s has %d facts", id, len(causes))
		}
	}
}

// TestAWorkloadOfDryRunsAloneIsInNoList, and the list of the others is.
func TestAWorkloadOfDryRunsAloneIsInNoList(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...)).Start(t)
	ctx := runtest.As(runtest.Ada)
	first := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	dry := first
	dry.ID, dry.DryRun = kernel.NewID("run"), true
	runtest.Must(t, b.Store.Insert(ctx, dry)) // after it, of the same workload
	dry.ID, dry.Workload = kernel.NewID("run"), "another"
	runtest.Must(t, b.Store.Insert(ctx, dry))
	page, err := b.Service.Workloads(ctx, runtest.Project, kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Workload != "orders" {
		t.Fatalf("%+v, %v", page, err)
	}
	if at := page.Items[0].Stages[0]; at.Stage != "dev" || at.Run == nil || at.Run.ID != first.ID || at.Deployment == nil {
		t.Errorf("on dev: %+v", at)
	}
	if _, err := b.Service.Workload(ctx, runtest.Project, "another"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("the workload of dry runs alone: %v", err)
	}
}
