package compliance

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Standings tells how stacks stand, of a project or of those that the caller sees.
func (s *Service) Standings(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Standing], error) {
	sight, err := s.sight(ctx, ActionRead, scope)
	if err != nil {
		return kernel.Page[Standing]{}, err
	}
	return s.Store.Standings(ctx, sight, f, page)
}

// Findings lists what fails, is exempted or could not be evaluated, the worst first.
func (s *Service) Findings(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Finding], error) {
	sight, err := s.sight(ctx, ActionRead, scope)
	if err != nil {
		return kernel.Page[Finding]{}, err
	}
	found, err := s.Store.ListFindings(ctx, sight, f, page)
	if err == nil && len(found.Items) == 0 {
		err = s.named(ctx, f)
	}
	return found, err
}

// Evaluate has what is applied in a project evaluated as soon as there is room, and
// tells of how many stacks.
func (s *Service) Evaluate(ctx context.Context, scope kernel.Scope, f Filter) (int, error) {
	if err := s.Authorizer.Authorize(ctx, ActionEvaluate, scope.InStage(f.Stage)); err != nil {
		return 0, err
	}
	if err := s.knownStage(f.Stage); err != nil {
		return 0, err
	}
	asked := 0
	sight := Sight{Tenant: scope.Tenant, Reach: kernel.Reach{All: true}, Of: scope.Project}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
			found, err := s.Store.Standings(ctx, sight, f, page)
			if err != nil {
				return err
			}
			all := make([]Asking, len(found.Items))
			for i, one := range found.Items {
				p := Place{Scope: scope.InProject(one.Project).InStage(one.Stage), Workload: one.Workload}
				all[i] = Asking{p, s.Clock.Now(), CauseAsked}
			}
			if err := s.ask(ctx, all); err != nil {
				return err
			}
			asked += len(all)
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
		}
		if asked == 0 && f.Workload != "" {
			return kernel.Errorf(kernel.NotFound, "nothing of %s is applied there", f.Workload).WithFix("terrace compliance status shows what is")
		}
		db.AfterCommit(ctx, s.bell.Ring)
		return s.Journal.Record(ctx, kernel.Fact{Type: "compliance.asked", Scope: scope, Subject: scope.Project, Data: map[string]any{"stacks": asked}})
	})
	return asked, err
}

// knownStage refuses a stage that there is not; "" is all.
func (s *Service) knownStage(name string) error {
	if name == "" {
		return nil
	}
	return s.Stages.Check(name)
}
