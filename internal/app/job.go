package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetagent"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// A job goes from the run room to the runner of this process, or through the
// fleet to the runner of another: here alone its fields are copied, and a test
// knows them all.

// runnerJob is a job as the runner executes it, with the variables of its phase.
func runnerJob(job run.Job, phase string, env map[string]string) runner.Job {
	identity := identityOf(job, phase)
	env = withoutSignIn(env, identity)
	out := runner.Job{
		RunID: job.Run, Stack: job.Stack, Fence: job.Fence, Files: job.Files, Token: job.Token, Targets: job.Targets, Destroy: job.Destroy, RefreshOnly: job.RefreshOnly, Unlocked: job.Unlocked,
		Kill: job.Kill, Warm: job.Warm, Limits: limitsOf(job.Stage.Limits), Env: env, Identity: identity, Secret: slices.DeleteFunc(slices.Sorted(maps.Keys(env)), func(name string) bool { return !stage.SecretVariable(name) }),
	}
	if taken, ok := job.Files[render.SecretFile]; ok {
		out.Hide = []any{valuesOf(taken)}
	}
	if given, ok := job.Files[run.SecretsFile]; ok {
		out.Hide = append(out.Hide, valuesOf(given))
	}
	if job.Keep != nil {
		out.KeepPlan = func(ctx context.Context, plan runner.PlanFile) error { return job.Keep(ctx, run.PlanFile(plan)) }
	}
	return out
}

// valuesOf are those in a file of variables.
func valuesOf(file []byte) (values any) {
	if json.Unmarshal(file, &values) != nil {
		return string(file) // it is of another form: all of it is hidden then
	}
	return values
}

// fleetJob is a phase of a job on its way to a remote runner. Of its stage goes
// what the executor needs.
func fleetJob(job run.Job, phase string) (fleet.Job, error) {
	st, err := json.Marshal(stage.Stage{
		Name: job.Stage.Name, Target: job.Stage.Target, Environment: job.Stage.Environment, PlanEnvironment: job.Stage.PlanEnvironment, Identity: job.Stage.Identity, Limits: job.Stage.Limits,
	})
	if err != nil {
		return fleet.Job{}, fmt.Errorf("write the stage for a runner: %w", err)
	}
	return fleet.Job{
		Run: job.Run, Stack: job.Stack, Scope: job.Scope, Fence: job.Fence, Attempt: job.Attempt, Phase: phase,
		Labels: job.Stage.Runners, Stage: st, Files: job.Files, Token: job.Token, Destroy: job.Destroy, Targets: job.Targets,
		Partial: job.Partial, RefreshOnly: job.RefreshOnly, Unlocked: job.Unlocked, Keep: job.Keep != nil,
	}, nil
}

// arrived is the job that fleetJob sent.
func arrived(e fleetagent.Execution) (run.Job, error) {
	job := e.Job
	out := run.Job{
		Run: job.Run, Stack: job.Stack, Scope: job.Scope, Fence: job.Fence, Attempt: job.Attempt,
		Files: job.Files, Token: job.Token, Destroy: job.Destroy, Targets: job.Targets,
		Partial: job.Partial, RefreshOnly: job.RefreshOnly, Unlocked: job.Unlocked, Kill: e.Kill,
	}
	if e.Keep != nil {
		out.Keep = func(ctx context.Context, plan run.PlanFile) error { return e.Keep(ctx, fleet.PlanFile(plan)) }
	}
	if err := json.Unmarshal(job.Stage, &out.Stage); err != nil {
		return out, fmt.Errorf("read the stage: %w", err)
	}
	return out, nil
}
