package seal

import (
	"context"
	"time"
)

// OwnerKey is the key-encryption key of an owner: a tenant, or "" for the platform.
type OwnerKey struct {
	ID    string
	Owner string
	// Root is the id of the root key that wraps it.
	Root      string
	Wrapped   []byte
	CreatedAt time.Time
	// Shared says that Wrapped opens only together with a share, which is in no database.
	// Of a destroyed key it says that its share may still be there.
	Shared bool
	// RetiredAt is since when it wraps nothing new, and DestroyedAt since when it is no
	// more: Wrapped is empty then. They are zero before.
	RetiredAt   time.Time
	DestroyedAt time.Time
}

// DataKey is a key that seals content of an owner, wrapped by the owner's key By.
type DataKey struct {
	ID        string
	Owner     string
	By        string
	Wrapped   []byte
	CreatedAt time.Time
}

// Store keeps wrapped keys. Calls inside of a transaction take part in it.
type Store interface {
	// Present returns the owner's key that is not retired, a destroyed one too; or NotFound.
	Present(ctx context.Context, owner string) (OwnerKey, error)
	// AddOwnerKey adds a key where the owner has no present one, else it does nothing.
	AddOwnerKey(ctx context.Context, k OwnerKey) error
	// Newest returns the newest data key of the owner that is as old as since or newer,
	// or NotFound.
	Newest(ctx context.Context, owner string, since time.Time) (DataKey, error)
	// AddDataKey adds a data key.
	AddDataKey(ctx context.Context, k DataKey) error
	// DataKey returns a data key and the key that wraps it, or NotFound.
	DataKey(ctx context.Context, id string) (DataKey, OwnerKey, error)
	// Roots returns the ids of the root keys that wrap owners' keys.
	Roots(ctx context.Context) ([]string, error)
	// AfterCommit calls fn once the transaction of ctx is committed, or at once.
	AfterCommit(ctx context.Context, fn func())
}

// bind is what a wrapped data key is bound to, so that it is nobody else's.
func (k DataKey) bind() []byte { return []byte("data key\x00" + k.Owner + "\x00" + k.ID) }
