package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// planner executes runs with terraform or tofu.
type planner struct {
	runner       *runner.Runner
	environments environments
}

func (a planner) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	result, err := a.runner.Plan(ctx, runnerJob(job, tokens.PhasePlan, a.environments.ofPlan(job.Stage)), events(job.Run, sink))
	planned := run.Planned{Digest: result.Digest, JSON: result.JSON}
	if result.Warm != nil {
		planned.Warm = warmPlan{result.Warm, a}
	}
	return planned, err
}

// warmPlan is a plan of the runner that is applied where it was made.
type warmPlan struct {
	*runner.Warm
	planner planner
}

func (h warmPlan) Apply(ctx context.Context, job run.Job, sink func(run.Event)) (run.Applied, error) {
	result, err := h.planner.runner.ApplyWarm(ctx, runnerJob(job, tokens.PhaseApply, h.planner.environments.of(job.Stage)), h.Warm, events(job.Run, sink))
	return appliedHere(result), err
}

func (a planner) Apply(ctx context.Context, job run.Job, plan run.PlanFile, sink func(run.Event)) (run.Applied, error) {
	result, err := a.runner.Apply(ctx, runnerJob(job, tokens.PhaseApply, a.environments.of(job.Stage)), runner.PlanFile(plan), events(job.Run, sink))
	return appliedHere(result), err
}

func appliedHere(result runner.ApplyResult) run.Applied {
	applied := run.Applied{Outputs: result.Outputs, Busy: result.Busy}
	for _, e := range result.Existing {
		applied.Existing = append(applied.Existing, run.Adoption{Address: e.Address, ID: e.ID})
	}
	return applied
}

func events(id string, sink func(run.Event)) runner.Sink {
	return func(e runner.Event) {
		sink(run.Event{
			Time: e.Time, Run: id, Phase: string(e.Phase), Level: e.Level, Type: e.Type, Address: e.Address, Action: e.Action, Message: e.Message,
		})
	}
}

// renderer renders root modules for the run room. Terrace's own provider belongs to
// this server, as the API that it speaks to does: its lock is of today, whatever it
// was when the release was made, so that releases outlive an update of Terrace.
type renderer struct {
	releases *release.Service
	lock     []byte
}

func (a renderer) Render(_ context.Context, in run.RenderInput) (run.Root, error) {
	artifacts := make(map[string]render.Artifact, len(in.Release.Artifacts))
	for container, artifact := range in.Release.Artifacts {
		artifacts[container] = render.Artifact{Digest: artifact.Digest}
	}
	service, err := in.Release.Runtime(in.Stage)
	if err != nil {
		return run.Root{}, err
	}
	root, err := render.Render(render.Input{
		Graph: in.Graph, Workload: in.Workload, Runtime: in.Stage.Runtime, Service: service,
		Context: graph.Context{
			Tenant: in.Scope.Tenant, Project: in.Scope.Project, Stage: in.Stage.Name, Target: in.Stage.Target,
			Runtime: in.Stage.Runtime, Workload: in.Workload.Name,
		},
		Release: in.Release.ID, ReleaseVersion: in.Release.Version, Artifacts: artifacts, Images: in.Release.Images, Tags: in.Tags,
		LandingZone: in.LandingZone, Taken: takenOf(in.Taken), ProviderVersion: ProviderVersion, AzurermVersion: runner.AzurermVersion, Lock: a.lock,
	})
	return run.Root{Files: root.Files, Secret: root.Secret, Secrets: root.Secrets, Digest: root.Digest, LandingZone: root.LandingZone}, err
}

// takenOf are the outputs of other stacks as the renderer has them.
func takenOf(in map[string]map[string]run.StateOutput) map[string]map[string]render.Taken {
	out := make(map[string]map[string]render.Taken, len(in))
	for resource, outputs := range in {
		out[resource] = make(map[string]render.Taken, len(outputs))
		for name, o := range outputs {
			out[resource][name] = render.Taken{Value: o.Value, Sensitive: o.Sensitive}
		}
	}
	return out
}

// runTokens issues the tokens of runs.
type runTokens struct{ issuer *tokens.Issuer }

func (a runTokens) Issue(_ context.Context, t run.TokenRequest) (string, error) {
	return a.issuer.Issue(tokens.Run{
		Run: t.Run, Stack: t.Stack, Scope: t.Scope, Workload: t.Workload, Fence: t.Fence, Phase: t.Phase, Cause: t.Cause, Expires: t.Expires,
	})
}

// roles tells the run room who has the role that a stage names.
type roles struct{ identity *identity.Service }

func (a roles) HasRole(ctx context.Context, action string, scope kernel.Scope, role string) (bool, error) {
	return a.identity.HasRole(ctx, action, scope, identity.Role(role))
}

func (a roles) Acting(ctx context.Context, tenant, user string) (kernel.Actor, error) {
	return a.identity.Acting(ctx, tenant, user)
}

// runStates tells the run room where a stack's state stands, and stores what an
// apply could not.
type runStates struct{ states *state.Service }

func (a runStates) Serial(ctx context.Context, _ kernel.Scope, stack string) (int64, error) {
	return a.states.Serial(ctx, stack)
}

func (a runStates) Restore(ctx context.Context, id, stack string, fence int64) error {
	return a.states.Restore(ctx, state.Caller{Run: id, Stack: stack, Fence: fence, MayWrite: true}, stack)
}

func (a runStates) Version(ctx context.Context, stack string) (run.StateRef, error) {
	v, _, err := a.states.Current(ctx, stack)
	return run.StateRef{Version: v.ID, Serial: v.Serial}, err
}

func (a runStates) Outputs(ctx context.Context, stack, version string) (map[string]run.StateOutput, error) {
	found, err := a.states.Outputs(ctx, stack, version)
	outputs := make(map[string]run.StateOutput, len(found))
	for name, o := range found {
		outputs[name] = run.StateOutput{Value: o.Value, Sensitive: o.Sensitive}
	}
	return outputs, err
}

// zoneSecrets has what the inputs of landing zones refer to.
type zoneSecrets struct{ *secret.Service }

// Resolve implements landingzone.Secrets.
func (a zoneSecrets) Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error) {
	return a.Service.Resolve(secretref.ReadFor(ctx, "the landing zone of "+scope.Stage), scope, r)
}
