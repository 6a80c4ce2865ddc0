package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// follow queues a run that takes what has changed, unless one is on its way that
// does: one that was planned already is planned again. It returns that
// run, with those that it made void. Beyond the bounds of by it queues nothing: what takes
// stays outdated until somebody has it planned who may.
func (s *Service) follow(ctx context.Context, d Deployment, cause Cause, by Run) ([]Run, error) {
	if !by.Bounds.Has(d.Scope) {
		s.Log.InfoContext(ctx, "what takes outputs that have changed is beyond the token that they were changed with", "stack", d.Stack, "run", by.ID)
		return nil, nil
	}
	open, err := s.Store.Open(ctx, d.Scope, d.Stack)
	if err != nil {
		return nil, err
	}
	for _, r := range open {
		switch {
		case r.DryRun || r.Operation == Refresh:
		case r.Operation == Destroy:
			return nil, nil
		case r.Status == AwaitingApproval:
			return nil, s.planAgain(ctx, &r, cause)
		case !r.begun(): // it takes what it finds before its apply
			return nil, nil
		}
	}
	r := Run{
		ID: kernel.NewID("run"), Stack: d.Stack, Scope: d.Scope, Workload: d.Workload, Release: d.Release, Operation: Deploy,
		RequestedBy: kernel.System("outputs", d.Scope.Tenant), Initiator: personBehind(by), Bounds: by.Bounds, Cause: &cause, Reason: cause.Message,
	}
	r.begin(ctx, by.origin())
	changed, err := s.queue(ctx, &r, nil)
	return append([]Run{r}, changed...), err
}

// catchUp queues a run with inputs that have changed, after one which was to take
// them has ended without an apply.
func (s *Service) catchUp(ctx context.Context, r Run) error {
	asked := r.Cause == nil || len(r.Cause.Outputs) == 0
	if !asked || r.DryRun || r.Status == Succeeded || r.Status == Superseded || r.Operation == Destroy || r.Operation == Refresh || len(r.Takes) == 0 {
		return nil
	}
	d, err := s.Store.Deployment(ctx, r.Scope, r.Workload)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	cause := Cause{Run: r.ID}
	for _, in := range d.Inputs {
		why, err := s.outdatedInput(ctx, d.Scope, []Input{in})
		if err != nil {
			return err
		}
		if why != "" {
			cause.Outputs, cause.Message = append(cause.Outputs, in.Output), why
		}
	}
	if len(cause.Outputs) == 0 {
		return nil
	}
	_, err = s.follow(ctx, d, cause, r)
	return err
}

// planAgain has a run that waits for an approval planned with other inputs, so
// that nobody looks at a plan which is never applied.
func (s *Service) planAgain(ctx context.Context, r *Run, cause Cause) error {
	return s.stepOnce(ctx, r, change{to: Planning, why: cause.Message, fact: "stale", edit: func(ctx context.Context, r *Run) error {
		r.Attempt = 0 // it was no interruption
		return s.Jobs.Enqueue(ctx, r.Scope, r.ID)
	}})
}

// personBehind is who is behind a run, nil where that is nobody.
func personBehind(r Run) *kernel.Actor {
	if r.Initiator != nil {
		return r.Initiator
	}
	if r.RequestedBy.Kind == kernel.ActorUser {
		return &r.RequestedBy
	}
	return nil
}
