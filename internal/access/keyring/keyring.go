// Package keyring rotates the keys that everything at rest is sealed with, tells which
// there are, and destroys those of a tenant.
//
// It owns who may do that, and the round in which one of several processes wraps keys anew
// and moves what was sealed before there were keys of tenants. It owns no cryptography
// (platform/seal), and knows what is sealed by its Holdings alone.
package keyring

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// The actions that the service asks permission for.
const (
	ActionRead    = "key.read"
	ActionRotate  = "key.rotate"
	ActionRoot    = "key.rotate-root"
	ActionDestroy = "key.destroy"
)

// Key is the key-encryption key of a tenant or the platform.
type Key struct {
	ID string `json:"id"`
	// Owner is the tenant, "" for the platform.
	Owner string `json:"owner" doc:"The tenant; empty for the platform itself."`
	Root  string `json:"root,omitempty" doc:"The root key that wraps it; none where it was destroyed."`
	// DataKeys is how many data keys it wraps.
	DataKeys  int       `json:"dataKeys" doc:"How many data keys it wraps. A retired key has some until they are wrapped anew."`
	CreatedAt time.Time `json:"createdAt"`
	// Shared says that it opens only together with a share outside of the database.
	Shared bool `json:"shared" doc:"Whether it opens only together with a share outside of the database. Of a destroyed key: whether its share is still to be removed."`
	// Problem is why it does not open, as its share is missing.
	Problem     string    `json:"problem,omitempty" doc:"Why it does not open at present, and nothing that is sealed under it: its share is missing or another, or the root key is not there. What is in use may go on for up to an hour."`
	RetiredAt   time.Time `json:"retiredAt,omitzero" doc:"Since when it wraps nothing new."`
	DestroyedAt time.Time `json:"destroyedAt,omitzero" doc:"Since when what is sealed for its owner is unreadable."`
}

// Move is how far what is sealed under a root key itself has moved to keys of tenants.
type Move struct {
	Holding string `json:"holding"`
	// Root is the root key that was present when it was last looked through.
	Root     string `json:"root"`
	After    string `json:"-"`
	Looked   int    `json:"looked" doc:"At how many it has looked."`
	Moved    int    `json:"moved" doc:"How many it has sealed anew."`
	Finished bool   `json:"finished"`
	// Problem is what stands in the way.
	Problem string    `json:"problem,omitempty"`
	At      time.Time `json:"at"`
}

// Status is where everything stands.
type Status struct {
	// Root seals; Roots can be opened with.
	Root  string   `json:"root" doc:"The root key that seals."`
	Roots []string `json:"roots" doc:"All root keys that open. One that no key names may go, once no backup needs it."`
	Keys  []Key    `json:"keys"`
	Next  string   `json:"next,omitempty"`
	Moves []Move   `json:"moves"`
}

// Store keeps what the service needs beside the keys.
type Store interface {
	Keys(ctx context.Context, owner *string, page kernel.PageRequest) (kernel.Page[Key], error)
	Moves(ctx context.Context) ([]Move, error)
	SaveMove(ctx context.Context, m Move) error
	Claim(ctx context.Context, holder string, now, until time.Time) (bool, error)
	Release(ctx context.Context, holder string) error
	Destroy(ctx context.Context, owner string, at time.Time) error
	// Shredding returns owners whose keys are destroyed and whose shares may still be
	// there, until Shredded.
	Shredding(ctx context.Context) ([]string, error)
	Shredded(ctx context.Context, owner string) error
}

// Holding is where things are that may be sealed under a root key itself.
type Holding interface {
	// Name is what people call what is there.
	Name() string
	// Rescanned says that it is looked through in every round, and not once for each root key.
	Rescanned() bool
	// Move seals anew what lies after a place, and tells how far it has got.
	Move(ctx context.Context, after string, at func(after string, looked, moved int) error) error
}

// Sealer has the keys.
type Sealer interface {
	PrimaryKeyID() string
	RootKeyIDs() []string
	RotateRoot() error
	Rotate(ctx context.Context, in seal.Rotations, owner string) (seal.OwnerKey, error)
	Rewrap(ctx context.Context, in seal.Rotations) (int, error)
	// Check reports what stands in the way of a key's use.
	Check(ctx context.Context, k seal.OwnerKey) error
	Forget(owner string)
	// Shred removes the shares of an owner's keys for ever.
	Shred(ctx context.Context, owner string) error
}

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
