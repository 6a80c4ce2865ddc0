package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Tree returns the repository's files on this machine with the commit among
// them, for other rooms that were told of a push: gitexec.Repo reads the files of
// a commit. It asks for no permission: its caller was allowed to do its work.
func (s *Service) Tree(ctx context.Context, r Repository, commit string) (gitexec.Repo, error) {
	files := s.Files(r)
	if !gitexec.IsObject(commit) {
		return files, kernel.Errorf(kernel.Invalid, "%q is no commit", commit)
	}
	a, host, err := s.access(ctx, r)
	if err != nil || r.Provider == Hosted {
		return files, err
	}
	lock := s.locks.of(r.ID)
	lock.Lock()
	defer lock.Unlock()
	return files, files.Fetch(ctx, host.Remote(a), commit)
}

// Head returns the commit of a branch, as it is on the provider now.
func (s *Service) Head(ctx context.Context, r Repository, branch string) (string, error) {
	if r.Provider == Hosted {
		return s.tip(ctx, r, branch)
	}
	if err := checkBranch(branch); err != nil {
		return "", err
	}
	a, host, err := s.access(ctx, r)
	if err != nil {
		return "", err
	}
	return s.Git.Head(ctx, host.Remote(a), branch)
}

// Find returns the repository of a project by its name. It asks for no
// permission: its caller was allowed to do its work.
func (s *Service) Find(ctx context.Context, scope kernel.Scope, name string) (Repository, error) {
	return s.Store.Repository(ctx, scope.InProject(scope.Project), name)
}
