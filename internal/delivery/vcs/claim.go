package vcs

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a claim: how long a pull request stays a daemon's that says nothing
// any longer, and how often one that looks at it says so.
const (
	claimTime = time.Minute
	claimBeat = claimTime / 6
)

// claimed looks at a pull request while no other daemon does.
func (s *Service) claimed(ctx context.Context, p PullRequest) {
	if err := s.claim(ctx, p); err != nil {
		if !kernel.Is(err, kernel.Locked) && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "a pull request was not claimed", "repository", p.Repository, "number", p.Number, "error", err)
		}
		return
	}
	under, lost := context.WithCancel(ctx)
	defer lost()
	stop := s.keepClaim(under, p, lost)
	// Another daemon may have looked at it just before.
	if now, err := s.Store.Pull(ctx, p.Scope, p.Repository, p.Number); err == nil && now.Work.Due != nil && !now.Work.Due.After(s.Clock.Now()) {
		s.attend(under, now)
	}
	stop()
	if err := s.Store.Release(context.WithoutCancel(ctx), p, s.Node); err != nil {
		s.Log.ErrorContext(ctx, "the claim of a pull request was not given back", "repository", p.Repository, "number", p.Number, "error", err)
	}
}

func (s *Service) claim(ctx context.Context, p PullRequest) error {
	now := s.Clock.Now()
	return s.Store.Claim(ctx, p, s.Node, now, now.Add(claimTime))
}

// keepClaim keeps the claim until stop; lost is called once another daemon has it.
func (s *Service) keepClaim(ctx context.Context, p PullRequest, lost func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(claimBeat)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			switch err := s.claim(ctx, p); {
			case kernel.Is(err, kernel.Locked):
				lost()
				return
			case err != nil && ctx.Err() == nil:
				s.Log.WarnContext(ctx, "the claim of a pull request was not kept", "repository", p.Repository, "number", p.Number, "error", err)
			}
		}
	}()
	return func() { close(done); <-ended }
}
