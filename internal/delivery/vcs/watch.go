package vcs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// How the loop works.
const (
	// idle is how long it waits when nothing happens.
	idle = 15 * time.Second
	// atOnce is how many pull requests are looked at at the same time, one per
	// repository.
	atOnce = 4
	// lookTime bounds one look: a fetch, and what is told to the provider.
	lookTime = 8 * time.Minute
	// soon is when a pull request whose checks run is looked at again.
	soon = time.Second
)

// busy are the repositories whose pull requests are looked at.
type busy struct {
	mu           sync.Mutex
	repositories map[string]bool
}

func (b *busy) take(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.repositories[id] || len(b.repositories) >= atOnce {
		return false
	}
	b.repositories[id] = true
	return true
}

func (b *busy) free(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.repositories, id)
}

// Watch works on the inbox and on pull requests until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	if err := errors.Join(s.Store.Recover(ctx, s.Node), s.recover(ctx)); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the next start does it
		}
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	for {
		n, err := s.drain(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		next, err := s.look(ctx, &all)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if wait := s.held.Sub(s.Clock.Now()); wait > 0 {
			next = min(next, wait)
		}
		if n == batch {
			next = 0 // there may be more
		}
		if !s.sleep(ctx, next) {
			return nil
		}
	}
}

// sleep waits; false when ctx ends.
func (s *Service) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// look begins with the pull requests that are due, and returns how long there is
// nothing else to do.
func (s *Service) look(ctx context.Context, all *sync.WaitGroup) (time.Duration, error) {
	now := s.Clock.Now()
	due, err := s.Store.Due(ctx, now, now.Add(idle), 50)
	if err != nil {
		return idle, err
	}
	resting, err := s.resting(ctx)
	if err != nil {
		return idle, err
	}
	next := idle
	for _, p := range due {
		if resting[p.Scope.Tenant] {
			if err := s.rest(ctx, p, now); err != nil {
				return idle, err
			}
			continue
		}
		if wait := p.Work.Due.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		if !s.busy.take(p.Repository) {
			next = min(next, soon)
			continue
		}
		all.Go(func() {
			defer s.nudge()
			defer s.busy.free(p.Repository)
			s.claimed(ctx, p)
		})
	}
	return next, nil
}

// attend brings one pull request a step on, and keeps when it is looked at again.
func (s *Service) attend(ctx context.Context, p PullRequest) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	again, err := s.advance(ctx, &p)
	if ctx.Err() != nil && context.Cause(ctx) == context.Canceled { //nolint:errorlint // the daemon ends
		return
	}
	ctx = context.WithoutCancel(ctx)
	now := s.Clock.Now()
	p.Work.Due = nil
	switch {
	case err != nil:
		at := now.Add(pause(p.Work.Attempts))
		p.Work.Problem, p.Work.Attempts = err.Error(), p.Work.Attempts+1
		if p.Work.Attempts < maxAttempts {
			p.Work.Due = &at
		}
		s.Log.WarnContext(ctx, "a pull request could not be worked on", "repository", p.Repository, "number", p.Number, "attempt", p.Work.Attempts, "error", err)
	case again > 0:
		at := now.Add(again)
		p.Work.Due, p.Work.Problem, p.Work.Attempts = &at, "", 0
	default:
		p.Work.Problem, p.Work.Attempts = "", 0
	}
	if err := s.keepWork(ctx, p); err != nil && !kernel.Is(err, kernel.NotFound) {
		s.Log.ErrorContext(ctx, "the state of a pull request was not saved", "repository", p.Repository, "number", p.Number, "error", err)
	}
}

// keepWork saves how far a look has come. Where the pull request was changed
// meanwhile, that change stays, and it is looked at again at once. What was planned and
// applied was saved by the look itself: where that is another by now, somebody wants it anew.
func (s *Service) keepWork(ctx context.Context, p PullRequest) error {
	for {
		err := s.Store.SavePull(ctx, p)
		if !kernel.Is(err, kernel.Stale) {
			return err
		}
		now, err := s.Store.Pull(ctx, p.Scope, p.Repository, p.Number)
		if err != nil {
			return err
		}
		work, due := p.Work, s.Clock.Now()
		work.Due, work.Revision, work.Seen, work.Answer, work.Cause = &due, now.Work.Revision, now.Work.Seen, now.Work.Answer, now.Work.Cause
		work.Planned, work.Applied = now.Work.Planned, now.Work.Applied
		now.Work = work
		p = now
	}
}

// Sweep forgets webhooks that can no longer be sent again.
func (s *Service) Sweep(ctx context.Context) error {
	_, err := s.Store.Forget(ctx, s.Clock.Now().Add(-window-24*time.Hour))
	return err
}
