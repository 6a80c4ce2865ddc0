package vcs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a pull request's texts, in bytes.
const (
	maxTitle = 256
	maxText  = 64 << 10
)

// Proposal asks for a branch of a hosted repository to be merged into another.
type Proposal struct {
	Title, Description string
	Source             string
	// Target is the default branch where it is empty.
	Target string
}

// Propose opens a pull request of a hosted repository.
func (s *Service) Propose(ctx context.Context, scope kernel.Scope, name string, n Proposal) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionPropose, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	p, err := s.proposal(ctx, r, n)
	if err != nil {
		return p, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		last, err := s.Store.LastNumber(ctx, r.Scope, r.ID)
		if err != nil {
			return err
		}
		p.Number = last + 1
		if err := s.Store.AddPull(ctx, p); err != nil {
			return err
		}
		return s.record(ctx, r, "pr.opened", map[string]any{"number": p.Number, "source": p.Source, "target": p.Target, "head": p.Head, "title": p.Title})
	})
	if err == nil {
		s.nudge()
	}
	return p, err
}

func (s *Service) proposal(ctx context.Context, r Repository, n Proposal) (PullRequest, error) {
	if n.Target == "" {
		n.Target = r.DefaultBranch
	}
	now := s.Clock.Now()
	p := PullRequest{
		Repository: r.ID, Scope: r.Scope, Title: strings.TrimSpace(n.Title), Description: n.Description, Source: n.Source, Target: n.Target,
		State: Open, CreatedAt: now, UpdatedAt: now, Work: Work{Due: &now},
	}
	if err := s.onlyHosted(r); err != nil {
		return p, err
	}
	if p.Title == "" || len(p.Title) > maxTitle || len(p.Description) > maxText || strings.ContainsFunc(p.Title, unicode.IsControl) {
		return p, kernel.Errorf(kernel.Invalid, "a pull request needs a title of at most %d bytes on one line, and a description of at most %d", maxTitle, maxText)
	}
	p.Actor, _ = kernel.ActorFrom(ctx)
	p.Author = p.Actor.Name
	var err error
	if p.Head, err = s.tip(ctx, r, p.Source); err != nil {
		return p, err
	}
	if p.Base, err = s.tip(ctx, r, p.Target); err != nil {
		return p, err
	}
	if merged, err := s.Files(r).Contains(ctx, p.Base, p.Head); err != nil || merged {
		return p, orElse(err, kernel.Errorf(kernel.Conflict, "%s has everything of %s already", p.Target, p.Source))
	}
	return p, s.alone(ctx, p)
}

func orElse(err error, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// alone refuses a second open pull request for the same change.
func (s *Service) alone(ctx context.Context, p PullRequest) error {
	open, err := s.Store.OpenFrom(ctx, p.Scope, p.Repository, p.Source)
	if err != nil {
		return err
	}
	for _, other := range open {
		if other.Target == p.Target {
			return kernel.Errorf(kernel.Conflict, "the pull request %d is open for %s already", other.Number, p.Source)
		}
	}
	return nil
}

func (s *Service) onlyHosted(r Repository) error {
	if r.Provider == Hosted {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%s is on %s: its pull requests are opened, merged and closed there", r.Name, r.Provider)
}

// tip returns the commit of a branch.
func (s *Service) tip(ctx context.Context, r Repository, branch string) (string, error) {
	if err := checkBranch(branch); err != nil {
		return "", err
	}
	id, err := s.Files(r).Ref(ctx, "refs/heads/"+branch)
	if err != nil {
		return "", err
	}
	if id == gitexec.Zero {
		return "", kernel.Errorf(kernel.NotFound, "%s has no branch %s", r.Name, branch).WithFix("push it first: git push origin %s", branch)
	}
	return id, nil
}

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
	err = s.push(ctx, r, []Push{ref}, func(ctx context.Context) error {
		return s.Files(r).SetRef(ctx, ref.Ref, ref.After, ref.Before)
	})
	if err != nil {
		return p, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	return s.edit(ctx, r, number, "pr.merged", func(q *PullRequest) (map[string]any, error) {
		if q.State == Merged && q.MergeCommit == p.MergeCommit {
			return nil, nil //nolint:nilnil // the push told it already
		}
		q.State, q.Head, q.Base, q.MergeCommit, q.Actor = Merged, p.Head, p.Base, p.MergeCommit, actor
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
		ok, err := s.Roles.HasRole(ctx, r.Scope, role)
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

func replanned(p *PullRequest) (map[string]any, error) {
	if p.State != Open {
		return nil, kernel.Errorf(kernel.Conflict, "the pull request %d is %s: there is nothing to plan", p.Number, p.State)
	}
	p.Work.Planned, p.Work.Attempts, p.Work.Problem, p.Work.Answer = "", 0, "", ""
	return map[string]any{"commit": p.Head}, nil
}

// Apply deploys a pull request before it is merged, where its bindings say so,
// or again after a merge whose apply failed.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, name string, number int) (PullRequest, error) {
	r, err := s.allowed(ctx, ActionMerge, scope, name)
	if err != nil {
		return PullRequest{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	return s.edit(ctx, r, number, "pr.apply_asked", func(p *PullRequest) (map[string]any, error) {
		p.Actor = actor
		return s.askApply(ctx, r, p)
	})
}

func (s *Service) askApply(ctx context.Context, r Repository, p *PullRequest) (map[string]any, error) {
	p.Work.Attempts, p.Work.Problem, p.Work.Answer = 0, "", ""
	if p.State == Merged {
		p.Work.Applied = ""
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
	p.ApplyAsked, p.Work.Applied = p.Head, ""
	return map[string]any{"commit": p.Head}, nil
}

// edit changes a pull request and has it looked at; no data is no change.
func (s *Service) edit(ctx context.Context, r Repository, number int, fact string, change func(*PullRequest) (map[string]any, error)) (PullRequest, error) {
	for {
		p, err := s.find(ctx, r, number)
		if err != nil {
			return p, err
		}
		data, err := change(&p)
		if err != nil || data == nil {
			return p, err
		}
		now := s.Clock.Now()
		p.UpdatedAt, p.Work.Due = now, &now
		if err = s.change(ctx, r, p, fact, data); !kernel.Is(err, kernel.Stale) || ctx.Err() != nil {
			return p, err
		}
	}
}

func (s *Service) change(ctx context.Context, r Repository, p PullRequest, fact string, data map[string]any) error {
	data["number"] = p.Number
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SavePull(ctx, p); err != nil {
			return err
		}
		return s.record(ctx, r, fact, data)
	})
	if err == nil {
		s.nudge()
	}
	return err
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
