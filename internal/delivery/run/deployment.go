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

func (e *execution) recordApplied(ctx context.Context, r Run, outputs map[string]json.RawMessage) error {
	if r.Operation == Refresh {
		return e.recordRefreshed(ctx, r)
	}
	before, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	d := deploymentOf(r, DeploymentApplied)
	now := e.s.Clock.Now()
	d.Outputs, d.AppliedAt = outputs, &now
	if r.Operation == Destroy {
		return e.s.Store.PutDeployment(ctx, d)
	}
	if err := e.remember(ctx, r, before, &d); err != nil {
		return err
	}
	return e.s.Store.PutDeployment(ctx, d)
}

// recordUnchanged records a run whose plan changes nothing: its outputs are
// the planned ones, all known.
func (e *execution) recordUnchanged(ctx context.Context, r Run, planned Planned) error {
	if r.Operation == Destroy {
		return nil
	}
	outputs := map[string]json.RawMessage{}
	if planned.JSON != nil && planned.JSON.PlannedValues != nil {
		for name, output := range planned.JSON.PlannedValues.Outputs {
			if output == nil || output.Sensitive {
				continue
			}
			value, err := json.Marshal(output.Value)
			if err != nil {
				return err
			}
			outputs[name] = value
		}
	}
	return e.recordApplied(ctx, r, outputs)
}

func deploymentOf(r Run, status DeploymentStatus) Deployment {
	return Deployment{Stack: r.Stack, Scope: r.Scope, Workload: r.Workload, Release: r.Release, Run: r.ID, Status: status, Takes: r.Takes, Inputs: r.Inputs, Origin: r.origin()}
}

// recordVerified opens the next stage to the release, at once or when it has
// soaked. A release that holds as verified already goes on soaking.
func (e *execution) recordVerified(ctx context.Context, r *Run) error {
	d, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil {
		return err
	}
	return raced(e.s.holdsAsVerified(ctx, d, ""))
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
