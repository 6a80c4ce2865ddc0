package drift

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// RunEnd is the end of a run of a stack.
type RunEnd struct {
	Run       string
	Deployed  Deployed
	Destroyed bool
	// Failed says why it did not succeed; empty is that it did.
	Failed string
}

// RunEnded takes note of the end of a run, in its transaction: what it deployed
// is watched, what it destroyed no longer is, and where something was open a
// check follows. It returns the facts that are to be recorded after the run's
// own, and records none: whoever records makes others wait.
func (s *Service) RunEnded(ctx context.Context, e RunEnd) ([]kernel.Fact, error) {
	if stack := e.Deployed.Stack(); e.Destroyed && e.Failed == "" {
		facts, err := s.resolvedAll(ctx, stack, "destroyed by "+e.Run)
		if err != nil {
			return nil, err
		}
		return facts, s.Store.Unwatch(ctx, stack)
	}
	return nil, s.remains(ctx, e)
}

// remains takes note of the end of a run that leaves something deployed, or may have.
func (s *Service) remains(ctx context.Context, e RunEnd) error {
	stack := e.Deployed.Stack()
	if err := s.Store.Watch(ctx, Turn{e.Deployed, turn(stack, s.driftOf(e.Deployed.Scope.Stage), s.Clock.Now())}); err != nil {
		return err
	}
	unresolved, err := s.Store.Unresolved(ctx, stack)
	if err != nil || len(unresolved) == 0 {
		return err
	}
	for _, d := range unresolved {
		if d.Decision == nil || d.Decision.Run != e.Run {
			continue
		}
		if err := s.carriedOut(ctx, d, e); err != nil {
			return err
		}
	}
	if _, err := s.demandOnce(ctx, e.Deployed, TriggerRun, e.Run); err != nil && !kernel.Is(err, kernel.Stale) {
		return err
	}
	db.AfterCommit(ctx, s.bell.Ring)
	return nil
}

// carried is the outcome of a decision whose run succeeded.
const carried = "the run succeeded"

// carriedOut notes what became of a decision's run.
func (s *Service) carriedOut(ctx context.Context, d Drift, e RunEnd) error {
	decision := *d.Decision
	decision.Outcome = carried
	if e.Failed != "" {
		decision.Outcome, d.Status = e.Run+" did not do it: "+e.Failed, Open
	}
	d.Decision = &decision
	d.settle(s.Clock.Now())
	return s.Store.Save(ctx, d)
}
