package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// How the loop works.
const (
	idle = 5 * time.Second
	// looked is how many that wait are looked at to choose the next.
	looked = 200
)

// Watch builds what waits, one after the other, until ctx ends: a compiler takes
// the whole machine anyway.
func (s *Service) Watch(ctx context.Context) error {
	if err := errors.Join(s.Store.Recover(ctx, s.Node), s.tidy()); err != nil {
		return err
	}
	return rounds.Rounds{Bell: s.bell, Idle: idle, Clock: s.Clock, Look: s.all}.Run(ctx)
}

// all builds what waits until there is none.
func (s *Service) all(ctx context.Context) error {
	for ctx.Err() == nil {
		if did, err := s.Next(ctx); err != nil || !did {
			return err
		}
	}
	return nil
}

// tidy removes what a former process has left.
func (s *Service) tidy() error {
	if err := os.RemoveAll(s.Dir); err != nil {
		return fmt.Errorf("tidy builds: %w", err)
	}
	return os.MkdirAll(s.Dir, 0o700)
}

// Next builds one folder that waits, and reports whether there was one.
func (s *Service) Next(ctx context.Context) (bool, error) {
	waiting, err := s.Store.Waiting(ctx, s.Clock.Now(), looked)
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	b := s.turn(waiting)
	now := s.Clock.Now()
	s.served[b.Scope.Tenant] = now
	fence, err := s.Store.Take(ctx, b, s.Node, now, now.Add(s.Lease))
	if kernel.Is(err, kernel.Locked) {
		return true, nil // another daemon was faster
	}
	if err != nil {
		return false, err
	}
	return true, s.do(ctx, b, fence)
}

// turn chooses whose build comes next: the tenant's that waits for a turn longest.
func (s *Service) turn(waiting []Build) Build {
	return slices.MinFunc(waiting, func(a, b Build) int { return s.served[a.Scope.Tenant].Compare(s.served[b.Scope.Tenant]) })
}

// do builds and keeps how it went. A build that another daemon has taken meanwhile
// is that one's to tell.
func (s *Service) do(ctx context.Context, b Build, fence int64) error {
	now := s.Clock.Now()
	b.State, b.StartedAt, b.EndedAt, b.Output = Building, &now, nil, ""
	if err := s.keep(ctx, b, fence, "build.started"); err != nil {
		return left(err)
	}
	said := &tail{}
	under, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	stop := s.beat(under, b, fence, said, lost)
	artifact, err := s.make(under, b, said)
	stop()
	if ctx.Err() != nil {
		return nil // the daemon ends: the next start, or another, builds it
	}
	if cause := context.Cause(under); cause != nil && kernel.Is(cause, kernel.Stale) {
		s.Log.WarnContext(ctx, "a build was taken by another daemon", "build", b.ID)
		return nil
	}
	b.State, b.Artifact, b.Output = Succeeded, artifact, said.String()
	fact := "build.succeeded"
	if err != nil {
		s.Log.WarnContext(ctx, "a folder was not built", "build", b.ID, "repository", b.Repository, "folder", b.Folder, "error", err)
		b.fail(err)
		fact = "build.failed"
	}
	at := s.Clock.Now()
	b.EndedAt = &at
	if err := s.keep(ctx, b, fence, fact); err != nil {
		return left(err)
	}
	return s.told(ctx, b)
}

// left is no error where another daemon has the build by now.
func left(err error) error {
	if kernel.Is(err, kernel.Stale) {
		return nil
	}
	return err
}

// keep writes how a build stands, with the fact.
func (s *Service) keep(ctx context.Context, b Build, fence int64, fact string) error {
	ctx = kernel.WithCause(kernel.WithActor(ctx, b.By), b.Cause)
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, b, fence, s.Clock.Now().Add(s.Lease)); err != nil {
			return err
		}
		return s.record(ctx, b, fact)
	})
}

// beat keeps the lease while a build lasts, and shows what it has said by then;
// lost is called once somebody else has it.
func (s *Service) beat(ctx context.Context, b Build, fence int64, said *tail, lost context.CancelCauseFunc) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(s.Lease / 6)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			b.Output = said.String()
			switch err := s.Store.Save(ctx, b, fence, s.Clock.Now().Add(s.Lease)); {
			case kernel.Is(err, kernel.Stale):
				lost(err)
				return
			case err != nil && ctx.Err() == nil:
				s.Log.WarnContext(ctx, "the lease of a build was not kept", "build", b.ID, "error", err)
			}
		}
	}()
	return func() { close(done); <-ended }
}

// make copies the commit and builds the folder of it.
func (s *Service) make(ctx context.Context, b Build, said *tail) (kernel.Digest, error) {
	ctx = kernel.WithCause(kernel.WithActor(ctx, b.By), b.Cause)
	dir, err := os.MkdirTemp(s.Dir, b.ID+"-*")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", b.ID, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a copy
	root := filepath.Join(dir, "source")
	if err := os.Mkdir(root, 0o700); err != nil {
		return "", fmt.Errorf("build %s: %w", b.ID, err)
	}
	where := kernel.Scope{Tenant: b.Scope.Tenant, Project: b.RepositoryProject}
	if err := s.Commits.Extract(ctx, where, b.Repository, b.Commit, root); err != nil {
		return "", err
	}
	return s.Builder.BuildWithin(ctx, b.Limit, b.Scope, root, filepath.FromSlash(b.Folder), said)
}

func (s *Service) told(ctx context.Context, b Build) error {
	var errs []error
	for _, l := range s.Listeners {
		errs = append(errs, l.Built(ctx, b))
	}
	return errors.Join(errs...)
}
