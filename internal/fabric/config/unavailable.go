package config

import (
	"context"
	"path"
	"reflect"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// unfit tells why an entry is not delivered; nil where it is.
func (s *Service) unfit(ctx context.Context, scope kernel.Scope, set *configfile.Set, e configfile.Entry) (*Unavailable, error) {
	ref, ok := configfile.Reference(e.Value)
	if !ok || e.Sensitivity != configfile.Secret {
		return nil, nil //nolint:nilnil // it is no secret
	}
	p, err := s.Secrets.Unfit(ctx, scope, ref, judge(set, e.Key))
	if err != nil || p == nil {
		return nil, err
	}
	return &Unavailable{Key: e.Key, Message: p.Message, Fix: p.Fix}, nil
}

// judge says of a value which words of a key's schema are against it, and never the value.
func judge(set *configfile.Set, key string) func(value string) string {
	return func(value string) string {
		if words := set.Misfit(key, value); words != "" {
			return "does not fit the schema of " + key + ": " + words
		}
		return ""
	}
}

// unavailable are the entries of a workload at a stage that are not delivered.
func (s *Service) unavailable(ctx context.Context, scope kernel.Scope, set *configfile.Set, workload string) (out []Unavailable, err error) {
	for _, e := range set.Effective(workload, scope.Stage) {
		why, err := s.unfit(ctx, scope, set, e)
		if err != nil {
			return nil, err
		}
		if why != nil {
			out = append(out, *why)
		}
	}
	return out, nil
}

// Lacks returns a problem for each key that a workload would not get at the scope's stage, at
// its place in the repository. The caller has checked that the actor may know them.
func (s *Service) Lacks(ctx context.Context, scope kernel.Scope, workload string) (problems []kernel.Problem, err error) {
	n, set, err := s.current(ctx, scope)
	if kernel.Is(err, kernel.NotFound) {
		return nil, nil // there is no configuration
	}
	if err != nil {
		return nil, err
	}
	for _, e := range set.Effective(workload, scope.Stage) {
		why, err := s.unfit(ctx, scope, set, e)
		if err != nil {
			return nil, err
		}
		if why != nil {
			problems = append(problems, kernel.Problem{
				File: path.Join(n.Path, e.Origin.File), Line: e.Origin.Line, Column: e.Origin.Column, Message: "configuration " + e.Key + ": " + why.Message, Fix: why.Fix,
			})
		}
	}
	return problems, nil
}

// Asks reports whether a workload has a token for all of its configuration at the scope's stage.
func (s *Service) Asks(ctx context.Context, scope kernel.Scope, workload string) (bool, error) {
	asking, err := s.asking(ctx, scope.InProject(scope.Project))
	return slices.Contains(asking, configfile.Target{Workload: workload, Stage: scope.Stage}), err
}

// asking are the workloads and stages that have a token for all values.
func (s *Service) asking(ctx context.Context, scope kernel.Scope) (out []configfile.Target, err error) {
	now := s.Clock.Now()
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		found, err := s.Store.ListTokens(ctx, scope, kernel.Reach{All: true}, page)
		if err != nil {
			return nil, err
		}
		for _, t := range found.Items {
			at := configfile.Target{Workload: t.Workload, Stage: t.Stage}
			if t.Opens == AllScope && (t.ExpiresAt.IsZero() || t.ExpiresAt.After(now)) && !slices.Contains(out, at) {
				out = append(out, at)
			}
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			return out, nil
		}
	}
}

// gaps are the keys that workloads which ask for their configuration do not get, by stages.
func (s *Service) gaps(ctx context.Context, n Source, set *configfile.Set) (out []Gap, err error) {
	asking, err := s.asking(ctx, n.scope())
	if err != nil {
		return nil, err
	}
	for _, at := range asking {
		lost, err := s.unavailable(ctx, n.scope().InStage(at.Stage), set, at.Workload)
		if err != nil {
			return nil, err
		}
		for _, u := range lost {
			out = append(out, Gap{Unavailable: u, Workload: at.Workload, Stage: at.Stage})
		}
	}
	return out, nil
}

// recount writes into the status which keys are not delivered. What cannot be looked at stays
// as it was seen last.
func (s *Service) recount(ctx context.Context, n *Source, before Status, r *Revision) {
	n.Status.Unavailable = before.Unavailable
	if n.Status.Effective == "" {
		return
	}
	var set *configfile.Set
	var err error
	if r != nil && r.Valid {
		set, err = r.set()
	} else {
		_, set, err = s.current(ctx, n.scope())
	}
	var now []Gap
	if err == nil {
		now, err = s.gaps(ctx, *n, set)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "what configuration is not delivered is not known", "project", n.Project, "error", err)
		return
	}
	n.Status.Unavailable = now
}

// tellGaps records what is not delivered newly, once for each stage.
func (s *Service) tellGaps(ctx context.Context, n Source, before Status) error {
	for _, stage := range s.Stages.Names() {
		var keys, problems []string
		for _, g := range n.Status.Unavailable {
			known := slices.ContainsFunc(before.Unavailable, func(o Gap) bool { return reflect.DeepEqual(o, g) })
			if g.Stage != stage || known {
				continue
			}
			keys, problems = append(keys, g.Key), append(problems, g.Key+" for "+g.Workload+": "+g.Message)
		}
		if len(keys) == 0 {
			continue
		}
		slices.Sort(keys)
		err := s.Journal.Record(ctx, kernel.Fact{Type: "config.unavailable", Scope: n.scope().InStage(stage), Subject: n.ID, Data: map[string]any{
			"keys": slices.Compact(keys), "problems": problems[:min(len(problems), 20)],
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// SecretsChanged has what a project's workloads get counted again, after a fact of its secrets.
func (s *Service) SecretsChanged(ctx context.Context, scope kernel.Scope) error {
	n, err := s.Store.Source(ctx, scope.InProject(scope.Project))
	if err == nil {
		err = s.Store.Due(ctx, n, s.Clock.Now())
	}
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	s.bell.Ring()
	return err
}

// reached are the gaps at stages that are within a reach.
func reached(all []Gap, within kernel.Reach, project string) []Gap {
	return slices.DeleteFunc(slices.Clone(all), func(g Gap) bool { return !within.Has(project, g.Stage) })
}
