package live

import (
	"context"
	"errors"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// Evaluate evaluates the policies of all sources, and those that are proposed
// beside them. A live policy with the id of a proposed one is left out.
func (s *Sets) Evaluate(ctx context.Context, in policy.Input, e policy.Evaluation) (policy.Report, error) {
	o := rego.Options{Level: e.Level, Timeout: e.Timeout}
	if len(e.Beside) == 0 {
		return s.Eval(ctx, in, o)
	}
	set, err := s.proposed.compile(ctx, s.library, e.Beside)
	if err != nil {
		return policy.Report{}, err
	}
	report, err := s.Eval(ctx, in, rego.Options{Level: except(set, e.Level), Timeout: e.Timeout})
	if err != nil {
		return policy.Report{}, err
	}
	beside, err := set.Eval(ctx, in, o)
	if err != nil {
		return policy.Report{}, err
	}
	report.Evaluated = append(report.Evaluated, beside.Evaluated...)
	report.Unknown = append(report.Unknown, beside.Unknown...)
	report.Results = append(report.Results, beside.Results...)
	report.Notices = append(report.Notices, beside.Notices...)
	report.Took += beside.Took
	report.Sort()
	return report, nil
}

// except leaves out the policies that a set has.
func except(set *rego.Set, level func(policy.Policy) (policy.Level, bool)) func(policy.Policy) (policy.Level, bool) {
	own := map[string]bool{}
	for _, p := range set.Policies() {
		own[p.ID] = true
	}
	return func(p policy.Policy) (policy.Level, bool) {
		if own[p.ID] {
			return policy.Off, false
		}
		if level == nil {
			return p.Level, true
		}
		return level(p)
	}
}

// Policies returns the policies of all sources, those that are not compiled with
// what their index has. While a source never was good it is an error, beside the
// policies of the others.
func (s *Sets) Policies(ctx context.Context) ([]policy.Policy, error) {
	s.load(ctx)
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []policy.Policy
	var failed error
	for i, st := range s.state {
		switch {
		case st.parts != nil:
			all = append(all, s.sources[i].Index...)
		case st.set != nil:
			all = append(all, st.set.Policies()...)
		default:
			failed = errors.Join(failed, errors.New(missing(s.sources[i].Name, st.err).Message))
		}
	}
	return all, failed
}
