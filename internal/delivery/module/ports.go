package module

import (
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Versions keeps the records of published versions. Every call is about the
// tenant of its scope.
type Versions interface {
	// Insert adds a version; Conflict when there is one of the same number.
	Insert(ctx context.Context, scope kernel.Scope, v Version) error
	// Get returns one version, NotFound when there is none.
	Get(ctx context.Context, scope kernel.Scope, a Address, version string) (Version, error)
	// Of returns all versions of a module, in no order.
	Of(ctx context.Context, scope kernel.Scope, a Address) ([]Version, error)
	// Systems returns the systems that a module is published for, sorted.
	Systems(ctx context.Context, scope kernel.Scope, namespace, name string) ([]string, error)
	// Page returns a part of all versions, sorted by address and version text.
	Page(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[Version], error)
}

// Definitions keeps the definitions. Every call is about the tenant of its scope.
type Definitions interface {
	// All returns every definition, sorted by name.
	All(ctx context.Context, scope kernel.Scope) ([]Stored, error)
	// Contents returns the digest of the source of each of them by its name.
	Contents(ctx context.Context, scope kernel.Scope) (map[string]kernel.Digest, error)
	// Get returns one definition, NotFound when there is none.
	Get(ctx context.Context, scope kernel.Scope, name string) (Stored, error)
	// Put inserts or replaces a definition and its claims; Conflict when
	// another definition holds one of the claims.
	Put(ctx context.Context, scope kernel.Scope, s Stored, claims []Claim) error
	// Delete removes a definition and its claims; NotFound when there is none.
	Delete(ctx context.Context, scope kernel.Scope, name string) error
	// Page returns a part of the definitions, sorted by name.
	Page(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[Stored], error)
}

// Listed keeps lists of a tenant's definitions, until one of them changes. Who may see
// them it does not know.
type Listed interface {
	Load(ctx context.Context, tenant, key string, load func(ctx context.Context) (kernel.Page[Stored], error)) (kernel.Page[Stored], error)
}

// Shipped remembers which content of a shipped definition a tenant was given last.
type Shipped interface {
	Given(ctx context.Context, scope kernel.Scope) (map[string]kernel.Digest, error)
	Give(ctx context.Context, scope kernel.Scope, name string, digest kernel.Digest) error
}

// Ready knows which tenants have what comes with Terrace.
type Ready interface {
	// Ready waits until a tenant has it, and fails where it cannot be had.
	Ready(ctx context.Context, tenant string) error
}

// Blobs keeps the archives.
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

// Owners knows definitions that are not changed by hand.
type Owners interface {
	// Definition refuses a change by hand of a definition that something else owns.
	Definition(ctx context.Context, scope kernel.Scope, name string) error
}

// Live knows what runs.
type Live interface {
	// Using returns the deployments of the tenant that live and have a
	// resource that the definition serves.
	Using(ctx context.Context, scope kernel.Scope, definition string) ([]Deployment, error)
}

// Deployment is a workload on a stage, with one of its resources.
type Deployment struct {
	Project, Workload, Stage string
	// Resource is the UID of the resource.
	Resource string
}

// LiveFunc is a function that is a Live.
type LiveFunc func(ctx context.Context, scope kernel.Scope, definition string) ([]Deployment, error)

// Using calls f.
func (f LiveFunc) Using(ctx context.Context, scope kernel.Scope, definition string) ([]Deployment, error) {
	return f(ctx, scope, definition)
}
