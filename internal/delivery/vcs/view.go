package vcs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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

// ListedPull is a pull request with what it waits for now.
type ListedPull struct {
	PullRequest

	// WaitsFor are the builds, plans and applies that have not ended, and who has to do
	// something, for people; none of them names a value.
	WaitsFor []string `json:"waitsFor"`
}

// PullRequests returns those of a repository, the newest first; the state "" is any.
func (s *Service) PullRequests(ctx context.Context, scope kernel.Scope, name string, state PullState, page kernel.PageRequest) (kernel.Page[ListedPull], error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil {
		return kernel.Page[ListedPull]{}, err
	}
	found, err := s.Store.Pulls(ctx, r.Scope, r.ID, state, page)
	if err != nil {
		return kernel.Page[ListedPull]{}, err
	}
	numbers := make([]int, len(found.Items))
	for i, p := range found.Items {
		numbers[i] = p.Number
	}
	checks, err := s.Store.OpenChecks(ctx, r.Scope, r.ID, numbers)
	all := kernel.Page[ListedPull]{Items: make([]ListedPull, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		all.Items[i] = ListedPull{p, p.waitsFor(checks)}
	}
	return all, err
}

// waitsFor tells what of the checks the pull request waits for, each once.
func (p PullRequest) waitsFor(checks []Check) []string {
	all := []string{}
	if p.strange() {
		all = append(all, "a member who has looked at it: it comes from a fork")
	}
	for _, c := range checks {
		if says := c.waitsFor(); c.Number == p.Number && !slices.Contains(all, says) {
			all = append(all, says)
		}
	}
	return all
}

// waitsFor is what the check is at, of one that has not ended.
func (c Check) waitsFor() string {
	if c.Run == "" && c.Message != "" {
		return c.Message
	}
	says := fmt.Sprintf("%s of %s in %s", c.Kind, cmp.Or(c.Workload, c.Score), c.Stage)
	if c.Message != "" {
		says += ": " + short(c.Message)
	}
	return says
}
