package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// fail ends the run with the story of err.
func (e *execution) fail(ctx context.Context, err error) error {
	phase := e.run.Status.verb()
	failure := e.story(ctx, phase, err).reached(e.s.progress(ctx, e.run))
	stopped, _ := errors.AsType[*barred](err)
	return e.move(ctx, change{to: Failed, edit: func(ctx context.Context, r *Run) error {
		if r.Failure = failure; stopped != nil {
			r.Gates = []GateResult{stopped.by}
		}
		return e.s.broken(ctx, r)
	}})
}

// verb names the phase in which a run with this status fails.
func (s Status) verb() string {
	switch s {
	case Queued:
		return "queue"
	case Planning:
		return "plan"
	case AwaitingApproval, Approved:
		return "approval"
	case Verifying:
		return "verify"
	default:
		return "apply"
	}
}

// story tells an error as a failure: the cause and what to do, never internals.
func (e *execution) story(ctx context.Context, phase string, err error) *Failure {
	f := &Failure{Phase: phase, Fix: e.remedy(ctx, phase)}
	if stopped, ok := errors.AsType[*barred](err); ok {
		return gatesFailure([]GateResult{stopped.by})
	}
	known, ok := errors.AsType[*kernel.Error](err)
	if !ok || known.Kind == kernel.Internal {
		e.s.Log.ErrorContext(ctx, "a run failed", "run", e.id, "phase", phase, "error", err)
		f.Message = "an internal error of Terrace stopped the " + phase + "; the daemon's log has it under " + e.id
		return f
	}
	f.Message, f.Problems = known.Message, known.Problems
	if known.Fix != "" {
		f.Fix = known.Fix
	}
	return f
}

// remedy is what to do when the error itself does not say it.
func (e *execution) remedy(ctx context.Context, phase string) string {
	r := e.run
	switch {
	case phase == "apply" && r.Operation == Destroy:
		return fmt.Sprintf("see terrace run logs %s, then run terrace destroy %s --stage %s again: it goes on where this run stopped", r.ID, r.Workload, r.Scope.Stage)
	case phase == "apply":
		return fmt.Sprintf("see terrace run logs %s; terrace run retry %s goes on where this run stopped%s", r.ID, r.ID, e.wayBack(ctx))
	case phase == "verify":
		return fmt.Sprintf("see terrace run logs %s and the service's logs; correct it and deploy again, or terrace verify %s --stage %s if the cause is outside of it%s",
			r.ID, r.Workload, r.Scope.Stage, e.wayBack(ctx))
	default:
		return fmt.Sprintf("nothing was changed; see terrace run logs %s, correct the cause and try again", r.ID)
	}
}

// wayBack names the rollback that is possible, "" for none.
func (e *execution) wayBack(ctx context.Context) string {
	to, err := e.s.earlier(ctx, e.scope, ChangeRequest{Workload: e.run.Workload})
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; terrace rollback %s --stage %s returns to %s", e.run.Workload, e.scope.Stage, to)
}

// canceled ends the run that somebody asked to stop.
func (e *execution) canceled(ctx context.Context) error {
	phase := e.run.Status.verb()
	progress, fix := e.s.progress(ctx, e.run), e.afterCancel(ctx, phase)
	return e.move(ctx, change{to: Canceled, why: "canceled while it was " + words(e.run.Status), edit: func(ctx context.Context, r *Run) error {
		f := Failure{Phase: phase, Message: r.Cancel.told(r.Status), Fix: fix}
		r.Failure = f.reached(progress)
		return e.s.broken(ctx, r)
	}})
}

// told says who canceled the run, and why.
func (c *CancelRequest) told(was Status) string {
	if c == nil {
		return "somebody canceled the run while it was " + words(was)
	}
	text := because(c.By.Name+" canceled the run while it was "+words(was), c.Reason)
	if c.Force && was == Applying {
		text += "; terraform was killed, and what it was making at that moment may be missing in the state"
	}
	return text
}

// afterCancel is what to do with a run that was stopped on purpose.
func (e *execution) afterCancel(ctx context.Context, phase string) string {
	if phase == "apply" || phase == "verify" {
		return e.remedy(ctx, phase)
	}
	return fmt.Sprintf("%s; terrace run retry %s does it again", e.run.leaves(), e.run.ID)
}

// broken marks the deployment when an apply did not end well.
func (s *Service) broken(ctx context.Context, r *Run) error {
	if r.Operation == Refresh {
		return nil // it changed nothing of what is deployed
	}
	status := DeploymentBroken
	switch {
	case r.Status == Verifying:
		status = DeploymentUnverified
	case r.Status != Applying && !r.begun():
		return nil
	}
	d, err := s.Store.Deployment(ctx, r.Scope, r.Workload)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d.Status, d.VerifiedAt = status, nil
	return s.Store.PutDeployment(ctx, d)
}

// tooOften ends a run that was taken up as often as it may be.
func (e *execution) tooOften() error {
	return kernel.Errorf(kernel.Unavailable, "the run was begun %d times and interrupted each time, at last while it was %s", MaxAttempts, words(e.run.Status))
}
