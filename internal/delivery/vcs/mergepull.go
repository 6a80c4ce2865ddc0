package vcs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Merge merges a pull request of a hosted repository: the commit that git makes
// of both sides, or word of the paths on which they differ.
func (s *Service) Merge(ctx context.Context, scope kernel.Scope, name string, number int, head string) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionMerge, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	lock := s.locks.of(r.ID)
	lock.Lock()
	defer lock.Unlock()
	p, err := s.mergeable(ctx, r, number, head)
	if err != nil {
		return p, err
	}
	if p.MergeCommit, err = s.mergeCommit(ctx, r, p); err != nil {
		return p, err
	}
	ref := Push{Ref: "refs/heads/" + p.Target, Before: p.Base, After: p.MergeCommit}
	told, err := s.push(ctx, r, []Push{ref}, func(ctx context.Context) error {
		return s.Files(r).SetRef(ctx, ref.Ref, ref.After, ref.Before)
	})
	if err != nil {
		return p, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	return s.edit(kernel.WithCause(ctx, told), r, number, "pr.merged", func(q *PullRequest) (map[string]any, error) {
		if q.State == Merged && q.MergeCommit == p.MergeCommit {
			return nil, nil //nolint:nilnil // the push told it already
		}
		q.State, q.Head, q.Base, q.MergeCommit = Merged, p.Head, p.Base, p.MergeCommit
		q.by(actor)
		return map[string]any{"commit": p.MergeCommit, "head": p.Head, "target": p.Target}, nil
	})
}

// mergeable returns the pull request at its newest, where it may be merged.
func (s *Service) mergeable(ctx context.Context, r Repository, number int, head string) (PullRequest, error) {
	p, err := s.open(ctx, r, number)
	if err != nil {
		return p, err
	}
	if p.Head, err = s.tip(ctx, r, p.Source); err != nil {
		return p, err
	}
	if p.Base, err = s.tip(ctx, r, p.Target); err != nil {
		return p, err
	}
	if head != "" && p.Head != head && !(len(head) >= 7 && strings.HasPrefix(p.Head, head)) {
		return p, kernel.Errorf(kernel.Stale, "the pull request is at %s by now, not at %s", p.Head[:12], head).WithFix("look at what has changed, then merge again")
	}
	return p, s.mayMerge(ctx, r, p)
}

// open returns a pull request of a hosted repository that is open.
func (s *Service) open(ctx context.Context, r Repository, number int) (PullRequest, error) {
	p, err := s.find(ctx, r, number)
	if err != nil {
		return p, err
	}
	if err := s.onlyHosted(r); err != nil {
		return p, err
	}
	if p.State != Open {
		return p, kernel.Errorf(kernel.Conflict, "the pull request %d is %s already", number, p.State)
	}
	return p, nil
}

// mayMerge asks the rules of the branch and of the bindings.
func (s *Service) mayMerge(ctx context.Context, r Repository, p PullRequest) error {
	if role := r.Protection.Merge; role != "" && p.Target == r.DefaultBranch {
		ok, err := s.Roles.HasRole(ctx, ActionMerge, r.Scope, role)
		if err != nil {
			return err
		}
		if !ok {
			return kernel.Errorf(kernel.Denied, "%s is protected: merging into it needs the role %s", p.Target, role)
		}
	}
	checks, err := s.Store.Checks(ctx, r.Scope, r.ID, p.Number)
	if err != nil {
		return err
	}
	if r.Protection.Checks && p.Target == r.DefaultBranch {
		if err := passed(r, p, checks); err != nil {
			return err
		}
	}
	return s.appliedBefore(ctx, r, p, checks)
}

// passed refuses a pull request whose plans did not all succeed.
func passed(r Repository, p PullRequest, checks []Check) error {
	if p.Work.Planned != p.Head {
		return kernel.Errorf(kernel.Refused, "the plans of %s are not made yet", p.Head[:12]).WithFix("wait for them: terrace pr show %d --repo %s", p.Number, r.Name)
	}
	for _, c := range checks {
		if c.Commit == p.Head && c.Kind == ReviewCheck && c.State == Failed {
			return kernel.Errorf(kernel.Refused, "the check %s has failed, and the branch wants it to succeed", c.Binding).
				WithFix("see why: terrace pr show %d --repo %s", p.Number, r.Name)
		}
		if c.Commit == p.Head && c.Kind == PlanCheck && c.State != Succeeded {
			return kernel.Errorf(kernel.Refused, "the plan of %s on %s is %s, and the branch wants it to succeed", c.Binding, c.Stage, c.State).
				WithFix("see why: terrace pr show %d --repo %s", p.Number, r.Name)
		}
	}
	return nil
}

// appliedBefore refuses a merge before what is applied before it.
func (s *Service) appliedBefore(ctx context.Context, r Repository, p PullRequest, checks []Check) error {
	bindings, err := s.Store.Bindings(ctx, r.Scope, r.ID)
	if err != nil {
		return err
	}
	for _, b := range bindings {
		if b.Apply == ApplyBeforeMerge && b.on(r) == p.Target && p.Work.Planned != p.Head {
			return passed(r, p, checks) // which is not known before the plans are made
		}
		if b.Apply != ApplyBeforeMerge || !slices.ContainsFunc(checks, func(c Check) bool { return c.Kind == PlanCheck && c.Commit == p.Head && c.Binding == b.Name }) {
			continue
		}
		for _, stage := range b.Stages {
			if !slices.ContainsFunc(checks, func(c Check) bool {
				return c.Kind == ApplyCheck && c.Commit == p.Head && c.Binding == b.Name && c.Stage == stage && c.State == Succeeded
			}) {
				return kernel.Errorf(kernel.Refused, "%s is applied to %s before the merge, and was not yet", b.Name, stage).
					WithFix("apply it: terrace pr apply %d --repo %s", p.Number, r.Name)
			}
		}
	}
	return nil
}

func (s *Service) mergeCommit(ctx context.Context, r Repository, p PullRequest) (string, error) {
	if has, err := s.Files(r).Contains(ctx, p.Base, p.Head); err != nil || has {
		return p.Base, orElse(err, kernel.Errorf(kernel.Conflict, "%s has everything of %s already", p.Target, p.Source).WithFix("close it with: terrace pr close %d --repo %s", p.Number, r.Name))
	}
	actor, _ := kernel.ActorFrom(ctx)
	commit, conflicts, err := s.Files(r).Merge(ctx, gitexec.Merge{
		Into: p.Base, From: p.Head, At: s.Clock.Now(), Author: gitexec.Author{Name: actor.Name, Email: actor.Name + "@" + r.Scope.Tenant + ".terrace.invalid"},
		Message: fmt.Sprintf("Merge pull request %d: %s\n\nFrom %s into %s.\n", p.Number, p.Title, p.Source, p.Target),
	})
	if err != nil || len(conflicts) == 0 {
		return commit, err
	}
	e := kernel.Errorf(kernel.Conflict, "%s and %s differ on both sides in %d files", p.Source, p.Target, len(conflicts)).
		WithFix("merge %s into %s, resolve it there and push: git fetch && git merge origin/%s", p.Target, p.Source, p.Target)
	for _, path := range conflicts[:min(len(conflicts), 50)] {
		e = e.WithProblems(kernel.Problem{File: path, Message: "changed on both sides"})
	}
	return "", e
}
