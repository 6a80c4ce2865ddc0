package run

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// RetryRequest asks for a run to be done again.
type RetryRequest struct {
	Reason string
	// WhenOpen plans now even where a window closes the stage, and applies when it opens.
	WhenOpen bool
}

// Retry queues a new run that does the same again as one that failed, or was
// canceled or discarded: the same release, stage and operation, under the rules
// of now. It is refused where a later run of the stack has made it void.
func (s *Service) Retry(ctx context.Context, scope kernel.Scope, id string, how RetryRequest) (Run, error) {
	old, err := s.find(ctx, scope, id, actionDeploy, actionDestroy)
	if err != nil {
		return Run{}, err
	}
	if _, _, err := s.allowed(ctx, projectOf(old.Scope), old.Scope.Stage, permission(old.Operation)); err != nil {
		return Run{}, err
	}
	if err := s.repeatable(ctx, old); err != nil {
		return Run{}, err
	}
	if _, past := s.Stages.Before(old.Scope.Stage); !past || old.Operation == Destroy {
		if err := s.mine(ctx, old.Scope, old.Workload, old.DryRun); err != nil {
			return Run{}, err
		}
	}
	c := ChangeRequest{Workload: old.Workload, Stage: old.Scope.Stage, Release: old.Release.ID, Reason: how.Reason, DryRun: old.DryRun, WhenOpen: how.WhenOpen}
	return s.request(ctx, func(ctx context.Context) (Run, error) {
		if err := s.repeatable(ctx, old); err != nil { // in the transaction of the new run
			return Run{}, err
		}
		return s.again(ctx, old, c)
	})
}

func permission(o Operation) string {
	if o == Destroy {
		return actionDestroy
	}
	return actionDeploy
}

// again is the run that does the same as old, if its rules still let it pass.
func (s *Service) again(ctx context.Context, old Run, c ChangeRequest) (r Run, err error) {
	r = Run{
		Scope: old.Scope, Workload: old.Workload, Release: old.Release, Operation: old.Operation,
		Reason: c.Reason, DryRun: old.DryRun, Unmerged: old.Unmerged, RetryOf: old.ID, Initiator: old.Initiator, Lifetime: old.Lifetime,
	}
	st, err := s.Stages.Get(old.Scope.Stage)
	if err != nil {
		return r, err
	}
	if err := mayExpire(st, old.Lifetime); err != nil {
		return r, err
	}
	if old.Operation == Deploy || old.Operation == Promote {
		r.Availability, err = s.admitted(ctx, old.Scope, st, old.Workload, old.Release, admission{dry: old.DryRun, whenOpen: c.WhenOpen})
		return r, err
	}
	if !old.DryRun && !c.WhenOpen {
		if err := s.mayChange(st); err != nil {
			return r, err
		}
	}
	if old.Operation == Destroy && !old.DryRun {
		if err := s.used(ctx, old.Scope, old.Workload, old.Force); err != nil {
			return r, err
		}
	}
	if old.Operation == Destroy || old.Operation == Refresh {
		r.Targets, r.Force = old.Targets, old.Force
		_, err = s.current(ctx, old.Scope, old.Workload)
		return r, err
	}
	_, err = s.earlier(ctx, old.Scope, c)
	return r, err
}

// repeatable refuses a run that has nothing to be done again.
func (s *Service) repeatable(ctx context.Context, r Run) error {
	switch {
	case !r.Status.Terminal():
		return kernel.Errorf(kernel.Conflict, "%s is %s: only a run that has ended is done again", r.ID, words(r.Status)).
			WithFix("see terrace explain %s", r.ID)
	case r.Status == Superseded:
		return kernel.Errorf(kernel.Refused, "%s was %s: doing it again would bring back what a newer release has replaced", r.ID, r.StatusReason).
			WithFix("deploy what is wanted now; see terrace run show %s", r.ID)
	case !slices.Contains([]Status{Failed, Canceled, Discarded}, r.Status):
		return kernel.Errorf(kernel.Refused, "%s is %s: there is nothing to do again", r.ID, words(r.Status)).
			WithFix("a run that failed, or was canceled or discarded, is done again")
	case r.DryRun:
		return nil
	}
	return s.unreplaced(ctx, r)
}

// unreplaced refuses a run after which another has changed its stack, or is to.
func (s *Service) unreplaced(ctx context.Context, r Run) error {
	recent, err := s.Store.List(ctx, r.Scope, Filter{Workload: r.Workload, Stage: r.Scope.Stage}, kernel.PageRequest{Limit: recentRuns})
	if err != nil {
		return err
	}
	for _, later := range recent.Items {
		if later.ID <= r.ID {
			return nil
		}
		if later.DryRun || slices.Contains([]Status{Failed, Canceled, Discarded}, later.Status) {
			continue
		}
		return kernel.Errorf(kernel.Refused, "%s came after %s and is %s: doing the older one again would undo it", later.ID, r.ID, words(later.Status)).
			WithFix("deploy what is wanted now, or see terrace rollback --help for an earlier release")
	}
	return kernel.Errorf(kernel.Refused, "%s is older than the last %d runs of %s", r.ID, recentRuns, r.Stack).
		WithFix("deploy what is wanted now")
}
