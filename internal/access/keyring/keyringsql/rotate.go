package keyringsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Replace retires a key that is present, and has next in its place.
func (s *Store) Replace(ctx context.Context, retired string, next seal.OwnerKey) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		result, err := s.db.Conn(ctx).NewRaw("UPDATE keyring_owner_keys SET retired_at = ? WHERE id = ? AND retired_at IS NULL AND destroyed_at IS NULL",
			next.CreatedAt, retired).Exec(ctx)
		if err := db.Changed(result, err, whose(next.Owner)); err != nil {
			if kernel.Is(err, kernel.NotFound) {
				return kernel.Errorf(kernel.Stale, "%s is being rotated by somebody else", whose(next.Owner))
			}
			return err
		}
		return s.AddOwnerKey(ctx, next)
	})
}

// NotUnder returns keys that are wrapped by another root key.
func (s *Store) NotUnder(ctx context.Context, root string, limit int) ([]seal.OwnerKey, error) {
	var rows []ownerRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("root <> ? AND destroyed_at IS NULL", root).Order("id").Limit(int64(limit)).Scan(ctx)
	return owners(rows), db.Map(err, "the keys")
}

func owners(rows []ownerRow) []seal.OwnerKey {
	keys := make([]seal.OwnerKey, len(rows))
	for i, r := range rows {
		keys[i] = r.key()
	}
	return keys
}

// Rewrap has a key wrapped by another root key, unless it is not as it was.
func (s *Store) Rewrap(ctx context.Context, was seal.OwnerKey, root string, wrapped []byte) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE keyring_owner_keys SET root = ?, wrapped = ? WHERE id = ? AND root = ? AND wrapped = ?",
		root, wrapped, was.ID, was.Root, was.Wrapped).Exec(ctx)
	return db.Map(err, whose(was.Owner))
}

// Retired returns data keys that a retired key wraps.
func (s *Store) Retired(ctx context.Context, limit int) ([]seal.DataKey, error) {
	var rows []dataRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).
		Where("wrapped_by IN (SELECT id FROM keyring_owner_keys WHERE retired_at IS NOT NULL)").
		Order("wrapped_by", "id").Limit(int64(limit)).Scan(ctx)
	keys := make([]seal.DataKey, len(rows))
	for i, r := range rows {
		keys[i] = r.key()
	}
	return keys, db.Map(err, "the data keys")
}

// RewrapData has data keys wrapped by another key, unless they are not as they were.
func (s *Store) RewrapData(ctx context.Context, was, now []seal.DataKey) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for i, k := range now {
			_, err := s.db.Conn(ctx).NewRaw("UPDATE keyring_data_keys SET wrapped_by = ?, wrapped = ? WHERE id = ? AND wrapped_by = ?",
				k.By, k.Wrapped, k.ID, was[i].By).Exec(ctx)
			if err != nil {
				return db.Map(err, "the data key "+k.ID)
			}
		}
		return nil
	})
}

// DropRetired removes retired keys that wrap nothing more.
func (s *Store) DropRetired(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM keyring_owner_keys WHERE retired_at IS NOT NULL AND destroyed_at IS NULL AND NOT EXISTS (SELECT 1 FROM keyring_data_keys d WHERE d.wrapped_by = keyring_owner_keys.id)").Exec(ctx)
	return db.Map(err, "the retired keys")
}

// Unshared returns owners whose present key opens without a share.
func (s *Store) Unshared(ctx context.Context, limit int) ([]string, error) {
	var owners []string
	err := s.db.Reader(ctx).NewRaw("SELECT owner FROM keyring_owner_keys WHERE owner <> '' AND retired_at IS NULL AND destroyed_at IS NULL AND NOT shared ORDER BY owner LIMIT ?", limit).Scan(ctx, &owners)
	return owners, db.Map(err, "the keys")
}

// Shredding returns owners whose keys are destroyed, and whose shares may still be there.
func (s *Store) Shredding(ctx context.Context) ([]string, error) {
	var owners []string
	err := s.db.Reader(ctx).NewRaw("SELECT owner FROM keyring_owner_keys WHERE destroyed_at IS NOT NULL AND shared ORDER BY owner LIMIT 100").Scan(ctx, &owners)
	return owners, db.Map(err, "the destroyed keys")
}

// Shredded notes that no share of an owner is left.
func (s *Store) Shredded(ctx context.Context, owner string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE keyring_owner_keys SET shared = ? WHERE owner = ? AND destroyed_at IS NOT NULL", false, owner).Exec(ctx)
	return db.Map(err, whose(owner))
}

// Destroy removes an owner's keys for ever, and leaves that they were there. Their shares
// are another's: until Shredded, it is known that they may be there.
func (s *Store) Destroy(ctx context.Context, owner string, at time.Time) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		c := s.db.Conn(ctx)
		if _, err := c.NewRaw("DELETE FROM keyring_data_keys WHERE owner = ?", owner).Exec(ctx); err != nil {
			return db.Map(err, whose(owner))
		}
		if _, err := c.NewRaw("DELETE FROM keyring_owner_keys WHERE owner = ? AND retired_at IS NOT NULL", owner).Exec(ctx); err != nil {
			return db.Map(err, whose(owner))
		}
		// Where there is none yet, there never will be.
		none := seal.OwnerKey{ID: kernel.NewID("kek"), Owner: owner, Wrapped: []byte{}, CreatedAt: at}
		if err := s.AddOwnerKey(ctx, none); err != nil {
			return err
		}
		_, err := c.NewRaw("UPDATE keyring_owner_keys SET root = '', wrapped = ?, shared = ?, destroyed_at = ? WHERE owner = ? AND destroyed_at IS NULL",
			[]byte{}, true, at, owner).Exec(ctx)
		return db.Map(err, whose(owner))
	})
}
