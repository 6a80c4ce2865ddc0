package config

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
