package run

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// recordApplying says, before anything changes, that the stage is on its way
// to the run's release: whatever happens next, it is no longer the old one.
func (e *execution) recordApplying(ctx context.Context, r *Run) error {
	if r.Operation == Refresh {
		return nil
	}
	d, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	next := deploymentOf(*r, DeploymentApplying)
	next.Outputs, next.AppliedAt = d.Outputs, d.AppliedAt
	next.State, next.AppliedBy, next.Publishes = d.State, d.AppliedBy, d.Publishes
	if r.Operation == Destroy {
		next.Takes, next.Inputs = d.Takes, d.Inputs
	}
	return e.s.Store.PutDeployment(ctx, next)
}

// recordApplied says what the stage has now.
func (e *execution) recordApplied(ctx context.Context, r Run, outputs map[string]json.RawMessage) (d Deployment, err error) {
	if r.Operation == Refresh {
		return d, e.recordRefreshed(ctx, r)
	}
	before, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return d, err
	}
	d = deploymentOf(r, DeploymentApplied)
	now := e.s.Clock.Now()
	d.Outputs, d.AppliedAt = outputs, &now
	if r.Operation != Destroy {
		if err := e.remember(ctx, r, before, &d); err != nil {
			return d, err
		}
	}
	return d, e.s.Store.PutDeployment(ctx, d)
}

// plannedOutputs are the outputs of a plan that changes nothing: they are all known.
func plannedOutputs(planned Planned) (map[string]json.RawMessage, error) {
	outputs := map[string]json.RawMessage{}
	if planned.JSON == nil || planned.JSON.PlannedValues == nil {
		return outputs, nil
	}
	for name, output := range planned.JSON.PlannedValues.Outputs {
		if output == nil || output.Sensitive {
			continue
		}
		value, err := json.Marshal(output.Value)
		if err != nil {
			return nil, err
		}
		outputs[name] = value
	}
	return outputs, nil
}

func deploymentOf(r Run, status DeploymentStatus) Deployment {
	return Deployment{Stack: r.Stack, Scope: r.Scope, Workload: r.Workload, Release: r.Release, Run: r.ID, Status: status, Takes: r.Takes, Inputs: r.Inputs, Origin: r.origin()}
}

// recordUnverified closes the next stage to the release again.
func (e *execution) recordUnverified(ctx context.Context, r *Run, message string) (verdict, error) {
	d, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil {
		return verdict{}, err
	}
	out, err := e.s.revoke(ctx, d, r.Operation, Cause{Run: r.ID, Message: message})
	r.Rollback = out.note
	if out.note != nil && out.note.Run != "" {
		r.Failure.Fix = "see terrace run show " + out.note.Run + ": " + out.note.Message
	}
	return out, raced(err)
}
