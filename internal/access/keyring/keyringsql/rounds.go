package keyringsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/keyring"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// Claim has a process do the round until a time, and reports whether it may: nobody else
// does it.
func (s *Store) Claim(ctx context.Context, holder string, now, until time.Time) (ok bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		c := s.db.Conn(ctx)
		if _, err := c.NewRaw("INSERT INTO keyring_round (one, holder, held_until) VALUES (1, '', ?) ON CONFLICT DO NOTHING", now).Exec(ctx); err != nil {
			return err
		}
		var r struct {
			Holder    string
			HeldUntil time.Time
		}
		lock := ""
		if s.db.Dialect() == db.Postgres {
			lock = " FOR UPDATE"
		}
		if err := c.NewRaw("SELECT holder, held_until FROM keyring_round WHERE one = 1"+lock).Scan(ctx, &r); err != nil {
			return err
		}
		lease := until.Sub(now)
		if r.Holder != holder && r.Holder != "" && r.HeldUntil.After(now) && !rounds.Overdrawn(r.HeldUntil, now, lease) {
			return nil
		}
		ok = true
		_, err := c.NewRaw("UPDATE keyring_round SET holder = ?, held_until = ? WHERE one = 1", holder, until).Exec(ctx)
		return err
	})
	return ok, db.Map(err, "the round of keys")
}

// Release ends a claim.
func (s *Store) Release(ctx context.Context, holder string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE keyring_round SET holder = '' WHERE holder = ?", holder).Exec(ctx)
	return db.Map(err, "the round of keys")
}

type moveRow struct {
	bun.BaseModel `bun:"table:keyring_moves"`

	Holding   string `bun:",pk"`
	Root      string
	Position  string
	Looked    int64
	Moved     int64
	Finished  bool
	Problem   string
	UpdatedAt time.Time
}

// Moves returns how far the holdings have moved.
func (s *Store) Moves(ctx context.Context) ([]keyring.Move, error) {
	var rows []moveRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("holding").Scan(ctx)
	moves := make([]keyring.Move, len(rows))
	for i, r := range rows {
		moves[i] = keyring.Move{
			Holding: r.Holding, Root: r.Root, After: r.Position, Looked: int(r.Looked), Moved: int(r.Moved),
			Finished: r.Finished, Problem: r.Problem, At: r.UpdatedAt.UTC(),
		}
	}
	return moves, db.Map(err, "the moves of keys")
}

// SaveMove keeps how far a holding has moved.
func (s *Store) SaveMove(ctx context.Context, m keyring.Move) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO keyring_moves (holding, root, position, looked, moved, finished, problem, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (holding) DO UPDATE SET root = excluded.root, position = excluded.position, looked = excluded.looked, moved = excluded.moved, finished = excluded.finished, problem = excluded.problem, updated_at = excluded.updated_at`,
		m.Holding, m.Root, m.After, int64(m.Looked), int64(m.Moved), m.Finished, m.Problem, m.At).Exec(ctx)
	return db.Map(err, "the move of "+m.Holding)
}

// Keys lists keys of an owner, or all, with how many data keys each wraps, by owner and id.
func (s *Store) Keys(ctx context.Context, owner *string, page kernel.PageRequest) (kernel.Page[keyring.Key], error) {
	var rows []struct {
		ownerRow `bun:",extend"`

		DataKeys int64
	}
	q := s.db.Reader(ctx).NewSelect().Model(&rows).ColumnExpr("o.*").
		ColumnExpr("(SELECT count(*) FROM keyring_data_keys d WHERE d.wrapped_by = o.id) AS data_keys")
	if owner != nil {
		q = q.Where("owner = ?", *owner)
	}
	if page.Cursor != "" {
		q = q.Where("id > ?", page.Cursor)
	}
	err := q.Order("id").Limit(int64(page.Size()) + 1).Scan(ctx)
	keys := make([]keyring.Key, len(rows))
	for i, r := range rows {
		k := r.key()
		keys[i] = keyring.Key{ID: k.ID, Owner: k.Owner, Root: k.Root, CreatedAt: k.CreatedAt, RetiredAt: k.RetiredAt, DestroyedAt: k.DestroyedAt, Shared: k.Shared, DataKeys: int(r.DataKeys)}
	}
	return kernel.PageOf(keys, page, func(k keyring.Key) string { return k.ID }), db.Map(err, "the keys")
}
