package config

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// How the loop works.
const (
	idle = 5 * time.Second
	// every is how often a branch is asked for when nothing is pushed.
	every = time.Minute
	// lease is how long one look may take.
	lease = 3 * time.Minute
	// keptRevisions is how many revisions of a project are kept.
	keptRevisions = 500
)

// Pushed implements vcs.Listener: the configuration on the branch is due.
func (s *Service) Pushed(ctx context.Context, r vcs.Repository, p vcs.Push) error {
	return s.due(ctx, r, func(n Source) bool { return n.Branch == p.Branch() })
}

// Renewed implements vcs.Listener: the repository may answer again.
func (s *Service) Renewed(ctx context.Context, r vcs.Repository) error {
	return s.due(ctx, r, func(Source) bool { return true })
}

// Deleting implements vcs.Listener: the configuration would follow whatever repository
// gets the name next.
func (s *Service) Deleting(ctx context.Context, r vcs.Repository) error {
	all, err := s.Store.SourcesOf(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil || len(all) == 0 {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "the configuration of %s is in the repository %s", all[0].Project, r.Name).
		WithFix("let go of it first with: terrace config disconnect -p %s", all[0].Project)
}

func (s *Service) due(ctx context.Context, r vcs.Repository, which func(n Source) bool) error {
	all, err := s.Store.SourcesOf(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil {
		return err
	}
	for _, n := range all {
		if !which(n) {
			continue
		}
		if err := s.Store.Push(ctx, n, kernel.CauseFrom(ctx), s.Clock.Now()); err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
	}
	s.bell.Ring()
	return nil
}

// Watch looks at what is due until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	return rounds.Rounds{Bell: s.bell, Idle: idle, Clock: s.Clock, Look: s.look}.Run(ctx)
}

func (s *Service) look(ctx context.Context) error {
	due, err := s.Store.DueSources(ctx, s.Clock.Now(), 50)
	if err != nil {
		return err
	}
	for _, n := range due {
		if err := s.Reconcile(ctx, n); err != nil && !kernel.Is(err, kernel.Locked) && !kernel.Is(err, kernel.NotFound) && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "a configuration was not looked at", "project", n.Project, "error", err)
		}
	}
	return ctx.Err()
}

// Reconcile looks at the branch and takes what it says, where that is valid. It is
// Locked while another daemon does.
func (s *Service) Reconcile(ctx context.Context, n Source) error {
	now := s.Clock.Now()
	if err := s.Store.Lease(ctx, n.ID, s.Node, now, now.Add(lease)); err != nil {
		return err
	}
	// Due again by a push while it lasts, or when a lease ends that nobody kept.
	if err := s.Store.Push(ctx, n, "", now.Add(lease)); err != nil {
		return err
	}
	n, err := s.Store.Source(ctx, n.scope())
	if err != nil {
		return err
	}
	ctx = kernel.WithCause(kernel.WithActor(ctx, kernel.System("config", n.Tenant)), n.Cause)
	before := n.Status
	r, head, err := s.read(ctx, n)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	at := s.Clock.Now()
	n.Status.At = &at
	switch {
	case err != nil:
		n.Status.Phase, n.Status.Message = Failed, err.Error()
		if kernel.KindOf(err) == kernel.Internal {
			s.Log.ErrorContext(ctx, "a configuration could not be read", "project", n.Project, "error", err)
			n.Status.Message = "it could not be read, for an error of Terrace itself; its log has more"
		}
	case r == nil: // as it was
		n.Status.Commit = head
		if n.Status.Phase == Failed {
			n.Status.Phase, n.Status.Message = phaseOf(n.Status.Problems), ""
		}
	case r.Valid:
		n.Status = Status{Phase: Ready, Commit: r.Commit, Effective: r.ID, At: &at}
	default:
		n.Status.Phase, n.Status.Commit, n.Status.Problems = Invalid, r.Commit, r.Problems
		n.Status.Message = "the newest revision is not valid; the last valid one counts"
		if n.Status.Effective == "" {
			n.Status.Message = "the newest revision is not valid, and there is none before it"
		}
	}
	return s.conclude(ctx, n, before, r)
}

func phaseOf(problems []kernel.Problem) Phase {
	if len(problems) > 0 {
		return Invalid
	}
	return Ready
}

// conclude keeps a revision and how the source stands, and tells of what is new.
func (s *Service) conclude(ctx context.Context, n Source, before Status, r *Revision) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if r != nil {
			if err := s.Store.AddRevision(ctx, *r, keptRevisions); err != nil {
				return err
			}
		}
		if err := s.Store.SaveStatus(ctx, n, s.Clock.Now().Add(every)); err != nil {
			return err
		}
		switch {
		case r != nil && r.Valid:
			return s.record(ctx, n, "config.changed", map[string]any{"commit": r.Commit, "revision": r.ID, "author": r.Author, "changed": r.Changed})
		case r != nil:
			return s.record(ctx, n, "config.rejected", map[string]any{"commit": r.Commit, "revision": r.ID, "author": r.Author, "problems": texts(r.Problems)})
		case n.Status.Phase == Failed && (before.Phase != Failed || before.Message != n.Status.Message):
			return s.record(ctx, n, "config.failed", map[string]any{"message": n.Status.Message})
		default:
			return nil
		}
	})
	if err == nil && r != nil && r.Valid {
		s.Heard(n.scope())
	}
	return err
}

