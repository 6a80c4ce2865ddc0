package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Discard ends a run before anything is applied. An approver may discard what
// it may approve.
func (s *Service) Discard(ctx context.Context, scope kernel.Scope, id, reason string) (Run, error) {
	r, err := s.find(ctx, scope, id, actionDiscard, actionApprove)
	if err != nil {
		return Run{}, err
	}
	actor, err := s.either(ctx, r.Scope, actionDiscard, actionApprove)
	if err != nil {
		return Run{}, err
	}
	return s.step(ctx, scope, id, change{
		to: Discarded, why: because("discarded by "+actor.Name, reason), reason: reason,
		edit: func(ctx context.Context, r *Run) error {
			if err := s.unexecuted(ctx, *r); err != nil {
				return err
			}
			if err := r.Status.mayBecome(Discarded); err != nil {
				return kernel.Errorf(kernel.Refused, "%s is %s: only a run that has not begun to apply can be discarded", id, words(r.Status)).
					WithFix("see terrace explain %s", id)
			}
			r.Failure = &Failure{Phase: phaseOf(*r), Message: because(actor.Name+" discarded the run", reason), Fix: r.leaves()}
			return s.broken(ctx, r)
		},
	})
}

// forget removes the sealed plans: a run that needs it no more keeps none.
func (s *Service) forget(ctx context.Context, id string) {
	if err := s.Plans.Delete(context.WithoutCancel(ctx), id); err != nil && !kernel.Is(err, kernel.NotFound) {
		s.Log.WarnContext(ctx, "a plan that is no longer needed could not be removed", "run", id, "error", err)
	}
}

// unexecuted refuses a run that somebody executes at this moment.
func (s *Service) unexecuted(ctx context.Context, r Run) error {
	l, err := s.Store.Lease(ctx, r.Stack)
	if err != nil || l.Run != r.ID || s.dead(l) {
		return err
	}
	return kernel.Errorf(kernel.Refused, "%s is being executed: it cannot be discarded", r.ID).
		WithFix("terrace run cancel %s stops it", r.ID)
}

// either allows who may do any of the actions, and returns the actor.
func (s *Service) either(ctx context.Context, scope kernel.Scope, actions ...string) (kernel.Actor, error) {
	actor, err := requester(ctx)
	if err != nil {
		return actor, err
	}
	var denied error
	for _, action := range actions {
		err := s.Authorizer.Authorize(ctx, action, scope)
		if err == nil {
			return actor, nil
		}
		if denied == nil {
			denied = err
		}
	}
	return actor, denied
}

// Cancel stops a run. One that nobody executes ends at once. One that is being
// executed is asked to stop: terraform finishes what it has begun, keeps the
// state true, and then the run ends; with force it is killed.
func (s *Service) Cancel(ctx context.Context, scope kernel.Scope, id, reason string, force bool) (Run, error) {
	r, err := s.find(ctx, scope, id, actionCancel)
	if err != nil {
		return Run{}, err
	}
	actor, err := s.either(ctx, r.Scope, actionCancel)
	if err != nil {
		return Run{}, err
	}
	request := &CancelRequest{By: actor, Reason: reason, Force: force, At: s.Clock.Now()}
	progress := s.progress(ctx, r)
	var running bool
	err = s.retry(ctx, func(ctx context.Context) (err error) {
		if r, err = s.Store.Get(ctx, scope, id); err != nil {
			return err
		}
		running, err = s.cancelOnce(ctx, &r, request, progress)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	if e, here := s.active.get(id); running && here {
		e.stop(force)
	}
	message := because(actor.Name+" canceled the run", reason)
	if !running && r.Failure.Progress != nil {
		message += "; " + r.Failure.Progress.String()
	}
	s.tell(ctx, r, cancelEvent(running), message)
	return r, nil
}

func cancelEvent(running bool) string {
	if running {
		return "run.canceling"
	}
	return "run.canceled"
}

// cancelOnce ends the run when nobody executes it, else leaves word for its executor.
func (s *Service) cancelOnce(ctx context.Context, r *Run, request *CancelRequest, progress *Progress) (running bool, err error) {
	if err := r.Status.mayBecome(Canceled); err != nil {
		return false, kernel.Errorf(kernel.Conflict, "%s is %s already", r.ID, words(r.Status))
	}
	l, err := s.Store.Lease(ctx, r.Stack)
	if err != nil {
		return false, err
	}
	r.Cancel = request
	if l.Run == r.ID && !s.dead(l) {
		return true, s.stepOnce(ctx, r, change{to: r.Status, fact: "cancel_requested", reason: request.Reason})
	}
	why := because("canceled by "+request.By.Name, request.Reason)
	f := Failure{Phase: r.Status.verb(), Message: why, Fix: "deploy again when it is wanted"}
	r.Failure = f.reached(progress)
	if err := s.broken(ctx, r); err != nil {
		return false, err
	}
	return false, s.stepOnce(ctx, r, change{to: Canceled, why: why, reason: request.Reason})
}

func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}
