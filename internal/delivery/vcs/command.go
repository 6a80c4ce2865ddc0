package vcs

import (
	"context"
	"errors"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// mayApply refuses the command apply of who may only read at the provider.
func (s *Service) mayApply(ctx context.Context, r Repository, c Command) error {
	a, host, err := s.access(ctx, r)
	if err != nil {
		return err
	}
	err = host.MayApply(ctx, a, c.By)
	if refused, ok := errors.AsType[*kernel.Error](err); ok && refused.Kind == kernel.Refused {
		return refused.WithFix("apply it as a developer: terrace pr apply %d --repo %s -p %s", c.Number, r.Name, r.Scope.Project)
	}
	return err
}

// commanded does what somebody wrote under a pull request, if they may.
func (s *Service) commanded(ctx context.Context, r Repository, c Command) error {
	if !c.Member {
		return nil // anybody may comment; only members command
	}
	by, err := s.person(ctx, r, c.By)
	if err != nil {
		return err
	}
	ctx = kernel.WithActor(ctx, by)
	fact, change := "pr.replanned", replanned
	if c.Word == "apply" {
		refused := s.mayApply(ctx, r, c)
		if refused == nil {
			refused = s.mayReapply(ctx, r, c.Number)
		}
		if kernel.Is(refused, kernel.NotFound) {
			refused = nil // the pull request is not known, which is said below
		}
		if refused != nil && !kernel.Is(refused, kernel.Refused) {
			return refused // it is asked again
		}
		fact, change = "pr.apply_asked", func(p *PullRequest) (map[string]any, error) {
			if refused != nil {
				return nil, refused
			}
			p.by(by)
			return s.askApply(ctx, r, p)
		}
	}
	_, err = s.edit(ctx, r, c.Number, fact, change)
	if kernel.Is(err, kernel.Conflict) || kernel.Is(err, kernel.Refused) {
		_, err = s.edit(ctx, r, c.Number, "pr.command_refused", unfollowed(c, err))
	}
	if kernel.Is(err, kernel.NotFound) {
		s.Log.InfoContext(ctx, "a command is under a pull request that is not known", "repository", r.Name, "number", c.Number, "command", c.Word)
		return nil
	}
	return err
}

// unfollowed has the comment tell why a command was not followed.
func unfollowed(c Command, cause error) func(*PullRequest) (map[string]any, error) {
	return func(p *PullRequest) (map[string]any, error) {
		p.Work.Answer = fmt.Sprintf("%s asked for %s, which is not done: %s", c.By, c.Word, cause)
		return map[string]any{"command": c.Word, "problem": cause.Error()}, nil
	}
}
