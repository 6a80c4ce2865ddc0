package policy

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// exempt marks the results that somebody is exempt from.
func (s *Service) exempt(ctx context.Context, q Question, report *Report) error {
	violated := func(r Result) bool { return r.Outcome == Violated }
	if s.Store == nil || q.Proposed != nil && q.Proposed.NoExemptions || !slices.ContainsFunc(report.Results, violated) {
		return nil
	}
	c := q.Input.Context
	all, err := s.Store.Standing(ctx, kernel.Scope{Tenant: c.Tenant, Project: c.Project, Stage: c.Stage}, q.Workload)
	if err != nil {
		return err
	}
	counting, err := s.counting(ctx, all)
	if err != nil {
		return err
	}
	for i := range report.Results {
		if e := longest(counting, report.Results[i]); e != nil {
			report.Results[i].Outcome, report.Results[i].Exemption = Exempted, e.waiver()
		}
	}
	report.Sort()
	return nil
}

// longest is the exemption from a result that ends last, nil for none.
func longest(all []Exemption, r Result) *Exemption {
	var found *Exemption
	for i, e := range all {
		if e.exempts(r) && (found == nil || e.ExpiresAt.After(found.ExpiresAt)) {
			found = &all[i]
		}
	}
	return found
}

// counting are those that count now. One that is seen to have expired has expired
// for ever, whatever the clock says later.
func (s *Service) counting(ctx context.Context, all []Exemption) ([]Exemption, error) {
	now := s.Clock.Now()
	var out []Exemption
	for _, e := range all {
		switch {
		case e.counts(now):
			out = append(out, e)
		case !e.ended() && !now.Before(e.ExpiresAt):
			if err := s.expire(ctx, e); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Lapsed returns those of a tenant's exemptions that no longer count, by id.
func (s *Service) Lapsed(ctx context.Context, tenant string, ids []string) ([]Exemption, error) {
	var lapsed []Exemption
	for _, id := range ids {
		e, err := s.Store.AnyExemption(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		counts, err := s.counting(ctx, []Exemption{e})
		if err != nil {
			return nil, err
		}
		if len(counts) == 0 {
			lapsed = append(lapsed, e)
		}
	}
	return lapsed, nil
}
