package drift

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func (s *Service) find(ctx context.Context, scope kernel.Scope, id string) (Drift, error) {
	d, err := s.Store.Get(ctx, scope, id)
	if kernel.Is(err, kernel.NotFound) {
		return d, kernel.Errorf(kernel.NotFound, "there is no drift %s in %s", id, scope.Project).WithFix("see terrace drift list")
	}
	return d, err
}

// readable says whether the actor of ctx may read what was found in the scope of a stage. Who
// may not is told the same, whether something was found or not.
func (s *Service) readable(ctx context.Context, scope, of kernel.Scope, found error) error {
	return s.allowed(ctx, ActionRead, scope, of, found)
}

// allowed says whether the actor may do something with what was found in the scope of a stage.
// Who may neither do nor read that is told the same, whether something was found or not, and
// not in which stage.
func (s *Service) allowed(ctx context.Context, action string, scope, of kernel.Scope, found error) error {
	if found == nil {
		err := s.Authorizer.Authorize(ctx, action, of)
		if !kernel.Is(err, kernel.Denied) || action != ActionRead && s.Authorizer.Authorize(ctx, ActionRead, of) == nil {
			return err
		}
		found = err
	}
	if action != ActionRead && s.Authorizer.Authorize(ctx, ActionRead, scope) == nil {
		return found
	}
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return err
	}
	return found
}

// Get returns a finding of the project.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, id string) (Drift, error) {
	d, err := s.find(ctx, scope, id)
	if err := s.readable(ctx, scope, d.Scope, err); err != nil {
		return Drift{}, err
	}
	return d, nil
}

// sight is what the actor of ctx sees of the findings of a project: those of a stage where
// one is named, else those of all stages in which it may.
func (s *Service) sight(ctx context.Context, scope kernel.Scope, only string) (kernel.Reach, error) {
	if only != "" {
		return kernel.Reach{All: true}, s.Authorizer.Authorize(ctx, ActionRead, scope.InStage(only))
	}
	reach, err := s.Authorizer.Allowed(ctx, ActionRead, scope)
	if err == nil && (reach.None() || reach.Whole(scope.Project)) { // it says who can grant it, and whether there is the project
		err = s.Authorizer.Authorize(ctx, ActionRead, scope)
	}
	return reach, err
}

// List returns the findings of the project that the actor may read, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Drift], error) {
	within, err := s.sight(ctx, scope, f.Stage)
	if err != nil {
		return kernel.Page[Drift]{}, err
	}
	return s.Store.List(ctx, scope, within, f, page)
}

// Counts counts the findings of the project that are not resolved and that the actor may read.
func (s *Service) Counts(ctx context.Context, scope kernel.Scope) ([]Count, error) {
	within, err := s.sight(ctx, scope, "")
	if err != nil {
		return nil, err
	}
	return s.Store.Counts(ctx, scope, within)
}

// GetCheck returns a check of the project.
func (s *Service) GetCheck(ctx context.Context, scope kernel.Scope, id string) (Check, error) {
	c, err := s.Store.Check(ctx, scope, id)
	if err := s.readable(ctx, scope, c.Scope, err); err != nil {
		return Check{}, err
	}
	return c, nil
}

// CheckRequest asks for checks now.
type CheckRequest struct {
	Stage string
	// Workload is one workload; empty is all of the stage.
	Workload string
}

// RequestChecks has what is deployed checked as soon as there is room. Who asks
// while a check is asked for already gets that one.
func (s *Service) RequestChecks(ctx context.Context, scope kernel.Scope, r CheckRequest) ([]Check, error) {
	st, err := s.Stages.Get(r.Stage)
	if err != nil {
		return nil, err
	}
	where := scope.InStage(st.Name)
	if err := s.Authorizer.Authorize(ctx, ActionCheck, where); err != nil {
		return nil, err
	}
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return nil, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in first")
	}
	deployed, err := s.Deployments.Deployed(ctx, where, r.Workload)
	if err != nil {
		return nil, err
	}
	if len(deployed) == 0 {
		what := "nothing"
		if r.Workload != "" {
			what += " of " + r.Workload
		}
		return nil, kernel.Errorf(kernel.NotFound, "%s is deployed in %s", what, st.Name).WithFix("terrace deploy score.yaml --stage %s deploys it", st.Name)
	}
	checks := make([]Check, 0, len(deployed))
	for _, d := range deployed {
		c, err := s.demand(ctx, d, TriggerDemand, actor.Name)
		if err != nil {
			return nil, fmt.Errorf("check of %s: %w", d.Stack(), err)
		}
		checks = append(checks, c)
	}
	db.AfterCommit(ctx, s.bell.Ring)
	return checks, nil
}

// demand asks for a check of one stack.
func (s *Service) demand(ctx context.Context, d Deployed, trigger, by string) (c Check, err error) {
	for range swaps {
		err = s.Tx.InTx(ctx, func(ctx context.Context) error {
			c, err = s.demandOnce(ctx, d, trigger, by)
			return err
		})
		if !kernel.Is(err, kernel.Stale) {
			return c, err
		}
	}
	return c, err
}

func (s *Service) demandOnce(ctx context.Context, d Deployed, trigger, by string) (Check, error) {
	now := s.Clock.Now()
	if err := s.Store.Watch(ctx, Turn{d, now}); err != nil {
		return Check{}, err
	}
	old, err := s.Store.Watched(ctx, d.Stack())
	if err != nil {
		return Check{}, err
	}
	if old.Pending != "" {
		if c, err := s.Store.Check(ctx, d.Scope, old.Pending); err == nil {
			return c, nil
		}
	}
	c := Check{
		ID: kernel.NewID("chk"), Scope: d.Scope, Workload: d.Workload, Stack: d.Stack(), Trigger: trigger, RequestedBy: by,
		CausedBy: kernel.CauseFrom(ctx), Status: CheckQueued, Message: "waits for its turn", QueuedAt: now,
	}
	if err := s.Store.PutCheck(ctx, c); err != nil {
		return c, err
	}
	w := old
	w.Pending = c.ID
	if old.Claim == "" {
		w.Due = now
	}
	return c, s.Store.SwapWatch(ctx, old, w)
}
