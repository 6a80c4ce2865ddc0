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
	// List returns those of a tenant, or of the scope's project, within a reach, the newest
	// first; those with a source are within apart as well.
	List(ctx context.Context, scope kernel.Scope, within, apart kernel.Reach, f Filter, page kernel.PageRequest) (kernel.Page[Finding], error)
	// Lapsed returns some that were allowed until a moment before now, of all tenants.
	Lapsed(ctx context.Context, now time.Time) ([]Finding, error)
	// Quiet returns some that are to be resolved as their values were not seen again, of all
	// tenants.
	Quiet(ctx context.Context, now time.Time) ([]Finding, error)
	// Under returns those of a repository that are not resolved, by id, a page after the one
	// with an id.
	Under(ctx context.Context, scope kernel.Scope, repository, after string) ([]Finding, error)
}

// Apart keeps where findings stand that are in other projects than what they are about;
// leaksql implements it.
type Apart interface {
	// Standing returns those of a place in a project, whoever they are of and in whatever
	// state.
	Standing(ctx context.Context, tenant, project, identity string) ([]Finding, error)
	// StandingUnder returns those in a repository of a project that are not resolved, by id,
	// a page after the one with an id.
	StandingUnder(ctx context.Context, scope kernel.Scope, repository, after string) ([]Finding, error)
	// Crowd counts those of a scope that stand in a project, at another place than one, and
	// are not resolved.
	Crowd(ctx context.Context, of kernel.Scope, project, but string) (int, error)
	// Untold returns some that are to be told by now, of all tenants.
	Untold(ctx context.Context, now time.Time) ([]Finding, error)
}

// Secret names a secret of a tenant.
type Secret struct{ Project, Stage, Name string }

// Version names a version of a secret.
type Version struct {
	Secret

	Version int
}

// Mark is how far the changes of what is known of values have been read.
type Mark int64

// Values keeps what own values are known by; leaksql implements it. Who changes something
// holds up nobody who changes something of another secret.
type Values interface {
	// Key returns the tenant's sealed key, or NotFound.
	Key(ctx context.Context, tenant string) ([]byte, error)
	// AddKey adds a key where the tenant has none, else it does nothing.
	AddKey(ctx context.Context, tenant string, sealed []byte) error
	// Keep keeps the forms of a version in place of those that it had.
	Keep(ctx context.Context, tenant string, v Version, forms []leakscan.Entry) error
	// Added notes that a value was added that may stand somewhere already.
	Added(ctx context.Context, tenant string) error
	// Forget removes versions of a secret; none are all.
	Forget(ctx context.Context, scope kernel.Scope, name string, versions []int) error
	// Prune is Forget for all versions up to one.
	Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error
	// Read calls each with every form of the secrets of a tenant that have changed since a
	// mark, of all for 0, and with a version 0 without a form for a secret that has none.
	// It returns the mark from which the next reading goes on; what is underway meanwhile
	// is read again then.
	Read(ctx context.Context, tenant string, since Mark, each func(v Version, e leakscan.Entry)) (Mark, error)
	// Tidy forgets that something has changed, where that was read by everybody: before a
	// mark. It returns the mark of now.
	Tidy(ctx context.Context, before Mark) (Mark, error)
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
