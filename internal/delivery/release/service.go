package release

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Store keeps releases and the records of artifacts. Every call is about the
// project of its scope.
type Store interface {
	// Insert adds a release; Conflict when its id or its number is taken.
	Insert(ctx context.Context, r Release) error
	// Get returns a release; NotFound when the project has none of the id.
	Get(ctx context.Context, scope kernel.Scope, id string) (Release, error)
	// List returns the releases of a workload, the newest first.
	List(ctx context.Context, scope kernel.Scope, workload string, page kernel.PageRequest) (kernel.Page[Release], error)
	// Named returns at most limit releases that have the number or the version, the newest first.
	Named(ctx context.Context, scope kernel.Scope, n Name, limit int) ([]Release, error)
	// LastNumber returns the highest number of the workload, 0 without releases.
	LastNumber(ctx context.Context, scope kernel.Scope, workload string) (int, error)
	Artifacts
}

// Artifacts keeps the records of artifacts.
type Artifacts interface {
	// PutArtifact records an artifact; one that is there stays as it is.
	PutArtifact(ctx context.Context, scope kernel.Scope, a Artifact, by string, at time.Time) error
	// Artifact returns a recorded artifact; NotFound when the project has none.
	Artifact(ctx context.Context, scope kernel.Scope, digest kernel.Digest) (Artifact, error)
}

// Definitions gives all definitions of a tenant.
type Definitions interface {
	Index(ctx context.Context, scope kernel.Scope) (*graph.Index, error)
}

// Modules finds the version of a module to pin.
type Modules interface {
	Resolve(ctx context.Context, scope kernel.Scope, ref graph.ModuleRef) (graph.ModulePin, error)
}

// Blobs keeps the content of artifacts.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// The actions that the service asks permission for.
const (
	ActionRead   = "release.read"
	ActionDeploy = "workload.deploy"
	ActionUpload = "artifact.upload"
)

// Config is what a Service works with; only Lock, Clock and Spool may be left out.
type Config struct {
	Store       Store
	Tx          Tx
	Authorizer  Authorizer
	Journal     Journal
	Blobs       Blobs
	Definitions Definitions
	Modules     Modules
	Stages      *stage.Set
	// Lock is the provider lock file that releases fix.
	Lock  []byte
	Clock kernel.Clock
	// Spool is the folder for uploads on their way, the system's where empty.
	Spool string
}

// Service makes releases and keeps artifacts.
type Service struct {
	c Config
	// releases and graphs are those that were asked for last: a run asks for the same
	// ones at each of its steps.
	releases recent[name, Release]
	graphs   recent[place, resolved]
}

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c: c} }

// Get returns a release of the project; NotFound when there is none of the id.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, id string) (Release, error) {
	scope = scope.InProject(scope.Project)
	if err := s.c.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Release{}, err
	}
	key := name{scope, id}
	if r, ok := s.releases.get(key); ok {
		return r, nil
	}
	r, err := s.c.Store.Get(ctx, scope, id)
	if err == nil {
		db.AfterCommit(ctx, func() { s.releases.put(key, r) }) // one that was made in this transaction may yet be none
	}
	return r, err
}

// List returns the releases of a workload, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, workload string, page kernel.PageRequest) (kernel.Page[Release], error) {
	scope = scope.InProject(scope.Project)
	if err := s.c.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Release]{}, err
	}
	return s.c.Store.List(ctx, scope, workload, page)
}
