package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// View is a pull request with all that is said of it.
type View struct {
	PullRequest PullRequest
	Checks      []Check
	// Comments and Statuses are those of a hosted repository.
	Comments []Comment
	Statuses []Status
}

// PullRequest returns one with all that is said of it.
func (s *Service) PullRequest(ctx context.Context, scope kernel.Scope, name string, number int) (View, error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, r, number)
}

func (s *Service) view(ctx context.Context, r Repository, number int) (v View, err error) {
	if v.PullRequest, err = s.find(ctx, r, number); err != nil {
		return v, err
	}
	if v.Checks, err = s.Store.Checks(ctx, r.Scope, r.ID, number); err != nil {
		return v, err
	}
	if r.Provider != Hosted {
		return v, nil
	}
	if v.Comments, err = s.Store.Comments(ctx, r.Scope, r.ID, number); err != nil {
		return v, err
	}
	commit := v.PullRequest.Head
	if v.PullRequest.State == Merged {
		commit = v.PullRequest.MergeCommit
	}
	v.Statuses, err = s.Store.Statuses(ctx, r.Scope, r.ID, commit)
	return v, err
}

func (s *Service) find(ctx context.Context, r Repository, number int) (PullRequest, error) {
	p, err := s.Store.Pull(ctx, r.Scope, r.ID, number)
	if kernel.Is(err, kernel.NotFound) {
		return p, kernel.Errorf(kernel.NotFound, "%s has no pull request %d", r.Name, number).WithFix("see those there are with: terrace pr list --repo %s", r.Name)
	}
	return p, err
}

// PullRequests returns those of a repository, the newest first; the state "" is any.
func (s *Service) PullRequests(ctx context.Context, scope kernel.Scope, name string, state PullState, page kernel.PageRequest) (kernel.Page[PullRequest], error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil {
		return kernel.Page[PullRequest]{}, err
	}
	return s.Store.Pulls(ctx, r.Scope, r.ID, state, page)
}