func (s *Service) record(ctx context.Context, n Source, fact string, data map[string]any) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: n.scope(), Subject: n.ID, Data: data})
}

func texts(problems []kernel.Problem) []string {
	out := make([]string, 0, len(problems))
	for _, p := range problems[:min(len(problems), 20)] {
		out = append(out, p.String())
	}
	return out
}

// read returns the revision at the head of the branch, nil where the folder is as it was.
func (s *Service) read(ctx context.Context, n Source) (r *Revision, head string, err error) {
	repo, err := s.Repositories.Find(ctx, kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}, n.Repository)
	if err != nil {
		return nil, "", err
	}
	head, err = s.Repositories.Head(ctx, repo, n.Branch)
	if err != nil || head == n.Status.Commit && n.Status.Phase == Ready {
		return nil, head, err
	}
	files, err := s.Repositories.Tree(ctx, repo, head)
	if err != nil {
		return nil, head, err
	}
	r = &Revision{ID: kernel.NewID("cfgr"), Scope: n.scope(), Commit: head, SeenAt: s.Clock.Now(), Changed: []string{}}
	if r.Tree, err = files.Folder(ctx, head, n.Path); err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, head, err
	}
	last, err := s.last(ctx, n)
	if err != nil || last.Valid && last.Tree == r.Tree {
		return nil, head, err
	}
	set, content, problems, err := s.load(ctx, n, files, head)
	if err != nil || last.ID != "" && last.Tree == r.Tree && slices.Equal(last.Problems, problems) {
		return nil, head, err // it is as invalid as before
	}
	written, err := files.Last(ctx, head, n.Path)
	if kernel.Is(err, kernel.NotFound) {
		written, err = files.Last(ctx, head, "")
	}
	if err != nil {
		return nil, head, err
	}
	r.Author, r.At, r.Subject = written.Author, written.At, written.Subject
	if r.Valid, r.Problems = len(problems) == 0, problems; r.Valid {
		r.Files = content
		r.Changed, err = s.changed(ctx, n, set)
	}
	return r, head, err
}

// last returns the revision that was seen last; one without an id is none.
func (s *Service) last(ctx context.Context, n Source) (Revision, error) {
	page, err := s.Store.ListRevisions(ctx, n.scope(), kernel.PageRequest{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return Revision{}, err
	}
	return page.Items[0], nil
}

// load reads and validates the files of a commit.
func (s *Service) load(ctx context.Context, n Source, files gitexec.Repo, commit string) (*configfile.Set, map[string][]byte, []kernel.Problem, error) {
	content, problems, err := contents(ctx, n, files, commit)
	if err != nil || len(problems) > 0 {
		return nil, nil, problems, err
	}
	set, problems := configfile.Read(content, configfile.Options{Tenant: n.Tenant, Stages: s.Stages.Names()})
	for i := range problems {
		problems[i].File = path.Join(n.Path, problems[i].File)
	}
	return set, content, problems, nil
}

// contents reads the files of the folder. The error is one of reading.
func contents(ctx context.Context, n Source, files gitexec.Repo, commit string) (map[string][]byte, []kernel.Problem, error) {
	names, err := files.Files(ctx, commit, n.Path)
	if err != nil {
		return nil, nil, err
	}
	out, total := map[string][]byte{}, 0
	for _, name := range names {
		if configfile.Note(name) {
			continue
		}
		src, err := files.Read(ctx, commit, name, configfile.MaxFile)
		if kernel.Is(err, kernel.TooLarge) || kernel.Is(err, kernel.Invalid) {
			return nil, []kernel.Problem{{File: name, Line: 1, Column: 1, Message: err.Error(), Fix: "make it a smaller file of its own"}}, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if total += len(src); total > configfile.MaxTotal || len(out) >= configfile.MaxFiles {
			return nil, []kernel.Problem{{File: n.Path, Message: "the folder has more than 500 files or 8 MiB", Fix: "split it over projects"}}, nil
		}
		out[strings.TrimPrefix(name, n.Path+"/")] = src
	}
	return out, nil, nil
}

// changed returns the keys that say something else, for anybody, than in what counts now.
func (s *Service) changed(ctx context.Context, n Source, set *configfile.Set) ([]string, error) {
	var before *configfile.Set
	if n.Status.Effective != "" {
		var err error
		if _, before, err = s.current(ctx, n.scope()); err != nil {
			return nil, err
		}
	}
	targets, err := s.targets(ctx, n.scope(), before, set)
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, c := range configfile.Affected(before, set, targets) {
		keys[c.Key] = true
	}
	return slices.Sorted(maps.Keys(keys)), nil
}

// targets are all workloads at all stages that sets can say something else for: those
// that have a layer, those that are deployed, and every other.
func (s *Service) targets(ctx context.Context, scope kernel.Scope, all ...*configfile.Set) ([]configfile.Target, error) {
	names, err := s.Workloads.Names(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, set := range all {
		if set != nil {
			names = append(names, set.Workloads()...)
		}
	}
	slices.Sort(names)
	var out []configfile.Target
	for _, w := range append([]string{""}, slices.Compact(names)...) {
		for _, stage := range s.Stages.Names() {
			out = append(out, configfile.Target{Workload: w, Stage: stage})
		}
	}
	return out, nil
}
