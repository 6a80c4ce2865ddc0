package run

import (
	"context"
	"maps"
	"reflect"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// material is what a run is planned from.
type material struct {
	release  release.Release
	stage    stage.Stage
	graph    *graph.Graph
	workload *workload.Workload
	tags     TagSet
	// zone are the outputs of the landing zone.
	zone map[string]any
	// taken are the outputs of other stacks in it.
	taken taken
	root  Root
	// bare is the digest of the root module without what it adopts.
	bare kernel.Digest
}

// material loads the release and renders its root module for the run's stage.
func (s *Service) material(ctx context.Context, r Run) (m material, err error) {
	if m, err = s.ingredients(ctx, r); err != nil {
		return m, err
	}
	m.root, err = s.Renderer.Render(ctx, RenderInput{
		Stack: r.Stack, Scope: r.Scope, Stage: m.stage, Release: m.release,
		Graph: m.graph, Workload: m.workload, Tags: m.tags.Values(), LandingZone: m.zone, Taken: m.taken.values,
	})
	m.bare = m.root.Digest
	if err != nil || r.Operation == Destroy {
		return m, err
	}
	m.root, err = withAdoptions(m.root, r.Adopted)
	return m, err
}

// ingredients is the material without the root module.
func (s *Service) ingredients(ctx context.Context, r Run) (m material, err error) {
	if m.stage, err = s.Stages.Get(r.Scope.Stage); err != nil {
		return m, err
	}
	if m.release, err = s.Releases.Get(ctx, projectOf(r.Scope), r.Release.ID); err != nil {
		return m, err
	}
	if m.graph, m.workload, err = s.Releases.Graph(ctx, m.release, m.stage); err != nil {
		return m, err
	}
	if m.tags, err = s.tags(ctx, r.Scope, m.workload); err != nil {
		return m, err
	}
	if m.zone, err = s.zone(ctx, r.Scope); err != nil {
		return m, err
	}
	m.taken, err = s.inputs(ctx, r, m.workload)
	return m, err
}

// same reports whether both have all that may change under a release: its root
// module then is the same.
func (m material) same(other material) bool {
	return reflect.DeepEqual(m.stage, other.stage) && reflect.DeepEqual(m.tags, other.tags) && reflect.DeepEqual(m.zone, other.zone)
}

// zone returns the outputs of the landing zone under a stage.
func (s *Service) zone(ctx context.Context, scope kernel.Scope) (map[string]any, error) {
	if s.Zones == nil {
		return nil, nil //nolint:nilnil // nothing is known
	}
	return s.Zones.Outputs(ctx, scope)
}

func projectOf(scope kernel.Scope) kernel.Scope { return scope.InProject(scope.Project) }

// attempt is a finished plan with all that was decided on it.
type attempt struct {
	material
	planned Planned
	plan    Plan
	dossier Dossier
	digest  kernel.Digest
	// part is whether only some of the resources were planned.
	part bool
	// askedAt is when the gates were.
	askedAt time.Time
}

// makePlan plans, asks the gates, and writes the dossier. With targets it plans
// these and what they need alone.
func (e *execution) makePlan(ctx context.Context, targets ...string) (a attempt, err error) {
	if a.material, err = e.s.material(ctx, e.run); err != nil {
		return a, err
	}
	if err := e.foreseen(ctx, a.material); err != nil {
		return a, err
	}
	serial, err := e.s.State.Serial(ctx, e.scope, e.stack)
	if err != nil {
		return a, err
	}
	job, err := e.job(ctx, "plan", a.stage, a.root)
	if err != nil {
		return a, err
	}
	a.part = len(targets) > 0
	if job.Targets = targets; e.run.Operation == Refresh {
		job.RefreshOnly, job.Targets = true, e.run.Targets
	}
	if !e.run.DryRun {
		job.Keep, job.Warm = e.keepPlan, true
	}
	sink, end := e.sink(ctx, "plan")
	a.planned, err = e.s.Planner.Plan(ctx, job, sink)
	if end(); err != nil {
		return a, e.unrecordable(err)
	}
	e.keepWarm(ctx, a.planned)
	view, err := e.view(a.stage, a.planned.JSON)
	if err != nil {
		return a, err
	}
	view.Summary.Digest, view.Summary.Serial = a.planned.Digest, serial
	a.plan = view.Summary
	if view.Files, err = e.files(ctx, a); err != nil {
		return a, err
	}
	a.askedAt = e.s.Clock.Now()
	gates, err := e.gates(ctx, a)
	if err != nil {
		return a, err
	}
	if a.dossier, err = e.dossier(ctx, a, view, gates); err != nil {
		return a, err
	}
	a.dossier.hide(gates)
	a.digest, err = a.dossier.sealedAs()
	return a, err
}

// files tells what the plan would change in the stage's repository.
func (e *execution) files(ctx context.Context, a attempt) ([]FileChange, error) {
	if a.stage.Runtime != stage.RuntimeKubernetes || e.s.Manifests == nil {
		return nil, nil
	}
	return e.s.Manifests.Changes(ctx, e.scope, a.planned.JSON)
}

// plan makes the plan and takes the run to where its gates send it.
func (e *execution) plan(ctx context.Context) error {
	if err := e.stillUsed(ctx); err != nil {
		return err
	}
	a, err := e.makePlan(ctx)
	if err != nil {
		return err
	}
	return e.decide(ctx, a)
}

// job is the execution of terraform for one phase, with a token for it.
func (e *execution) job(ctx context.Context, phase string, st stage.Stage, root Root) (Job, error) {
	files := root.all()
	given, err := e.given(ctx, phase, root)
	if err != nil {
		return Job{}, err
	}
	maps.Copy(files, given)
	token, err := e.s.Tokens.Issue(ctx, TokenRequest{
		Run: e.id, Stack: e.stack, Workload: e.run.Workload, Scope: e.scope,
		Fence: e.lease.Fence, Phase: phase, Cause: e.run.origin().Cause, Expires: e.s.Clock.Now().Add(tokenLife),
	})
	return Job{
		Run: e.id, Stack: e.stack, Scope: e.scope, Stage: st, Attempt: e.run.Attempt, Fence: e.lease.Fence, Files: files,
		Token: token, Destroy: e.run.Operation == Destroy, Kill: e.kill,
	}, err
}
