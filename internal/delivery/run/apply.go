package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// apply applies exactly the plan that passed, or plans again when it no longer
// fits what is there. Before that it asks once more for all that may have ended
// since: approvals, the release's way to the stage, and the stage's windows.
func (e *execution) apply(ctx context.Context) error {
	if back, err := e.expired(ctx); err != nil || back {
		return err
	}
	if ended, err := e.needless(ctx); err != nil || ended {
		return err
	}
	if err := e.s.stillAvailable(ctx, e.run); err != nil {
		return err
	}
	if waits, err := e.awaitOpening(ctx); err != nil || waits {
		return err
	}
	root, stale, err := e.sealed(ctx)
	if err != nil {
		return err
	}
	if stale != "" {
		return e.replan(ctx, stale)
	}
	if err := e.move(ctx, e.applying()); err != nil {
		return err
	}
	return e.execute(ctx, e.run.Plan.Digest, root)
}

// applying is the step that begins the apply.
func (e *execution) applying() change {
	return change{to: Applying, edit: func(ctx context.Context, r *Run) error {
		if r.Cancel != nil {
			return errStopped
		}
		r.Deferral = nil
		return e.recordApplying(ctx, r)
	}}
}

// unhindered reports whether a plan that nobody has to approve may be applied in
// the step that accepts it. Whatever may keep it is left to who applies it later.
func (e *execution) unhindered(ctx context.Context, a attempt) bool {
	r := e.run
	if r.Operation == Rollback && r.Cause != nil || r.Cancel != nil || r.Revoked != "" {
		return false
	}
	r.Gates = a.dossier.Gates
	if len(r.exemptions()) > 0 || len(a.taken.inputs) > 0 || !e.upToDate(ctx, a) {
		return false
	}
	return e.s.stillAvailable(ctx, r) == nil
}

// upToDate reports whether the stage is open, and whether all that the plan was made
// from still is as it was: a plan may have taken long.
func (e *execution) upToDate(ctx context.Context, a attempt) bool {
	m, err := e.s.ingredients(ctx, e.run)
	if err != nil || !m.same(a.material) {
		return false
	}
	closed, _, err := e.s.closed(m.stage)
	if err != nil || closed != nil {
		return false
	}
	serial, err := e.s.State.Serial(ctx, e.scope, e.stack)
	return err == nil && serial == a.plan.Serial
}

// sealed checks that the plan still is the one to apply and returns the root
// module that it was made of; stale says why it is not.
func (e *execution) sealed(ctx context.Context) (root Root, stale string, err error) {
	serial, err := e.s.State.Serial(ctx, e.scope, e.stack)
	if err != nil {
		return Root{}, "", err
	}
	if serial != e.run.Plan.Serial {
		return Root{}, fmt.Sprintf("the state changed since the plan (serial %d, now %d)", e.run.Plan.Serial, serial), nil
	}
	if e.run.Operation != Destroy && e.run.Operation != Refresh {
		if stale, err = e.s.outdatedInput(ctx, e.scope, e.run.Inputs); err != nil || stale != "" {
			return Root{}, stale, err
		}
	}
	if stale, err = e.unaltered(ctx); err != nil || stale != "" {
		return Root{}, stale, err
	}
	m, err := e.s.material(ctx, e.run)
	if err != nil {
		return Root{}, "", err
	}
	d, err := e.s.Store.Dossier(ctx, e.scope, e.id, e.run.Dossier)
	if err != nil {
		return Root{}, "", err
	}
	if m.root.Digest != d.Root {
		return Root{}, "the root module is rendered in another way than when it was planned", nil
	}
	if stale, err = e.s.lapsed(ctx, e.run); err != nil || stale != "" {
		return Root{}, stale, err
	}
	stale, err = e.stricter(ctx, m)
	return m.root, stale, err
}

// replan sends the run back to its plan; approvals of the old one do not count.
func (e *execution) replan(ctx context.Context, why string) error {
	return e.move(ctx, change{to: Planning, why: why, fact: "stale", edit: func(_ context.Context, r *Run) error {
		r.Attempt++
		return nil
	}})
}

// execute applies the plan and records what is there now.
func (e *execution) execute(ctx context.Context, plan kernel.Digest, root Root) error {
	st, err := e.s.Stages.Get(e.scope.Stage)
	if err != nil {
		return err
	}
	job, err := e.job(ctx, "apply", st, root)
	if err != nil {
		return err
	}
	applied, err := e.applyWith(ctx, job, plan)
	return e.afterApply(ctx, applied, err)
}

// applyWith applies the plan and tells in the log what happens.
func (e *execution) applyWith(ctx context.Context, job Job, plan kernel.Digest) (Applied, error) {
	sink, end := e.sink(ctx, "apply")
	defer end()
	if e.isWarm(plan) {
		defer e.drop(ctx)
		return e.warm.Apply(ctx, job, sink)
	}
	return e.s.Planner.Apply(ctx, job, e.kept(plan), sink)
}

// afterApply records what an apply made, or answers its error.
func (e *execution) afterApply(ctx context.Context, applied Applied, err error) error {
	if err != nil {
		return e.applyFailed(ctx, applied, err)
	}
	stops := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx) // what was applied is recorded, even if the run is to stop now
	var d Deployment
	changes := []change{{to: Verifying, edit: func(ctx context.Context, r *Run) (err error) {
		d, err = e.recordApplied(ctx, *r, applied.Outputs)
		return err
	}}}
	if !stops {
		changes = append(changes, e.unchecked(ctx, applied.Outputs, &d)...)
	}
	return e.verifying(ctx, changes...)
}

// verifying makes the steps to what needs no plan any longer.
func (e *execution) verifying(ctx context.Context, changes ...change) error {
	err := e.move(ctx, changes...)
	if err == nil && e.run.Status == Verifying { // one that has ended keeps none
		e.s.forget(ctx, e.id)
	}
	return err
}

// applyFailed goes on where terraform refused a plan that had been overtaken, or
// came upon what an interrupted apply had created; else it tells the error.
func (e *execution) applyFailed(ctx context.Context, applied Applied, err error) error {
	if kernel.Is(err, kernel.Stale) && ctx.Err() == nil {
		return e.overtaken(ctx, err)
	}
	if goesOn, adoptErr := e.adopt(ctx, applied.Existing); goesOn || adoptErr != nil {
		return adoptErr
	}
	if applied.Busy && incomplete(e.run.Adopted) && e.pauses < MaxPauses {
		return e.pause(ctx)
	}
	return err
}

// overtaken counts an apply that terraform refused because the state had
// changed since the plan. The run then goes on as after an interruption.
func (e *execution) overtaken(ctx context.Context, err error) error {
	return e.move(ctx, change{to: Applying, fact: "stale", edit: func(_ context.Context, r *Run) error {
		r.Attempt++
		r.StatusReason = err.Error()
		return nil
	}})
}
