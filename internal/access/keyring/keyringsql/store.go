// Package keyringsql keeps wrapped keys in the database, and how far rounds have come.
//
// It owns the tables keyring_*, and never sees a key in the clear.
package keyringsql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "keyring", Files: files} }

// Store implements seal.Store, seal.Rotations and keyring.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type ownerRow struct {
	bun.BaseModel `bun:"table:keyring_owner_keys,alias:o"`

	ID          string `bun:",pk"`
	Owner       string
	Root        string
	Wrapped     []byte
	CreatedAt   time.Time
	Shared      bool
	RetiredAt   *time.Time
	DestroyedAt *time.Time
}

func (r ownerRow) key() seal.OwnerKey {
	k := seal.OwnerKey{ID: r.ID, Owner: r.Owner, Root: r.Root, Wrapped: r.Wrapped, CreatedAt: r.CreatedAt.UTC(), Shared: r.Shared}
	if r.RetiredAt != nil {
		k.RetiredAt = r.RetiredAt.UTC()
	}
	if r.DestroyedAt != nil {
		k.DestroyedAt = r.DestroyedAt.UTC()
	}
	return k
}

type dataRow struct {
	bun.BaseModel `bun:"table:keyring_data_keys,alias:d"`

	ID        string `bun:",pk"`
	Owner     string
	WrappedBy string
	Wrapped   []byte
	CreatedAt time.Time
}

func (r dataRow) key() seal.DataKey {
	return seal.DataKey{ID: r.ID, Owner: r.Owner, By: r.WrappedBy, Wrapped: r.Wrapped, CreatedAt: r.CreatedAt.UTC()}
}

func whose(owner string) string {
	if owner == "" {
		return "the key of the platform"
	}
	return "the key of the tenant " + owner
}

// Present returns the owner's key that is not retired, a destroyed one too.
func (s *Store) Present(ctx context.Context, owner string) (seal.OwnerKey, error) {
	var r ownerRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("owner = ? AND retired_at IS NULL", owner).Scan(ctx)
	return r.key(), db.Map(err, whose(owner))
}

// AddOwnerKey adds a key where the owner has no present one.
func (s *Store) AddOwnerKey(ctx context.Context, k seal.OwnerKey) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO keyring_owner_keys (id, owner, root, wrapped, created_at, shared) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		k.ID, k.Owner, k.Root, k.Wrapped, k.CreatedAt, k.Shared).Exec(ctx)
	return db.Map(err, whose(k.Owner))
}

// OwnerKey returns a key.
func (s *Store) OwnerKey(ctx context.Context, id string) (seal.OwnerKey, error) {
	var r ownerRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("id = ?", id).Scan(ctx)
	return r.key(), db.Map(err, "the key "+id)
}

// Roots returns the ids of the root keys that wrap keys.
func (s *Store) Roots(ctx context.Context) ([]string, error) {
	var ids []string
	err := s.db.Reader(ctx).NewSelect().Model((*ownerRow)(nil)).Distinct().Column("root").
		Where("destroyed_at IS NULL").Order("root").Scan(ctx, &ids)
	return ids, db.Map(err, "the root keys")
}

// Newest returns the newest data key of the owner that is not older than since.
func (s *Store) Newest(ctx context.Context, owner string, since time.Time) (seal.DataKey, error) {
	var r dataRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("owner = ? AND created_at >= ?", owner, since.UTC()).
		Order("created_at DESC", "id DESC").Limit(1).Scan(ctx)
	return r.key(), db.Map(err, "a data key")
}

// AddDataKey adds a data key.
func (s *Store) AddDataKey(ctx context.Context, k seal.DataKey) error {
	r := dataRow{ID: k.ID, Owner: k.Owner, WrappedBy: k.By, Wrapped: k.Wrapped, CreatedAt: k.CreatedAt}
	_, err := s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "a data key")
}

// DataKey returns a data key and the key that wraps it.
func (s *Store) DataKey(ctx context.Context, id string) (seal.DataKey, seal.OwnerKey, error) {
	var r dataRow
	if err := s.db.Reader(ctx).NewSelect().Model(&r).Where("id = ?", id).Scan(ctx); err != nil {
		return seal.DataKey{}, seal.OwnerKey{}, db.Map(err, "the data key "+id)
	}
	by, err := s.OwnerKey(ctx, r.WrappedBy)
	return r.key(), by, err
}

// AfterCommit calls fn once the transaction of ctx is committed, or at once.
func (s *Store) AfterCommit(ctx context.Context, fn func()) { db.AfterCommit(ctx, fn) }
