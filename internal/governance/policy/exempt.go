package policy

import (
	"context"
	"slices"
	"strings"

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
		r := &report.Results[i]
		if e := longest(counting, *r); e != nil {
			r.Outcome, r.Exemption = Exempted, e.waiver()
		} else if e := outgrown(counting, *r); e != nil {
			r.Fix = strings.TrimPrefix(r.Fix+"; or ask for another exemption: "+e.ID+" was approved for "+string(e.Level)+", and does not count for "+string(r.Level), "; ")
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

// outgrown is an exemption from a result whose level has become stricter than what it
// was approved for, nil for none.
func outgrown(all []Exemption, r Result) *Exemption {
	milder := r
	milder.Level = Advisory
	if e := longest(all, milder); e != nil && !e.Level.AtLeast(r.Level) {
		return e
	}
	return nil
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
