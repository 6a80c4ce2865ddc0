package run

import (
	"context"
	"encoding/json"
)

// decision is where a plan takes its run.
type decision struct {
	to  Status
	why string
	// blocked are the gates that end it.
	blocked []GateResult
	// outputs are those of a plan that changes nothing, and deployment what is recorded of it.
	outputs    map[string]json.RawMessage
	deployment Deployment
}

// decide moves the run: to its end when a gate fails, to whoever may override one that
// wants it, to verification when there is nothing to apply, else, with the plan as it was
// sealed, to approval. Gates judge what the run leaves, whether its plan changes that or not.
func (e *execution) decide(ctx context.Context, a attempt) error {
	d, err := e.decision(ctx, a)
	if err != nil {
		return err
	}
	if err := e.keepJudged(ctx, d.to, a); err != nil {
		return err
	}
	if d.to != Approved { // then it is applied at once, or sealed when it turns out that it has to wait
		if err := e.waits(ctx, d.to); err != nil {
			return err
		}
	}
	c := change{to: d.to, why: d.why, edit: func(ctx context.Context, r *Run) error { return e.note(ctx, r, a, &d) }}
	switch {
	case d.to == Verifying:
		return e.verifying(ctx, append([]change{c}, e.unchecked(ctx, d.outputs, &d.deployment)...)...)
	case d.to == Approved && e.unhindered(ctx, a):
		e.asked = nil
		if err := e.move(ctx, c, e.applying()); err != nil {
			return err
		}
		return e.execute(ctx, a.planned.Digest, a.root)
	default:
		return e.move(ctx, c)
	}
}

// decision tells where the plan takes the run.
func (e *execution) decision(ctx context.Context, a attempt) (d decision, err error) {
	d.blocked = blocking(a.dossier.Gates)
	override := toOverride(a.dossier.Gates, nil, a.digest)
	switch {
	case e.run.DryRun:
		d.to, d.why = PlannedOnly, "a dry run: nothing was changed"
	case len(d.blocked) > 0:
		d.to = Failed
	case a.plan.Empty() && (len(override) == 0 || e.run.Status != Planning): // else all of it was applied
		d.to, d.why = Verifying, "the plan changes nothing"
		if e.run.Status == Planning {
			err = e.s.stillAvailable(ctx, e.run)
		}
		if err == nil {
			d.outputs, err = plannedOutputs(a.planned)
		}
	case len(override) > 0:
		d.to, d.why = AwaitingApproval, needsOverride(override)+a.unchanged()+e.plannedAgain()
	case a.dossier.Approvals.Count > 0:
		d.to, d.why = AwaitingApproval, needs(a.dossier.Approvals)+e.plannedAgain()
	default:
		d.to = Approved
	}
	return d, err
}

// note puts into the run what was decided on its plan, and keeps the dossier.
func (e *execution) note(ctx context.Context, r *Run, a attempt, d *decision) (err error) {
	if err := settleGates(ctx, a.dossier.Gates); err != nil {
		return err
	}
	r.Plan, r.Dossier, r.Gates, r.Deployed = &a.plan, a.digest, a.dossier.Gates, a.dossier.Deployed
	r.Required, r.Inputs = a.required(d.to), a.taken.inputs
	r.Secrets = e.secrets
	switch {
	case d.to == Failed:
		r.Failure = gatesFailure(d.blocked)
		r.Failure.Message += e.plannedAgain()
		err = e.s.broken(ctx, r)
	case d.to == Verifying && r.Operation != Destroy:
		d.deployment, err = e.recordApplied(ctx, *r, d.outputs)
	}
	if err != nil {
		return err
	}
	return e.s.Store.PutDossier(ctx, r.Scope, r.ID, a.digest, a.dossier)
}
