package source

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// How the loop works.
const (
	idle   = 5 * time.Second
	atOnce = 4
	// retryAfter is when a source is tried again whose reconciliation ended early.
	retryAfter = 10 * time.Second
)

// Pushed implements vcs.Listener: the sources of the branch are due.
func (s *Service) Pushed(ctx context.Context, r vcs.Repository, p vcs.Push) error {
	pusher := &Pusher{Cause: kernel.CauseFrom(ctx)}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		pusher.By = &actor
	}
	return s.due(ctx, r.Scope, r.Name, pusher, func(n Source) bool { return n.Branch == p.Branch() })
}

// Renewed implements vcs.Listener: the sources of the repository are due.
func (s *Service) Renewed(ctx context.Context, r vcs.Repository) error {
	return s.due(ctx, r.Scope, r.Name, nil, func(Source) bool { return true })
}

// Deleting implements vcs.Listener: a source would follow whatever repository gets
// the name of its own next, with the rights that it was given for this one.
func (s *Service) Deleting(ctx context.Context, r vcs.Repository) error {
	all, err := s.Store.Of(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil || len(all) == 0 {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "the source %s is kept in the repository %s", all[0].Name, r.Name).
		WithFix("let go of it first with: terrace source remove %s", all[0].Name)
}

// due has sources of a repository reconciled at once. One that was removed
// meanwhile is nobody's.
func (s *Service) due(ctx context.Context, where kernel.Scope, repository string, p *Pusher, which func(n Source) bool) error {
	all, err := s.Store.Of(ctx, where.Tenant, where.Project, repository)
	if err != nil {
		return err
	}
	for _, n := range all {
		if !which(n) {
			continue
		}
		if err := s.Store.Push(ctx, n, p, s.Clock.Now()); err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
	}
	s.bell.Ring()
	return nil
}

// Watch reconciles what is due until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	if err := s.Store.Recover(ctx, s.Node, s.Clock.Now()); err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	return rounds.Rounds{
		Bell: s.bell, Idle: idle, Clock: s.Clock,
		Look: func(ctx context.Context) error { return s.begin(ctx, &all) },
	}.Run(ctx)
}

func (s *Service) begin(ctx context.Context, all *sync.WaitGroup) error {
	s.trees.tidy(s.Clock.Now())
	resting, err := s.resting(ctx)
	if err != nil {
		return err
	}
	due, err := s.Store.Due(ctx, s.Clock.Now(), resting, 50)
	if err != nil {
		return err
	}
	for _, n := range due {
		if !s.take(n.ID) {
			continue
		}
		all.Go(func() {
			defer s.bell.Ring()
			defer s.free(n.ID)
			s.attend(ctx, n)
		})
	}
	return nil
}

// resting returns the tenants that nobody works in. Their sources stay due, and so have their
// turn, one, at the next look after the tenant is resumed.
func (s *Service) resting(ctx context.Context) ([]string, error) {
	if s.Tenants == nil {
		return nil, nil
	}
	all, err := s.Tenants.Resting(ctx)
	var names []string
	for name, rests := range all {
		if rests {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

// attend reconciles one source. One that another daemon has is left to it.
func (s *Service) attend(ctx context.Context, n Source) {
	err := s.Reconcile(ctx, n)
	if err == nil || ctx.Err() != nil {
		return
	}
	if !kernel.Is(err, kernel.Locked) && !kernel.Is(err, kernel.NotFound) {
		s.Log.ErrorContext(ctx, "a source was not reconciled", "source", n.Name, "error", err)
	}
	if err := s.Store.Push(context.WithoutCancel(ctx), n, nil, s.Clock.Now().Add(retryAfter)); err != nil && !kernel.Is(err, kernel.NotFound) {
		s.Log.ErrorContext(ctx, "a source is not tried again soon", "source", n.Name, "error", err)
	}
}

func (s *Service) take(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] || len(s.busy) >= atOnce {
		return false
	}
	s.busy[id] = true
	return true
}

func (s *Service) free(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}
