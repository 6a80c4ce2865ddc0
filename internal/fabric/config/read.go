package config

import (
	"cmp"
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// View is what counts for a workload at a stage, for people: secrets stay references.
type View struct {
	Revision string                 `json:"revision"`
	Commit   string                 `json:"commit"`
	Values   []configfile.Entry     `json:"values"`
	Flags    []configfile.FlagEntry `json:"flags"`
}

// Effective returns what counts for a workload at a stage: now, or at a revision.
func (s *Service) Effective(ctx context.Context, scope kernel.Scope, workload, revision string) (View, error) {
	r, set, err := s.at(ctx, scope, revision)
	if err != nil {
		return View{}, err
	}
	return View{Revision: r.ID, Commit: r.Commit, Values: set.Effective(workload, scope.Stage), Flags: set.Flags(workload, scope.Stage)}, nil
}

// at returns a revision by its id or the begin of its commit, the one that counts where
// that is empty, for who may read.
func (s *Service) at(ctx context.Context, scope kernel.Scope, revision string) (r Revision, set *configfile.Set, err error) {
	project := scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return r, nil, err
	}
	if revision == "" {
		n, set, err := s.current(ctx, project)
		if err != nil {
			return r, nil, err
		}
		r, err = s.Store.Revision(ctx, project, n.Status.Effective)
		return r, set, err
	}
	switch {
	case strings.HasPrefix(revision, "cfgr_"):
		r, err = s.Store.Revision(ctx, project, revision)
	case len(revision) >= 7 && strings.Trim(revision, "0123456789abcdef") == "":
		r, err = s.Store.AtCommit(ctx, project, revision)
	default:
		err = kernel.Errorf(kernel.Invalid, "%q is no revision", revision).WithFix("give an id, or at least 7 digits of a commit, of terrace config history")
	}
	if kernel.Is(err, kernel.NotFound) {
		err = kernel.Errorf(kernel.NotFound, "there is no revision %s of the configuration of %s", revision, scope.Project).WithFix("see those there are with: terrace config history")
	}
	if err != nil {
		return r, nil, err
	}
	if !r.Valid {
		return r, nil, kernel.Errorf(kernel.Conflict, "the revision %s was not valid, and never counted", revision).WithProblems(r.Problems...)
	}
	set, err = r.set()
	return r, set, err
}

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
	for _, o := range append([]configfile.Origin{out.Origin}, out.Overrides...) {
		w := Writing{Origin: o}
		w.File = path.Join(n.Path, o.File)
		c, err := files.Blame(ctx, r.Commit, w.File, o.Line)
		if err != nil {
			return out, err
		}
		w.Commit, w.Author, w.At, w.Subject = c.ID, c.Author, &c.At, c.Subject
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

// History returns the revisions of a project, the newest first; with a key those that
// changed it.
func (s *Service) History(ctx context.Context, scope kernel.Scope, key string, page kernel.PageRequest) (kernel.Page[Revision], error) {
	if _, err := s.find(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Revision]{}, err
	}
	scope = scope.InProject(scope.Project)
	if key == "" {
		return s.Store.ListRevisions(ctx, scope, page)
	}
	out := kernel.Page[Revision]{Items: []Revision{}}
	more := kernel.PageRequest{Limit: kernel.MaxPageSize, Cursor: page.Cursor}
	for range mostLooked {
		found, err := s.Store.ListRevisions(ctx, scope, more)
		if err != nil {
			return out, err
		}
		for _, r := range found.Items {
			if !slices.Contains(r.Changed, key) {
				continue
			}
			if len(out.Items) == page.Size() {
				out.Next = out.Items[len(out.Items)-1].ID
				return out, nil
			}
			out.Items = append(out.Items, r)
		}
		if out.Next, more.Cursor = found.Next, found.Next; found.Next == "" {
			return out, nil
		}
	}
	return out, nil // a page may hold fewer, and there is more while it has a Next
}

// mostLooked bounds the pages of revisions that one question looks through.
const mostLooked = 25

// Comparison asks for a difference.
type Comparison struct {
	// From and To are revisions; empty is the one that counts. Where neither they nor ToStage
	// say what to compare, From is the one that counted before it.
	From, To string
	// Workload and Stage narrow it to one target; ToStage compares with another stage.
	Workload, Stage, ToStage string
}

// Diff returns what differs between two revisions, or two stages.
func (s *Service) Diff(ctx context.Context, scope kernel.Scope, c Comparison) ([]configfile.Change, error) {
	from, err := s.from(ctx, scope, c)
	if err != nil {
		return nil, err
	}
	_, to, err := s.at(ctx, scope, c.To)
	if err != nil {
		return nil, err
	}
	if c.Stage != "" || c.ToStage != "" {
		a := configfile.Target{Workload: c.Workload, Stage: cmp.Or(c.Stage, c.ToStage)}
		return configfile.Between(from, a, to, configfile.Target{Workload: c.Workload, Stage: cmp.Or(c.ToStage, c.Stage)}), nil
	}
	targets, err := s.targets(ctx, scope.InProject(scope.Project), from, to)
	if err != nil {
		return nil, err
	}
	if c.Workload != "" {
		targets = slices.DeleteFunc(targets, func(t configfile.Target) bool { return t.Workload != c.Workload })
	}
	return configfile.Affected(from, to, targets), nil
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

// from is what a comparison begins with: nothing at all where no revision counted before.
func (s *Service) from(ctx context.Context, scope kernel.Scope, c Comparison) (set *configfile.Set, err error) {
	if c.From == "" && c.To == "" && c.ToStage == "" {
		n, err := s.find(ctx, ActionRead, scope)
		if err != nil {
			return nil, err
		}
		if n.Status.Effective != "" {
			if c.From, err = s.before(ctx, scope.InProject(scope.Project), n.Status.Effective); err != nil {
				return nil, err
			}
			if c.From == "" {
				return set, nil
			}
		}
	}
	_, set, err = s.at(ctx, scope, c.From)
	return set, err
}

// before is the newest valid revision before one, "" for none that is kept.
func (s *Service) before(ctx context.Context, scope kernel.Scope, revision string) (string, error) {
	page := kernel.PageRequest{Limit: kernel.MaxPageSize, Cursor: revision}
	for range mostLooked {
		found, err := s.Store.ListRevisions(ctx, scope, page)
		if err != nil {
			return "", err
		}
		for _, r := range found.Items {
			if r.Valid {
				return r.ID, nil
			}
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			break
		}
	}
	return "", nil
}
