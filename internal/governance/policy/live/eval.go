package live

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// Eval evaluates the policies of all sources.
func (s *Sets) Eval(ctx context.Context, in policy.Input, o rego.Options) (policy.Report, error) {
	s.load(ctx)
	s.mu.RLock()
	now := slices.Clone(s.state)
	s.mu.RUnlock()
	all := policy.Report{Evaluated: []string{}, Results: []policy.Result{}}
	for i, st := range now {
		set, err := st.ready(ctx, in, o)
		if ended := ctx.Err(); ended != nil {
			return policy.Report{}, ended
		}
		if set == nil {
			all.Results = append(all.Results, missing(s.sources[i].Name, err))
			continue
		}
		report, err := set.Eval(ctx, in, o)
		if err != nil {
			return policy.Report{}, err
		}
		all.Evaluated = append(all.Evaluated, report.Evaluated...)
		all.Unknown = append(all.Unknown, report.Unknown...)
		all.Results = append(all.Results, report.Results...)
		all.Notices = append(all.Notices, report.Notices...)
		all.Took += report.Took
	}
	all.Sort()
	return all, nil
}

// ready returns what is evaluated over the input, compiled; nil with the reason
// where that cannot be.
func (st state) ready(ctx context.Context, in policy.Input, o rego.Options) (*rego.Set, error) {
	if st.parts == nil {
		return st.set, st.err
	}
	types := in.Types()
	return st.parts.need(ctx, func(p policy.Policy) bool {
		on := true
		if o.Level != nil {
			_, on = o.Level(p)
		}
		return on && p.Concerns(types)
	})
}

// missing is the word of policies that nobody could load.
func missing(source string, err error) policy.Result {
	return policy.Result{
		Policy: source, Outcome: policy.Errored, Level: policy.HardMandatory, Severity: policy.Critical, Source: source,
		Message: "the policies of " + source + " were never loaded: " + policy.Source{}.Broken(err).Why(), Fix: "mend them; terrace doctor tells when they are loaded",
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
