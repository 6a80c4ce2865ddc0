package vaultsync

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Store keeps syncs and their secrets; vaultsyncsql implements it.
type Store interface {
	// Get returns the sync of a stage, or NotFound.
	Get(ctx context.Context, scope kernel.Scope) (Sync, error)
	// Put keeps a sync over any that the stage has, and takes it from who works on it.
	Put(ctx context.Context, y Sync) error
	// Ask keeps when both sides are compared next, and whether the vault is left alone until then.
	Ask(ctx context.Context, y Sync) error
	// Remove forgets a sync and its items; NotFound where there is none.
	Remove(ctx context.Context, scope kernel.Scope) error

	Work
	Items
}

// Work is what the loop needs of a Store.
type Work interface {
	// Due returns syncs of all tenants that have something to do and nobody who does it.
	Due(ctx context.Context, now time.Time, holder string, limit int) ([]Sync, error)
	// Soonest tells when there is something to do next.
	Soonest(ctx context.Context) (at time.Time, ok bool, err error)
	// Take makes holder the one who works on a sync until a moment; Stale where somebody
	// else was faster. The sync comes back as it is now.
	Take(ctx context.Context, y Sync, holder string, now, until time.Time) (Sync, error)
	// Hold renews that; Stale for who holds it no more.
	Hold(ctx context.Context, y Sync, until time.Time) error
	// Finish keeps how a sync stands, and gives it back; Stale for who holds it no more.
	Finish(ctx context.Context, y Sync) error
}

// Items are the secrets of syncs.
type Items interface {
	// Touch notes that there is something to do with a secret; false where the stage has no sync.
	Touch(ctx context.Context, scope kernel.Scope, name string, at time.Time) (bool, error)
	Item(ctx context.Context, scope kernel.Scope, name string) (Item, error)
	// List returns the items of a sync by name, those in one state unless it is "".
	List(ctx context.Context, scope kernel.Scope, state State, page kernel.PageRequest) (kernel.Page[Item], error)
	// DueItems returns names with something to do by a moment.
	DueItems(ctx context.Context, scope kernel.Scope, now time.Time, limit int) ([]string, error)
	// SaveItem keeps an item. Where it was touched since it was read, it stays due.
	SaveItem(ctx context.Context, i Item) error
	// DropItem forgets an item that was not touched since it was read.
	DropItem(ctx context.Context, i Item) error
	// Count returns how many items are in which state.
	Count(ctx context.Context, scope kernel.Scope) (map[State]int, error)
}

// Entry is a secret in a vault.
type Entry struct {
	Name string
	// ID is the version's id, empty in lists.
	ID string
	// Value is empty in lists, and for a secret that is disabled.
	Value       string
	ContentType string
	Tags        map[string]string
	Enabled     bool
	Updated     time.Time
	Expires     time.Time
	// Managed secrets are those of the vault's certificates.
	Managed bool
}

// Vault is one key vault. Its errors are Outages where they are not about one secret; else
// NotFound for a secret that is not there, Conflict for one that was deleted and can be
// recovered, Locked for one that is underway between these.
type Vault interface {
	// List returns all secrets, without their values.
	List(ctx context.Context) ([]Entry, error)
	// Get returns the newest version of a secret.
	Get(ctx context.Context, name string) (Entry, error)
	// Versions returns all versions of a secret, without their values.
	Versions(ctx context.Context, name string) ([]Entry, error)
	// Set writes a version and returns it.
	Set(ctx context.Context, e Entry) (Entry, error)
	Delete(ctx context.Context, name string) error
	// Deleted returns a secret that was deleted and can be recovered.
	Deleted(ctx context.Context, name string) (Entry, error)
	Recover(ctx context.Context, name string) error
}

// Vaults opens vaults; keyvault implements it.
type Vaults interface {
	// Check refuses an address that is no vault's, with the address as it is written best.
	Check(ctx context.Context, address string) (string, error)
	Open(ctx context.Context, y Sync) (Vault, error)
}

// Secrets are Terrace's; *secret.Service implements it.
type Secrets interface {
	List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[secret.Info], error)
	// Describe returns what is known of the newest version, or NotFound.
	Describe(ctx context.Context, scope kernel.Scope, name string) (secret.Info, error)
	// Read returns the newest version's values for version 0, and records that.
	Read(ctx context.Context, scope kernel.Scope, name string, version int) (secret.Info, secret.Data, error)
	// Missing tells why a reference means nothing in a stage, nil where it means a value.
	Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error)
	// Take keeps values that come from elsewhere, where seen is the newest version.
	Take(ctx context.Context, scope kernel.Scope, name string, d secret.Data, seen int, origin string) (secret.Info, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Stages knows the stages that there are.
type Stages interface {
	Check(stage string) error
}

// Tenants knows those that are closed.
type Tenants interface {
	Resting(ctx context.Context) (map[string]bool, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Outage is an error of a vault as a whole: all of a sync waits for it.
type Outage struct{ Err *kernel.Error }

// Error says what is wrong with the vault, and what to do.
func (o *Outage) Error() string { return o.Err.Error() }

// Unwrap returns the error that people see.
func (o *Outage) Unwrap() error { return o.Err }
