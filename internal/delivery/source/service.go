package source

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions that the service asks permission for.
const (
	ActionRead     = "source.read"
	ActionSet      = "source.set"
	ActionAllow    = "source.allow"
	ActionTrust    = "source.trust"
	ActionOverride = "source.override"
)

// Config is what a Service works with; only Clock and Log may be left out.
type Config struct {
	Store        Store
	Tx           Tx
	Authorizer   Authorizer
	Journal      Journal
	Repositories Repositories
	Stages       Stages
	Definitions  Definitions
	Workloads    Workloads
	Gateway      Gateway
	Mesh         Mesh
	Builds       Builds
	Projects     Projects
	Tenants      Tenants // nil has everybody work
	// Tenant is the one whose sources may have the stages of the installation.
	Tenant string
	// Node names this daemon: only one process at a time may use it.
	Node  string
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service reconciles sources.
type Service struct {
	Config
	bell  *rounds.Bell
	mu    sync.Mutex
	busy  map[string]bool
	trees trees
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, bell: rounds.NewBell(), busy: map[string]bool{}, trees: trees{all: map[string]keptTree{}}}
}

func (s *Service) record(ctx context.Context, n Source, fact, reason string, data map[string]any) error {
	return s.recordAs(ctx, "", n, fact, reason, data)
}

// recordAs is record of an event whose id is known before: it is named as a cause.
func (s *Service) recordAs(ctx context.Context, id string, n Source, fact, reason string, data map[string]any) error {
	data["source"] = n.Name
	return s.Journal.Record(ctx, kernel.Fact{ID: id, Type: fact, Scope: n.scope(), Subject: n.ID, Reason: reason, Data: data})
}

// find returns a source for who may do the action with it.
func (s *Service) find(ctx context.Context, action string, scope kernel.Scope, name string) (Source, error) {
	n, err := s.Store.Get(ctx, scope.Tenant, name)
	if kernel.Is(err, kernel.NotFound) {
		err = kernel.Errorf(kernel.NotFound, "there is no source %s", name).WithFix("see those there are with: terrace source list")
	}
	if err != nil {
		return n, err
	}
	return n, s.Authorizer.Authorize(ctx, action, n.scope())
}

// Details are a source with its objects.
type Details struct {
	Source  Source   `json:"source"`
	Objects []Object `json:"objects"`
}

// Get returns a source with the state of each of its objects.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (d Details, err error) {
	if d.Source, err = s.find(ctx, ActionRead, scope, name); err != nil {
		return d, err
	}
	if d.Objects, err = s.Store.Objects(ctx, d.Source); err != nil {
		return d, err
	}
	return d, s.live(ctx, d.Source, d.Objects)
}

// List returns the sources that the actor may read, by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Source], error) {
	within, err := s.Authorizer.Allowed(ctx, ActionRead, kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return kernel.Page[Source]{}, err
	}
	return s.Store.List(ctx, scope.Tenant, within, page)
}

// Remove forgets a source. What it has brought about stays, and can be changed
// by hand again; stages are the configuration's again once that changes.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, name string) error {
	n, err := s.find(ctx, ActionSet, scope, name)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Remove(ctx, n); err != nil {
			return err
		}
		if err := s.release(ctx, n); err != nil {
			return err
		}
		return s.record(ctx, n, "source.removed", "", map[string]any{"repository": n.where()})
	})
	if err != nil {
		return err
	}
	s.trees.drop(n.ID)
	current, err := s.Stages.Current(ctx)
	if err != nil || current.Origin != n.origin() {
		return err
	}
	_, err = s.Stages.Replace(ctx, stage.FromConfiguration, n.origin()+" was removed", current.Stages)
	return err
}

// Allow lets the prune of one commit through the guard.
func (s *Service) Allow(ctx context.Context, scope kernel.Scope, name, commit, reason string) (Source, error) {
	n, err := s.find(ctx, ActionAllow, scope, name)
	if err != nil {
		return n, err
	}
	switch {
	case strings.TrimSpace(reason) == "":
		return n, kernel.Errorf(kernel.Invalid, "there is no reason").WithFix("say why with --reason")
	case n.Status.Phase != Held:
		return n, kernel.Errorf(kernel.Conflict, "the source %s holds nothing back", n.Name).WithFix("see terrace source status %s", n.Name)
	case len(commit) < 7 || !strings.HasPrefix(n.Status.Commit, commit):
		return n, kernel.Errorf(kernel.Stale, "the source %s holds back what %s removes, not %s", n.Name, n.Status.Commit, commit).
			WithFix("look at terrace source status %s again", n.Name)
	}
	actor, _ := kernel.ActorFrom(ctx)
	n.Allowed = &Allowance{Commit: n.Status.Commit, By: actor, Reason: reason, At: s.Clock.Now()}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, n); err != nil {
			return err
		}
		if err := s.Store.Push(ctx, n, nil, s.Clock.Now()); err != nil {
			return err
		}
		return s.record(ctx, n, "source.allowed", reason, map[string]any{"commit": n.Status.Commit, "removes": n.Status.Held})
	})
	if err == nil {
		s.bell.Ring()
	}
	return n, err
}

// Sync has a source reconciled at once, and runs and builds that failed tried again.
func (s *Service) Sync(ctx context.Context, scope kernel.Scope, name string) (Source, error) {
	n, err := s.find(ctx, ActionSet, scope, name)
	if err != nil {
		return n, err
	}
	// Which they are is found out by who reconciles, as the objects are that one's.
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Again(ctx, n, kernel.NewID("again"), s.Clock.Now()); err != nil {
			return err
		}
		return s.record(ctx, n, "source.sync_asked", "", map[string]any{"repository": n.where()})
	})
	if err == nil {
		s.bell.Ring()
	}
	return n, err
}

// pauseAfter is when a source is looked at again.
func (s *Service) pauseAfter(n Source) time.Duration {
	every := time.Duration(n.Interval)
	if n.Status.Phase == Running {
		return min(every, 5*time.Second)
	}
	return every
}
