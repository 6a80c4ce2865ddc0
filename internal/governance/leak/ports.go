package leak

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Store keeps findings; leaksql implements it.
type Store interface {
	// At returns those of a place, in whatever state; identity is that of Place.
	At(ctx context.Context, scope kernel.Scope, identity string) ([]Finding, error)
	// Beginning returns those of the places whose identity begins so, in whatever state.
	Beginning(ctx context.Context, scope kernel.Scope, identity string) ([]Finding, error)
	// Save writes f over the revision that it was read with, else it is Stale; one of
	// revision 0 is new, and a Conflict where there is such a one.
	Save(ctx context.Context, f Finding, identity string) error
	// Get returns one of the tenant, or NotFound.
	Get(ctx context.Context, tenant, id string) (Finding, error)
	// List returns those of a tenant, or of the scope's project, within a reach, the newest first.
	List(ctx context.Context, scope kernel.Scope, within kernel.Reach, f Filter, page kernel.PageRequest) (kernel.Page[Finding], error)
	// Lapsed returns some that were allowed until a moment before now, of all tenants.
	Lapsed(ctx context.Context, now time.Time) ([]Finding, error)
	// Under returns the open ones of a repository whose path begins so.
	Under(ctx context.Context, scope kernel.Scope, repository string) ([]Finding, error)
}

// Version names a version of a secret.
type Version struct {
	Project, Stage, Name string
	Version              int
}

// Values keeps what own values are known by; leaksql implements it.
type Values interface {
	// Key returns the tenant's sealed key and how often its values have changed, or NotFound.
	Key(ctx context.Context, tenant string) (sealed []byte, revision int64, err error)
	// AddKey adds a key where the tenant has none, else it does nothing.
	AddKey(ctx context.Context, tenant string, sealed []byte) error
	// Keep keeps the forms of a version in place of those that it had.
	Keep(ctx context.Context, tenant string, v Version, forms []leakscan.Entry) error
	// Forget removes versions of a secret; none are all.
	Forget(ctx context.Context, scope kernel.Scope, name string, versions []int) error
	// All calls each with every form of a tenant.
	All(ctx context.Context, tenant string, each func(v Version, e leakscan.Entry)) error
	// Prune is Forget for all versions up to one.
	Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error
}

// Sealer encrypts the key of a tenant.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
