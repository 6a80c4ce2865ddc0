package vcs

import (
	"context"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func (s *Service) deliver(ctx context.Context, d Delivery) error {
	r, err := s.Store.RepositoryByID(ctx, d.Repository)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if d.Event.Cause != "" {
		ctx = kernel.WithCause(ctx, d.Event.Cause)
	}
	switch d.Event.Kind {
	case PushEvent:
		if d.Event.Cause == "" {
			if d.Event, err = s.tellLate(ctx, r, d); err != nil {
				return err
			}
			ctx = kernel.WithCause(ctx, d.Event.Cause)
		}
		return s.pushed(ctx, r, d.Event)
	case PullEvent:
		return s.pulled(ctx, r, d.Event)
	case CommandSaid:
		return s.commanded(ctx, r, d.Event.Command)
	case Ignored:
	}
	return nil
}

// pushed tells who listens, and the pull requests of a hosted repository.
func (s *Service) pushed(ctx context.Context, r Repository, e Event) error {
	var errs []error
	by := ctx
	if e.Actor.ID != "" {
		by = kernel.WithActor(ctx, e.by())
	}
	for _, l := range s.Listeners {
		errs = append(errs, l.Pushed(by, r, e.Push))
	}
	if r.Provider == Hosted {
		errs = append(errs, s.follow(ctx, r, e))
	}
	return errors.Join(errs...)
}

// pulled notes what a provider says of a pull request. Older news than what is
// known change nothing.
func (s *Service) pulled(ctx context.Context, r Repository, e Event) error {
	by, err := s.person(ctx, r, e.Pull.By)
	if err != nil {
		return err
	}
	for {
		known, err := s.Store.Pull(ctx, r.Scope, r.ID, e.Pull.Number)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		isNew := err != nil
		if !isNew && known.Work.Seen.After(e.At) || known.State == Merged {
			return nil
		}
		p, fact := noted(r, known, e, by, s.Clock.Now())
		if isNew {
			err = s.addPull(ctx, r, p)
		} else {
			err = s.changeAs(ctx, r, p, fact)
		}
		if kernel.Is(err, kernel.Stale) || kernel.Is(err, kernel.Conflict) {
			continue // it was changed meanwhile
		}
		return err
	}
}

// noted returns the pull request as the event has it, and the fact that this is.
func noted(r Repository, known PullRequest, e Event, by kernel.Actor, now time.Time) (p PullRequest, fact string) {
	p, fact = known, "pr.updated"
	n := e.Pull
	p.Repository, p.Scope, p.Number = r.ID, r.Scope, n.Number
	p.Title, p.Author, p.Fork, p.Source, p.Target = n.Title, n.Author, n.Fork, n.Source, n.Target
	if n.Head != "" && n.Head != p.Head {
		p.Head, p.Work.Answer = n.Head, ""
	}
	if n.Base != "" {
		p.Base = n.Base
	}
	switch {
	case p.CreatedAt.IsZero():
		fact, p.CreatedAt = "pr.opened", now
	case n.State != known.State:
		fact = map[PullState]string{Open: "pr.reopened", Merged: "pr.merged", Closed: "pr.closed"}[n.State]
	}
	if known.State == Closed && n.State == Open || known.Target != "" && known.Target != n.Target {
		p.Work.planAgain() // what was planned is void
	}
	if n.State != known.State {
		p.Work.Answer = "" // what was asked for is of the state before
	}
	p.State, p.MergeCommit, p.UpdatedAt, p.Work.Seen = n.State, n.MergeCommit, now, e.At
	p.by(by)
	p.Work.Due, p.Work.Attempts = &now, 0
	return p, fact
}

func (s *Service) addPull(ctx context.Context, r Repository, p PullRequest) error {
	ctx, p.Work.Cause = kernel.WithActor(ctx, p.Actor), kernel.NewID("evt")
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddPull(ctx, p); err != nil {
			return err
		}
		return s.recordAs(ctx, p.Work.Cause, r, "pr.opened", map[string]any{"number": p.Number, "source": p.Source, "target": p.Target, "head": p.Head, "title": p.Title, "fork": p.Fork})
	})
}

func (s *Service) changeAs(ctx context.Context, r Repository, p PullRequest, fact string) error {
	data := map[string]any{"head": p.Head}
	if p.MergeCommit != "" {
		data["commit"] = p.MergeCommit
	}
	return s.change(kernel.WithActor(ctx, p.Actor), r, p, fact, data)
}

// follow has the pull requests of a hosted repository know what was pushed:
// their newest commit, or that somebody has merged them by hand.
func (s *Service) follow(ctx context.Context, r Repository, e Event) error {
	branch := e.Push.Branch()
	if branch == "" || e.Push.After == gitexec.Zero {
		return nil
	}
	ctx = kernel.WithActor(ctx, e.by())
	from, err := s.Store.OpenFrom(ctx, r.Scope, r.ID, branch)
	if err != nil {
		return err
	}
	for _, p := range from {
		_, err := s.edit(ctx, r, p.Number, "pr.updated", func(p *PullRequest) (map[string]any, error) {
			if p.State != Open || p.Head == e.Push.After {
				return nil, nil //nolint:nilnil // there is nothing new
			}
			p.Head, p.Work.Attempts = e.Push.After, 0
			p.by(e.by())
			return map[string]any{"head": p.Head}, nil
		})
		if err != nil {
			return err
		}
	}
	return s.mergedByHand(ctx, r, branch, e)
}

func (s *Service) mergedByHand(ctx context.Context, r Repository, branch string, e Event) error {
	page, err := s.Store.Pulls(ctx, r.Scope, r.ID, Open, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		return err
	}
	for _, p := range page.Items {
		if p.Target != branch {
			continue
		}
		has, err := s.Files(r).Contains(ctx, e.Push.After, p.Head)
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		_, err = s.edit(ctx, r, p.Number, "pr.merged", func(p *PullRequest) (map[string]any, error) {
			if p.State != Open {
				return nil, nil //nolint:nilnil // the merge has told it
			}
			p.State, p.MergeCommit, p.Work.Attempts = Merged, e.Push.After, 0
			p.by(e.by())
			return map[string]any{"head": p.Head, "commit": p.MergeCommit}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
