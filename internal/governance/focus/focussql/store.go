// Package focussql keeps sums of billing data in the database.
//
// It owns the tables focus_…: imports with their slices, and what these come to.
// A slice is loading, then current, then old, and old ones are cleared. It reads
// no billing file and allocates nothing.
package focussql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "focus", Files: files} }

// Store is a focus.Store.
type Store struct {
	db    *db.DB
	clock kernel.Clock
}

// NewStore returns a store on d.
func NewStore(d *db.DB, clock kernel.Clock) *Store { return &Store{db: d, clock: clock} }

var _ focus.Store = (*Store)(nil)

// The statuses of imports and slices.
const (
	loading = "loading"
	current = "current"
	old     = "old"
)

// Begin keeps an import that is under way.
func (s *Store) Begin(ctx context.Context, i focus.Import) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO focus_imports (id, tenant, status, touched_at, body) VALUES (?, ?, ?, ?, ?)",
		i.ID, i.Tenant, loading, s.clock.Now(), "{}").Exec(ctx)
	return db.Map(err, "the import")
}

// Activate makes an import's slices count in place of those that they replace.
func (s *Store) Activate(ctx context.Context, i focus.Import) (replaced int, err error) {
	if _, err := s.db.Conn(ctx).NewRaw("INSERT INTO focus_turns (tenant) VALUES (?) ON CONFLICT (tenant) DO UPDATE SET tenant = excluded.tenant", i.Tenant).Exec(ctx); err != nil {
		return 0, db.Map(err, "the imports")
	}
	for _, sl := range i.Slices {
		n, err := s.replace(ctx, i, sl)
		if err != nil {
			return 0, err
		}
		replaced += n
	}
	i.Replaced = replaced
	body, err := db.Encode(i, "an import")
	if err != nil {
		return 0, err
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE focus_imports SET status = ?, body = ? WHERE id = ? AND status = ?", current, body, i.ID, loading).Exec(ctx)
	if err := db.Changed(result, err, "the import"); err != nil {
		return 0, err
	}
	return replaced, nil
}

// replace lets one slice count. A part takes the place of the same part, the whole
// of every part; a part beside the whole would count twice.
func (s *Store) replace(ctx context.Context, i focus.Import, sl focus.Slice) (int, error) {
	if sl.Part != "" {
		var whole int
		err := s.db.Conn(ctx).NewRaw("SELECT COUNT(*) FROM focus_slices WHERE tenant = ? AND account = ? AND period = ? AND part = '' AND status = ?",
			i.Tenant, sl.Account, sl.Period, current).Scan(ctx, &whole)
		if err != nil {
			return 0, db.Map(err, "the imports")
		}
		if whole > 0 {
			return 0, kernel.Errorf(kernel.Conflict, "the billing period %s of the account %s was imported as a whole, and the part %s would count twice", sl.Period, sl.Account, sl.Part).
				WithFix("import the whole period again without --part, or take the import that has it back first, see terrace cost imports list")
		}
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE focus_slices SET status = ? WHERE tenant = ? AND account = ? AND period = ? AND status = ? AND (? = '' OR part = ?)",
		old, i.Tenant, sl.Account, sl.Period, current, sl.Part, sl.Part).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the imports")
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, db.Map(err, "the imports")
	}
	result, err = s.db.Conn(ctx).NewRaw("UPDATE focus_slices SET status = ?, first_day = ?, last_day = ? WHERE id = ? AND status = ?", current, sl.From, sl.To, sl.ID, loading).Exec(ctx)
	return int(n), db.Changed(result, err, "the import")
}

// Discard ends an import of which nothing counts.
func (s *Store) Discard(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db.Conn(ctx).NewRaw("UPDATE focus_slices SET status = ? WHERE import = ? AND status = ?", old, id, loading).Exec(ctx); err != nil {
			return db.Map(err, "the import")
		}
		_, err := s.db.Conn(ctx).NewRaw("DELETE FROM focus_imports WHERE id = ? AND status = ?", id, loading).Exec(ctx)
		return db.Map(err, "the import")
	})
}

// Forget makes an import count no more, or is NotFound.
func (s *Store) Forget(ctx context.Context, tenant, id string) error {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM focus_imports WHERE tenant = ? AND id = ? AND status = ?", tenant, id, current).Exec(ctx)
	if err := db.Changed(result, err, "the import "+id); err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("UPDATE focus_slices SET status = ? WHERE import = ? AND status = ?", old, id, current).Exec(ctx)
	return db.Map(err, "the import")
}

// Abandon discards imports that have loaded nothing since a moment.
func (s *Store) Abandon(ctx context.Context, before time.Time) error {
	var ids []string
	err := s.db.Reader(ctx).NewRaw("SELECT id FROM focus_imports WHERE status = ? AND touched_at < ?", loading, before).Scan(ctx, &ids)
	if err != nil {
		return db.Map(err, "the imports")
	}
	for _, id := range ids {
		if err := s.Discard(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// maxCleared bounds what one transaction clears.
const maxCleared = 20_000

// Clear removes some of what does not count any more.
func (s *Store) Clear(ctx context.Context) (more bool, err error) {
	var id int64
	err = db.Map(s.db.Reader(ctx).NewRaw("SELECT id FROM focus_slices WHERE status = ? ORDER BY id LIMIT 1", old).Scan(ctx, &id), "old costs")
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	row := "rowid"
	if s.db.Dialect() == db.Postgres {
		row = "ctid"
	}
	for _, table := range []string{"focus_sums", "focus_days"} {
		result, err := s.db.Conn(ctx).NewRaw("DELETE FROM "+table+" WHERE "+row+" IN (SELECT "+row+" FROM "+table+" WHERE slice = ? LIMIT ?)", id, maxCleared).Exec(ctx)
		if err != nil {
			return false, db.Map(err, "old costs")
		}
		if n, err := result.RowsAffected(); err != nil || n == maxCleared {
			return true, db.Map(err, "old costs")
		}
	}
	_, err = s.db.Conn(ctx).NewRaw("DELETE FROM focus_slices WHERE id = ? AND status = ?", id, old).Exec(ctx)
	return true, db.Map(err, "old costs")
}

// List returns the imports of a tenant, the newest first.
func (s *Store) List(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[focus.Import], error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM focus_imports WHERE tenant = ? AND status = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",
		tenant, current, page.Cursor, page.Cursor, page.Size()+1).Scan(ctx, &bodies)
	if err != nil {
		return kernel.Page[focus.Import]{}, db.Map(err, "the imports")
	}
	coverage, err := s.Coverage(ctx, tenant)
	if err != nil {
		return kernel.Page[focus.Import]{}, err
	}
	counting := map[string]int{}
	for _, c := range coverage {
		counting[c.Import]++
	}
	all := make([]focus.Import, len(bodies))
	for i, b := range bodies {
		if err := db.Decode(b, &all[i], "an import"); err != nil {
			return kernel.Page[focus.Import]{}, err
		}
		all[i].Counting = counting[all[i].ID]
	}
	return kernel.PageOf(all, page, func(i focus.Import) string { return i.ID }), nil
}
