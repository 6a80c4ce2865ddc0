package policy

import (
	"cmp"
	"context"
	"slices"
)

// policies are those of the sets, and the native ones, with what is wrong with the sets.
func (s *Service) policies(ctx context.Context) ([]Policy, error) {
	all, err := s.Sets.Policies(ctx)
	return slices.Concat(all, s.Native), err
}

// judgeFound adds what was found that breaks native policies, at the levels that they have.
func (r *Report) judgeFound(native []Policy, found map[string][]Result, level func(Policy) (Level, bool)) {
	for _, p := range native {
		results, asked := found[p.ID]
		holds, on := level(p)
		if !asked || !on {
			continue
		}
		r.Evaluated = append(r.Evaluated, p.ID)
		for _, one := range results {
			one.Policy, one.Rule, one.Title, one.Level, one.Controls, one.Source = p.ID, p.Rule, p.Title, holds, p.Controls, p.Source
			one.Outcome, one.Severity, one.Fix = cmp.Or(one.Outcome, Violated), cmp.Or(one.Severity, p.Severity), cmp.Or(one.Fix, p.Fix)
			if one.Outcome == Warned {
				one.Level = Advisory
			}
			r.Results = append(r.Results, one)
		}
	}
	r.Sort()
}
