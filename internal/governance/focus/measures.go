package focus

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The measures of how costs are dealt with.
const (
	MeasureMonths      = "costs/months"
	MeasureDays        = "costs/days"
	MeasureAge         = "costs/age-days"
	MeasureAllocated   = "costs/allocated-percent"
	MeasureShared      = "costs/shared-rules"
	MeasureSavings     = "costs/savings-percent"
	MeasureEstimates   = "estimates/percent"
	MeasureIdleKnown   = "idle/known"
	MeasureIdle        = "idle/percent"
	MeasureDeployments = "deployments/count"
)

// Measures tells how costs are dealt with, by what is known: a measure that cannot
// be told is not there.
func (s *Service) Measures(ctx context.Context, scope kernel.Scope) (map[string]float64, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	m := map[string]float64{}
	covered, err := s.Store.Coverage(ctx, scope.Tenant)
	if err != nil {
		return nil, err
	}
	s.measureCoverage(covered, m)
	if len(covered) > 0 {
		if err := s.measureAllocation(ctx, scope, m); err != nil {
			return nil, err
		}
	}
	return m, s.measureEstate(ctx, scope, m)
}

func (s *Service) measureCoverage(covered []Slice, m map[string]float64) {
	months, first, last := map[string]bool{}, "", ""
	for _, sl := range covered {
		months[sl.Period[:len("2026-01")]] = true
		if first == "" || sl.From < first {
			first = sl.From
		}
		last = max(last, sl.To)
	}
	m[MeasureMonths] = float64(len(months))
	from, errFrom := time.Parse(time.DateOnly, first)
	to, errTo := time.Parse(time.DateOnly, last)
	if errFrom != nil || errTo != nil {
		return // nothing was imported
	}
	m[MeasureDays] = to.Sub(from).Hours()/24 + 1
	m[MeasureAge] = float64(int(s.Clock.Now().Sub(to).Hours() / 24))
}

// measureAllocation takes the worst of the currencies.
func (s *Service) measureAllocation(ctx context.Context, scope kernel.Scope, m map[string]float64) error {
	r, err := s.Showback(ctx, scope, Query{By: Dimensions()})
	if err != nil {
		return err
	}
	list, err := s.Showback(ctx, scope, Query{By: Dimensions(), Basis: List})
	if err != nil {
		return err
	}
	least := func(name string, v float64) {
		if old, ok := m[name]; !ok || v < old {
			m[name] = v
		}
	}
	for i, t := range r.Totals {
		if all := t.Total.Float(); all > 0 {
			least(MeasureAllocated, 100*(all-t.Unallocated.Float())/all)
		}
		if full := list.Totals[i].Total.Float(); full > 0 && t.Total.Float() > 0 {
			least(MeasureSavings, 100*(full-t.Total.Float())/full)
		}
	}
	rules, err := s.rules(ctx, scope.Tenant)
	m[MeasureShared] = float64(len(rules.Shared))
	return err
}

func (s *Service) measureEstate(ctx context.Context, scope kernel.Scope, m map[string]float64) error {
	deployed, err := s.Estate.Deployments(ctx, scope)
	if err != nil {
		return err
	}
	report, err := s.Idle(ctx, scope, 0)
	if err != nil {
		return err
	}
	m[MeasureDeployments], m[MeasureIdleKnown] = float64(len(deployed)), 1
	idle, all := 0, len(deployed)
	for _, f := range report.Findings {
		switch f.Kind {
		case IdleStopped:
			idle++
		case IdleLeftover, IdleUnknown:
			idle++
			all++
		}
	}
	if all > 0 {
		m[MeasureIdle] = 100 * float64(idle) / float64(all)
	}
	if s.Estimates == nil || len(deployed) == 0 {
		return nil
	}
	estimates, err := s.Estimates.Monthly(ctx, scope)
	m[MeasureEstimates] = min(100, 100*float64(len(estimates))/float64(len(deployed)))
	return err
}
