package config

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// flagPrefix begins the name of a flag where keys are named as well.
const flagPrefix = "flag:"

// Explain returns what counts of a key, or of a flag, for a workload at a stage, with who
// wrote that and what it overrides. Of a flag it is also what a context gets, and why.
func (s *Service) Explain(ctx context.Context, scope kernel.Scope, workload, key string, attributes map[string]any) (Explained, error) {
	r, set, err := s.at(ctx, scope, "")
	if err != nil {
		return Explained{}, err
	}
	out := Explained{Revision: r.ID}
	name, isFlag := strings.CutPrefix(key, flagPrefix)
	e, ok := set.Explain(key, workload, scope.Stage)
	switch f := flagOf(set, workload, scope.Stage, name); {
	case ok && !isFlag:
		out.Entry = e
		if out.Unavailable, err = s.unfit(ctx, scope, set, e); err != nil {
			return out, err
		}
	case f != nil:
		out.Entry, out.Flag = explained(*f, attributes)
	default:
		return Explained{}, unexplained(set, key, workload)
	}
	return s.written(ctx, scope, r, out)
}

// flagOf is a flag that counts for a workload at a stage, or nil.
func flagOf(set *configfile.Set, workload, stage, name string) *configfile.FlagEntry {
	all := set.Flags(workload, stage)
	if i := slices.IndexFunc(all, func(f configfile.FlagEntry) bool { return f.Key == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

func explained(f configfile.FlagEntry, attributes map[string]any) (configfile.Entry, *ExplainedFlag) {
	e := configfile.Entry{
		Key: f.Key, Type: f.Flag.Kind(), Description: f.Flag.Description, Owner: f.Flag.Owner, Sensitivity: configfile.Internal,
		Origin: f.Origin, Overrides: f.Overrides,
	}
	x := &ExplainedFlag{
		State: cmp.Or(f.Flag.State, flag.Enabled), Variants: f.Flag.Variants, DefaultVariant: f.Flag.DefaultVariant, Rule: f.Flag.Targeting, Rollouts: f.Flag.Rollouts(),
	}
	if x.Rollouts == nil {
		x.Rollouts = []flag.Rollout{}
	}
	result, err := f.Flag.Evaluate(f.Key, attributes)
	if err == nil {
		x.Result = &result
	}
	x.Why = f.Flag.Why(f.Key, attributes, result, err)
	return e, x
}

// written adds who wrote what counts, and what it overrides.
func (s *Service) written(ctx context.Context, scope kernel.Scope, r Revision, out Explained) (Explained, error) {
	n, err := s.Store.Source(ctx, scope.InProject(scope.Project))
	if err != nil {
		return out, err
	}
	repo, err := s.Repositories.Find(ctx, kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}, n.Repository)
	if err != nil {
		return out, err
	}
	files, err := s.Repositories.Tree(ctx, repo, r.Commit)
	if err != nil {
		return out, err
	}
	seen, err := s.seen(ctx, n.scope())
	if err != nil {
		return out, err
	}
	for _, o := range append([]configfile.Origin{out.Origin}, out.Overrides...) {
		w := Writing{Origin: o}
		w.File = path.Join(n.Path, o.File)
		c, err := files.Blame(ctx, r.Commit, w.File, o.Line)
		if err != nil {
			return out, err
		}
		w.Commit, w.Author, w.At, w.Subject = c.ID, c.Author, &c.At, c.Subject
		w.PushedBy = pusher(ctx, files, seen, c.ID)
		out.Writings = append(out.Writings, w)
	}
	return out, nil
}

func unexplained(set *configfile.Set, key, workload string) error {
	k, known := set.Key(key)
	switch {
	case !known:
		return kernel.Errorf(kernel.NotFound, "there is no key %s, and no flag of the name here", key).WithFix("see those there are with: terrace config list, and: terrace config flags")
	case !k.Of(workload):
		return kernel.Errorf(kernel.NotFound, "the key %s is for %s alone", key, strings.Join(k.Workloads, ", ")).WithFix("name one of them with --workload")
	default:
		return kernel.Errorf(kernel.NotFound, "nothing gives the key %s a value here", key).WithFix("give it a default in schema.yaml, or a value in a layer")
	}
}

// EvaluateFlag evaluates a flag for who may read, as a workload at a stage would get it.
func (s *Service) EvaluateFlag(ctx context.Context, scope kernel.Scope, workload, key string, attributes map[string]any) (flag.Result, error) {
	_, set, err := s.at(ctx, scope, "")
	if err != nil {
		return flag.Result{}, err
	}
	var names []string
	for _, f := range set.Flags(workload, scope.Stage) {
		if names = append(names, f.Key); f.Key != key {
			continue
		}
		r, err := f.Flag.Evaluate(key, attributes)
		if err != nil {
			return r, kernel.Errorf(kernel.Invalid, "the flag %s cannot be evaluated: %w", key, err).WithFix("give attributes such as targetingKey with --set, as targetingKey=ada, or in the context of the request")
		}
		return r, nil
	}
	return flag.Result{}, kernel.Errorf(kernel.NotFound, "there is no flag %s here", key).WithFix("the flags are: %s", cmp.Or(strings.Join(names, ", "), "none"))
}
