package config

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// How the loop works.
const (
	idle = 5 * time.Second
	// every is how often a branch is asked for when nothing is pushed.
	every = time.Minute
	// keptRevisions is how many revisions of a project are kept.
	keptRevisions = 500
)

// Pushed implements vcs.Listener: the configuration on the branch is due.
func (s *Service) Pushed(ctx context.Context, r vcs.Repository, p vcs.Push) error {
	by, _ := kernel.ActorFrom(ctx)
	pushed := Pushed{Commit: p.After, By: by.Name}
	if by.Kind == kernel.ActorSystem { // nobody knows
		pushed.By = ""
	}
	return s.due(ctx, r, func(n Source) error {
		if n.Branch != p.Branch() {
			return nil
		}
		return s.Store.Push(ctx, n, kernel.CauseFrom(ctx), pushed, s.Clock.Now())
	})
}

// Renewed implements vcs.Listener: the repository may answer again.
func (s *Service) Renewed(ctx context.Context, r vcs.Repository) error {
	return s.due(ctx, r, func(n Source) error { return s.Store.Due(ctx, n, s.Clock.Now()) })
}

// Deleting implements vcs.Listener: the configuration would follow whatever repository
// gets the name next.
func (s *Service) Deleting(ctx context.Context, r vcs.Repository) error {
	all, err := s.Store.SourcesOf(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil || len(all) == 0 {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "the configuration of %s is in the repository %s", all[0].Project, r.Name).
		WithFix("let go of it first with: terrace config disconnect -p %s", all[0].Project)
}

func (s *Service) due(ctx context.Context, r vcs.Repository, wake func(n Source) error) error {
	all, err := s.Store.SourcesOf(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil {
		return err
	}
	for _, n := range all {
		if err := wake(n); err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
	}
	s.bell.Ring()
	return nil
}

// Watch looks at what is due until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	// What this daemon looked at when it was killed is nobody's.
	if err := s.Store.Recover(ctx, s.Node, s.Clock.Now()); err != nil {
		return err
	}
	return rounds.Rounds{Bell: s.bell, Idle: idle, Clock: s.Clock, Look: s.look}.Run(ctx)
}

func (s *Service) look(ctx context.Context) error {
	due, err := s.Store.DueSources(ctx, s.Clock.Now(), 50)
	if err != nil {
		return err
	}
	for _, n := range due {
		if err := s.Reconcile(ctx, n); err != nil && !kernel.Is(err, kernel.Locked) && !kernel.Is(err, kernel.NotFound) && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "a configuration was not looked at", "project", n.Project, "error", err)
		}
	}
	return ctx.Err()
}

// Reconcile looks at the branch and takes what it says, where that is valid. It is
// Locked while another daemon does.
func (s *Service) Reconcile(ctx context.Context, n Source) error {
	now := s.Clock.Now()
	until := now.Add(lease)
	if err := s.Store.Lease(ctx, n.ID, s.Node, now, until); err != nil {
		return err
	}
	// Due again by a push while it lasts, or when a lease ends that nobody kept.
	if err := s.Store.Due(ctx, n, until); err != nil {
		return err
	}
	ctx, end := s.keep(ctx, n)
	defer end()
	n, err := s.Store.Source(ctx, n.scope())
	if err != nil {
		return err
	}
	ctx = kernel.WithCause(kernel.WithActor(ctx, kernel.System("config", n.Tenant)), n.Cause)
	before := n.Status
	r, head, err := s.read(ctx, n)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		n.Status.Phase, n.Status.Message = Failed, s.unread(ctx, n, err)
	} else {
		n.Status.take(r, head)
	}
	at := s.Clock.Now()
	n.Status.At = &at
	s.recount(ctx, &n, before, r)
	return s.conclude(ctx, n, before, r, until)
}

// unread says why a configuration could not be read.
func (s *Service) unread(ctx context.Context, n Source, err error) string {
	if kernel.KindOf(err) != kernel.Internal {
		return err.Error()
	}
	s.Log.ErrorContext(ctx, "a configuration could not be read", "project", n.Project, "error", err)
	return "it could not be read, for an error of Terrace itself; its log has more"
}

// take is how a source stands after a look that found a revision, nil where all is as it was.
func (st *Status) take(r *Revision, head string) {
	switch {
	case r == nil:
		st.Commit = head
		if st.Phase == Failed {
			st.Phase, st.Message = phaseOf(st.Problems), ""
		}
	case r.Valid:
		*st = Status{Phase: Ready, Commit: r.Commit, Effective: r.ID}
	default:
		st.Phase, st.Commit, st.Problems = Invalid, r.Commit, r.Problems
		st.Message = "the newest revision is not valid; the last valid one counts"
		if st.Effective == "" {
			st.Message = "the newest revision is not valid, and there is none before it"
		}
	}
}

func phaseOf(problems []kernel.Problem) Phase {
	if len(problems) > 0 {
		return Invalid
	}
	return Ready
}

// conclude keeps a revision and how the source stands that was due at until, and tells of
// what is new.
func (s *Service) conclude(ctx context.Context, n Source, before Status, r *Revision, until time.Time) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		// The status comes first: a push that is told at this moment waits for it, and finds
		// the revision, or has come before and is read here.
		if err := s.Store.SaveStatus(ctx, n, s.Node, until, s.Clock.Now().Add(every)); err != nil {
			return err
		}
		if err := s.addRevision(ctx, n, r); err != nil {
			return err
		}
		if err := s.tellGaps(ctx, n, before); err != nil {
			return err
		}
		switch {
		case r != nil && r.Valid:
			return s.record(ctx, n, "config.changed", map[string]any{"commit": r.Commit, "revision": r.ID, "author": r.Author, "pushedBy": r.PushedBy, "changed": r.Changed})
		case r != nil:
			return s.record(ctx, n, "config.rejected", map[string]any{"commit": r.Commit, "revision": r.ID, "author": r.Author, "pushedBy": r.PushedBy, "problems": texts(r.Problems)})
		case n.Status.Phase == Failed && (before.Phase != Failed || before.Message != n.Status.Message):
			return s.record(ctx, n, "config.failed", map[string]any{"message": n.Status.Message})
		default:
			return nil
		}
	})
	if err == nil && r != nil && r.Valid {
		s.Heard(n.scope())
	}
	return err
}

func (s *Service) addRevision(ctx context.Context, n Source, r *Revision) error {
	if r == nil {
		return nil
	}
	now, err := s.Store.Source(ctx, n.scope())
	if err != nil {
		return err
	}
	if now.Pushed.Commit == r.Commit {
		r.PushedBy = now.Pushed.By
	}
	return s.Store.AddRevision(ctx, *r, keptRevisions)
}

func (s *Service) record(ctx context.Context, n Source, fact string, data map[string]any) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: n.scope(), Subject: n.ID, Data: data})
}

func texts(problems []kernel.Problem) []string {
	out := make([]string, 0, len(problems))
	for _, p := range problems[:min(len(problems), 20)] {
		out = append(out, p.String())
	}
	return out
}
