package vcs

import (
	"context"
	"strings"
	"unicode"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
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
		p.Number, p.Work.Cause = last+1, kernel.NewID("evt")
		if err := s.Store.AddPull(ctx, p); err != nil {
			return err
		}
		return s.recordAs(ctx, p.Work.Cause, r, "pr.opened", map[string]any{"number": p.Number, "source": p.Source, "target": p.Target, "head": p.Head, "title": p.Title})
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
	actor, _ := kernel.ActorFrom(ctx)
	p.by(actor)
	p.Author = actor.Name
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
