package budget

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Monthly returns what the stacks of a scope are estimated to cost a month, as far
// as they were estimated. It asks nobody.
func (s *Service) Monthly(ctx context.Context, scope kernel.Scope) ([]focus.Estimate, error) {
	entries, err := s.Store.Entries(ctx, scope.Tenant, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	var all []focus.Estimate
	for _, e := range entries {
		if e.Until == nil && (scope.Project == "" || scope.Project == e.Scope.Project) {
			all = append(all, focus.Estimate{Scope: e.Scope, Workload: e.Workload, Currency: e.Currency, Monthly: e.Monthly, Unpriced: e.Unpriced})
		}
	}
	return all, nil
}

// Estimated returns what the stacks of a scope were estimated to cost between two moments
// of a month of UTC, the month's figures by the share of it that each was in force; what
// runs now is taken to run on. It asks nobody.
func (s *Service) Estimated(ctx context.Context, scope kernel.Scope, from, to time.Time) ([]focus.Estimated, error) {
	entries, err := s.Store.Entries(ctx, scope.Tenant, from)
	if err != nil {
		return nil, err
	}
	first := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	month := Period{From: first, To: first.AddDate(0, 1, 0)}
	var all []focus.Estimated
	last := map[string]int{} // of each stack, in what is returned
	for _, e := range entries {
		start, end := later(from, e.Since), to
		if e.Until != nil && e.Until.Before(to) {
			end = *e.Until
		}
		if !end.After(start) || scope.Project != "" && scope.Project != e.Scope.Project {
			continue
		}
		if i, known := last[e.ID()]; known {
			all[i].Unpriced = 0
		}
		last[e.ID()] = len(all)
		all = append(all, focus.Estimated{
			Scope: e.Scope, Workload: e.Workload, Currency: e.Currency, Cost: amountOf(e.Monthly.Float() * month.share(start, end)), Unpriced: e.Unpriced,
		})
	}
	return all, nil
}
