package build

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// leaseTime is how long a build stays a daemon's that says nothing of it any
// longer. While one builds it says so all the time, so that a build may take much
// longer than that.
const leaseTime = time.Minute

// kept is how long is known that a folder was built.
const kept = 90 * 24 * time.Hour

// Config is what a Service works with; only Listeners, Lease, Clock and Log may be
// left out.
type Config struct {
	Store   Store
	Tx      Tx
	Journal Journal
	Commits Commits
	Builder Builder
	// Dir is where commits are written to.
	Dir string
	// Node names this daemon: only one process at a time may use it.
	Node      string
	Listeners []Listener
	// Lease is how long a build stays a daemon's that is gone, a minute by default.
	Lease time.Duration
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service builds folders.
type Service struct {
	Config
	bell *rounds.Bell
	// served is when a tenant had its last turn.
	served map[string]time.Time
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Lease = cmp.Or(c.Lease, leaseTime)
	return &Service{Config: c, bell: rounds.NewBell(), served: map[string]time.Time{}}
}

// Ask returns the build of a folder, which begins soon where nobody has asked for
// that content before. The caller has seen to it that the folder may be built.
func (s *Service) Ask(ctx context.Context, r Request) (Build, error) {
	by, _ := kernel.ActorFrom(ctx)
	r.Scope = r.Scope.InProject(r.Scope.Project)
	b, err := s.Store.Ask(ctx, Build{Request: r, ID: kernel.NewID("bld"), State: Queued, AskedAt: s.Clock.Now(), By: by, Cause: kernel.CauseFrom(ctx)})
	if err == nil && b.State == Queued {
		s.bell.Ring()
	}
	return b, err
}

// Get returns the build of a content; NotFound where nobody has asked for it.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, tree string) (Build, error) {
	return s.Store.Get(ctx, scope, tree)
}

// Again has a build that failed done again, from the commit that it is asked for
// with now.
func (s *Service) Again(ctx context.Context, r Request) error {
	by, _ := kernel.ActorFrom(ctx)
	r.Scope = r.Scope.InProject(r.Scope.Project)
	err := s.Store.Again(ctx, Build{Request: r, ID: kernel.NewID("bld"), State: Queued, AskedAt: s.Clock.Now(), By: by, Cause: kernel.CauseFrom(ctx)})
	s.bell.Ring()
	return err
}

// Sweep forgets builds of long ago.
func (s *Service) Sweep(ctx context.Context) error {
	_, err := s.Store.Forget(ctx, s.Clock.Now().Add(-kept))
	return err
}

func (s *Service) record(ctx context.Context, b Build, fact string) error {
	data := map[string]any{"for": b.For, "repository": b.RepositoryProject + "/" + b.Repository, "commit": b.Commit, "folder": b.Folder}
	switch b.State {
	case Succeeded:
		data["artifact"] = b.Artifact
	case Failed:
		data["message"] = b.Message
	case Queued, Building:
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: b.Scope, Subject: b.ID, Data: data})
}
