package apispecvcs

import (
	"cmp"
	"context"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Follow has documents of a repository of the project followed, and takes what its
// branch has now. Of one that is followed it takes that again.
func (s *Service) Follow(ctx context.Context, scope kernel.Scope, repository, branch, file string) (Following, error) {
	none := Following{}
	if err := s.mayFollow(ctx, scope); err != nil {
		return none, err
	}
	r, err := s.Repositories.Find(ctx, scope, repository)
	if kernel.Is(err, kernel.NotFound) {
		err = kernel.Errorf(kernel.NotFound, "there is no repository %s in %s", repository, scope.Project).WithFix("see those there are with: terrace repo list")
	}
	if err != nil {
		return none, err
	}
	branch, file = cmp.Or(branch, r.DefaultBranch), cmp.Or(file, DefaultFile)
	switch {
	case !gitexec.IsBranch(branch):
		return none, kernel.Errorf(kernel.Invalid, "%q cannot be the name of a branch", branch).WithFix("use letters, digits, dots, dashes, underscores and slashes")
	case file != path.Clean(file) || path.IsAbs(file) || strings.HasPrefix(file, "..") || strings.ContainsAny(file, "\\\x00\n"):
		return none, kernel.Errorf(kernel.Invalid, "%q is no file of a repository", file).WithFix("write it as api/%s", DefaultFile)
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	f := Following{Tenant: scope.Tenant, Project: scope.Project, Repository: r.Name, Branch: branch, File: file, By: actor.Name, At: s.Clock.Now(), Versions: []Brought{}, Problems: []kernel.Problem{}}
	known, err := s.Store.Following(ctx, scope, r.Name)
	switch {
	case err == nil && known.Branch == branch && known.File == file:
		f = known
	case err != nil && !kernel.Is(err, kernel.NotFound):
		return none, err
	default:
		err = s.Tx.InTx(ctx, func(ctx context.Context) error {
			if err := s.Store.PutFollowing(ctx, f); err != nil {
				return err
			}
			return s.record(ctx, f, "api.repository_followed")
		})
		if err != nil {
			return none, err
		}
	}
	return s.bring(s.acting(ctx, f), r, f)
}

// mayFollow is asked for both, since a push uploads and publishes.
func (s *Service) mayFollow(ctx context.Context, scope kernel.Scope) error {
	if err := s.Authorizer.Authorize(ctx, apispec.ActionWrite, scope); err != nil {
		return err
	}
	if err := s.Authorizer.Authorize(ctx, apispec.ActionPublish, scope.InStage(s.First())); err != nil {
		return err
	}
	return s.Authorizer.Authorize(ctx, "repo.read", scope)
}

func (s *Service) record(ctx context.Context, f Following, fact string) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: f.scope(), Subject: f.Repository, Data: map[string]any{"branch": f.Branch, "file": f.File}})
}

// Unfollow ends it. What was taken from the repository stays.
func (s *Service) Unfollow(ctx context.Context, scope kernel.Scope, repository string) error {
	if err := s.mayFollow(ctx, scope); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		f, err := s.Store.Following(ctx, scope, repository)
		if kernel.Is(err, kernel.NotFound) {
			return kernel.Errorf(kernel.NotFound, "no documents of the repository %s are followed", repository).WithFix("see those that are with: terrace api followed")
		}
		if err != nil {
			return err
		}
		if err := s.Store.RemoveFollowing(ctx, f); err != nil {
			return err
		}
		return s.record(ctx, f, "api.repository_unfollowed")
	})
}

// Followed returns the repositories of a project that are followed, by name. What
// came of it on the first stage is for those who see that.
func (s *Service) Followed(ctx context.Context, scope kernel.Scope) ([]Following, error) {
	if err := s.Authorizer.Authorize(ctx, apispec.ActionRead, scope); err != nil {
		return nil, err
	}
	within, err := s.Authorizer.Allowed(ctx, apispec.ActionRead, kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Followings(ctx, scope)
	if err != nil || within.Has(scope.Project, s.First()) {
		return all, err
	}
	for i := range all {
		all[i].Problems = []kernel.Problem{}
		for j := range all[i].Versions {
			all[i].Versions[j].Stage = ""
		}
	}
	return all, nil
}
