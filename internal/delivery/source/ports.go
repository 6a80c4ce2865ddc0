package source

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Sources keeps sources. A second of the same name is a Conflict.
type Sources interface {
	Add(ctx context.Context, s Source) error
	// Save writes all but the status.
	Save(ctx context.Context, s Source) error
	// SaveStatus writes the status alone, and when the source is due again; one that
	// was pushed to meanwhile stays due, and only the request of s to try again is
	// followed by it. What is ready has no cause any longer, unless it was pushed to
	// meanwhile. It gives the lease back.
	SaveStatus(ctx context.Context, s Source, due time.Time) error
	// Push makes the source due, and notes who pushed, where somebody did.
	Push(ctx context.Context, s Source, p *Pusher, due time.Time) error
	Get(ctx context.Context, tenant, name string) (Source, error)
	// List returns those that are reached; what is of no project is.
	List(ctx context.Context, tenant string, within kernel.Reach, page kernel.PageRequest) (kernel.Page[Source], error)
	Schedule
	// Remove removes it, and what it owns is its own no longer.
	Remove(ctx context.Context, s Source) error
}

// Schedule keeps which sources are due, and who reconciles them.
type Schedule interface {
	// Of returns those of a repository.
	Of(ctx context.Context, tenant, project, repository string) ([]Source, error)
	// Due returns those that are due, the longest first, of all tenants but some.
	Due(ctx context.Context, now time.Time, except []string, limit int) ([]Source, error)
	// Lease takes or keeps the right to reconcile; it is Locked while another has it.
	Lease(ctx context.Context, id, holder string, now, until time.Time) error
	// Again asks to try again what failed, and makes the source due.
	Again(ctx context.Context, s Source, request string, due time.Time) error
	// Recover gives back what a former process of the holder has had, due at once.
	Recover(ctx context.Context, holder string, now time.Time) error
}

// Objects keeps what belongs to sources.
type Objects interface {
	// Objects returns those of a source, sorted.
	Objects(ctx context.Context, s Source) ([]Object, error)
	// PutObject is a Conflict for an object of another source.
	PutObject(ctx context.Context, s Source, o Object) error
	RemoveObject(ctx context.Context, s Source, k Key) error
	// Owner returns the object with its source's name, NotFound where it has none.
	Owner(ctx context.Context, tenant string, k Key) (Object, string, error)
}

// Store is all that the room keeps.
type Store interface {
	Sources
	Objects
}

// Repositories reads repositories; delivery/vcs does.
type Repositories interface {
	Find(ctx context.Context, scope kernel.Scope, name string) (vcs.Repository, error)
	Head(ctx context.Context, r vcs.Repository, branch string) (string, error)
	Tree(ctx context.Context, r vcs.Repository, commit string) (gitexec.Repo, error)
}

// Stages reads and replaces the stages of the installation.
type Stages interface {
	Current(ctx context.Context) (stage.Version, error)
	Replace(ctx context.Context, origin, reason string, stages []stage.Stage) (stage.Version, error)
}

// Definitions keeps definitions.
type Definitions interface {
	Definition(ctx context.Context, scope kernel.Scope, name string) (module.Stored, error)
	ApplyDefinition(ctx context.Context, scope kernel.Scope, name string, source []byte) (module.Stored, error)
	DeleteDefinition(ctx context.Context, scope kernel.Scope, name string) error
}

// Workloads deploys and destroys; delivery/run does.
type Workloads interface {
	Workload(ctx context.Context, scope kernel.Scope, name string) (run.WorkloadStatus, error)
	Deploy(ctx context.Context, scope kernel.Scope, d run.DeployRequest) (run.Run, error)
	Destroy(ctx context.Context, scope kernel.Scope, c run.ChangeRequest) (run.Run, error)
}

// Gateway keeps folders of routes and policies; fabric/gateway does.
type Gateway interface {
	// Keep makes what an owner keeps be as its files say, all of it or nothing.
	Keep(ctx context.Context, k ownership.Keeping, files []gatewaydoc.File) ([]gateway.Change, error)
	// Release lets go of all that an owner keeps.
	Release(ctx context.Context, tenant, owner string) error
}

// Mesh keeps folders of documents of the mesh; fabric/mesh does.
type Mesh interface {
	// Keep makes what an owner keeps be as its files say, all of it or nothing.
	Keep(ctx context.Context, k ownership.Keeping, files []meshdoc.File) ([]mesh.Change, error)
	// Release lets go of all that an owner keeps.
	Release(ctx context.Context, tenant, owner string) error
}

// Builds builds folders of repositories; delivery/build does.
type Builds interface {
	Ask(ctx context.Context, r build.Request) (build.Build, error)
	Again(ctx context.Context, r build.Request) error
	Get(ctx context.Context, scope kernel.Scope, tree string) (build.Build, error)
}

// Projects knows which projects there are.
type Projects interface {
	Exists(ctx context.Context, scope kernel.Scope) error
}

// Tenants knows in which tenants nobody works.
type Tenants interface {
	Resting(ctx context.Context) (map[string]bool, error)
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where the actor may do an action; lists are narrowed to it.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
