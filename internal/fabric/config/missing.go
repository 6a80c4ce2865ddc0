package config

import (
	"context"
	"fmt"
	"path"
	"reflect"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// lookup finds, of what a change of configuration refers to, the secrets that are not there.
type lookup struct {
	s     *Service
	n     Source
	known map[string]*kernel.Problem
	// problems are of workloads that are deployed, which would not get the keys,
	// later of stages to which nothing has come yet.
	problems, later []kernel.Problem
	// before is what is merged, and after what would be.
	before, after *configfile.Set
}

// missing looks for what the targets refer to newly.
func (s *Service) missing(ctx context.Context, n Source, before, after *configfile.Set, targets []configfile.Target) (*lookup, error) {
	l := &lookup{s: s, n: n, known: map[string]*kernel.Problem{}, before: before, after: after}
	deployed := map[string][]string{}
	for _, t := range targets {
		at, looked := deployed[t.Stage]
		if !looked {
			var err error
			if at, err = s.Workloads.At(ctx, n.scope().InStage(t.Stage)); err != nil {
				return nil, err
			}
			deployed[t.Stage] = at
		}
		for _, e := range after.Effective(t.Workload, t.Stage) {
			if err := l.entry(ctx, t, e, before, slices.Contains(at, t.Workload)); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

func (l *lookup) entry(ctx context.Context, t configfile.Target, e configfile.Entry, before *configfile.Set, deployed bool) error {
	r, ok := configfile.Reference(e.Value)
	if !ok || e.Sensitivity != configfile.Secret {
		return nil
	}
	if before != nil {
		if was, ok := before.Explain(e.Key, t.Workload, t.Stage); ok && reflect.DeepEqual(was.Value, e.Value) {
			return nil // it is as it was
		}
	}
	why, err := l.why(ctx, t.Stage, e.Key, r)
	if err != nil || why == nil {
		return err
	}
	p := kernel.Problem{
		File: path.Join(l.n.Path, e.Origin.File), Line: e.Origin.Line, Column: e.Origin.Column, Message: fmt.Sprintf("%s for %s: %s", e.Key, t, why.Message), Fix: why.Fix,
	}
	if deployed {
		l.problems = append(l.problems, p)
		return nil
	}
	l.later = append(l.later, p)
	return nil
}

// why tells why a key could not be delivered. A value is held against a schema that is
// merged already: against that of a change it would tell whoever writes changes, question by
// question, what the secret is.
func (l *lookup) why(ctx context.Context, stage, name string, r secretref.Reference) (*kernel.Problem, error) {
	fits := func(string) string { return "" }
	if l.before.SameSchema(l.after, name) {
		fits = judge(l.before, name)
	}
	key := stage + "\x00" + name + "\x00" + r.Inside()
	if p, ok := l.known[key]; ok {
		return p, nil
	}
	p, err := l.s.Secrets.Unfit(ctx, l.n.scope().InStage(stage), r, fits)
	l.known[key] = p
	return p, err
}
