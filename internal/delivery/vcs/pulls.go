package vcs

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a pull request's texts, in bytes.
const (
	maxTitle = 256
	maxText  = 64 << 10
)

// Close ends a pull request of a hosted repository without a merge.
func (s *Service) Close(ctx context.Context, scope kernel.Scope, name string, number int) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionPropose, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	return s.edit(ctx, r, number, "pr.closed", func(p *PullRequest) (map[string]any, error) {
		if err := s.onlyHosted(r); err != nil {
			return nil, err
		}
		if p.State != Open {
			return nil, kernel.Errorf(kernel.Conflict, "the pull request %d is %s already", number, p.State)
		}
		p.State = Closed
		return map[string]any{}, nil
	})
}

// Approve lets Terrace plan a fork's pull request as it is at a commit: a plan
// runs code of whoever wrote it. Another commit needs another approval.
func (s *Service) Approve(ctx context.Context, scope kernel.Scope, name string, number int, commit string) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionApprove, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	return s.edit(ctx, r, number, "pr.approved", func(p *PullRequest) (map[string]any, error) {
		if len(commit) < 7 || !strings.HasPrefix(p.Head, commit) {
			return nil, kernel.Errorf(kernel.Stale, "the pull request is at %s", p.Head).WithFix("look at that commit, then name it with --commit")
		}
		p.Approved, p.ApprovedBy = p.Head, actor.Name
		return map[string]any{"commit": p.Head}, nil
	})
}

// Replan plans the newest commit of a pull request again.
func (s *Service) Replan(ctx context.Context, scope kernel.Scope, name string, number int) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionPropose, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	return s.edit(ctx, r, number, "pr.replanned", replanned)
}

// LookAgain has what reviewers and bindings say of a pull request asked again, as Replan
// does, where something that they go by was decided. One that is not open is left alone.
func (s *Service) LookAgain(ctx context.Context, scope kernel.Scope, name string, number int) error {
	r, err := s.Store.Repository(ctx, scope, name)
	if err == nil {
		_, err = s.edit(ctx, r, number, "pr.replanned", replanned)
	}
	if kernel.Is(err, kernel.Conflict) || kernel.Is(err, kernel.NotFound) {
		return nil
	}
	return err
}

func replanned(p *PullRequest) (map[string]any, error) {
	if p.State != Open {
		return nil, kernel.Errorf(kernel.Conflict, "the pull request %d is %s: there is nothing to plan", p.Number, p.State)
	}
	p.Work.planAgain()
	p.Work.Attempts, p.Work.Problem, p.Work.Answer = 0, "", ""
	return map[string]any{"commit": p.Head}, nil
}

// Apply deploys a pull request before it is merged, where its bindings say so,
// or again after a merge whose apply failed.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, name string, number int) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionMerge, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	if err := s.mayReapply(ctx, r, number); err != nil {
		return PullRequest{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	return s.edit(ctx, r, number, "pr.apply_asked", func(p *PullRequest) (map[string]any, error) {
		p.by(actor)
		return s.askApply(ctx, r, p)
	})
}

func (s *Service) askApply(ctx context.Context, r Repository, p *PullRequest) (map[string]any, error) {
	p.Work.Attempts, p.Work.Problem, p.Work.Answer = 0, "", ""
	if p.State == Merged {
		p.Work.applyAgain()
		return map[string]any{"commit": p.MergeCommit}, nil
	}
	checks, err := s.Store.Checks(ctx, r.Scope, r.ID, p.Number)
	if err != nil {
		return nil, err
	}
	if p.State != Open {
		return nil, kernel.Errorf(kernel.Conflict, "the pull request %d is %s", p.Number, p.State)
	}
	if err := passed(r, *p, checks); err != nil {
		return nil, err
	}
	bindings, err := s.Store.Bindings(ctx, r.Scope, r.ID)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(bindings, func(b Binding) bool { return b.Apply == ApplyBeforeMerge }) {
		return nil, kernel.Errorf(kernel.Refused, "no binding of %s is applied before the merge", r.Name).WithFix("bind with --apply before-merge, or merge")
	}
	p.ApplyAsked = p.Head
	p.Work.applyAgain()
	return map[string]any{"commit": p.Head}, nil
}

// Comment adds a person's comment to a pull request of a hosted repository.
func (s *Service) Comment(ctx context.Context, scope kernel.Scope, name string, number int, text string) (Comment, error) {
	r, err := s.allowed(ctx, ActionPropose, scope, name)
	if err != nil {
		return Comment{}, err
	}
	if err := s.onlyHosted(r); err != nil {
		return Comment{}, err
	}
	if _, err := s.find(ctx, r, number); err != nil {
		return Comment{}, err
	}
	if text = strings.TrimSpace(text); text == "" || len(text) > maxText {
		return Comment{}, kernel.Errorf(kernel.Invalid, "a comment has 1 to %d bytes", maxText)
	}
	actor, _ := kernel.ActorFrom(ctx)
	now := s.Clock.Now()
	c := Comment{ID: kernel.NewID("note"), Number: number, Author: actor.Name, Body: text, CreatedAt: now, UpdatedAt: now}
	return c, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutComment(ctx, r.Scope, r.ID, c); err != nil {
			return err
		}
		return s.record(ctx, r, "pr.commented", map[string]any{"number": number, "comment": c.ID})
	})
}
