package vaultsyncsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type itemRow struct {
	Name, State, Body string
	DueAt             *time.Time
	Touched           int64
}

func (r itemRow) item(scope kernel.Scope) (i vaultsync.Item, err error) {
	err = db.Decode(r.Body, &i, "secret "+r.Name+" of a sync")
	i.Scope, i.Name, i.State, i.Touched = scope, r.Name, vaultsync.State(r.State), r.Touched
	if r.DueAt != nil {
		i.Due = r.DueAt.UTC()
	}
	return i, err
}

const (
	itemColumns = "SELECT name, state, due_at, touched, body FROM secret_sync_items WHERE " + isStage
	isNamed     = isStage + " AND name = ?"
)

// Touch notes that there is something to do with a secret; false where the stage has no sync.
func (s *Store) Touch(ctx context.Context, scope kernel.Scope, name string, at time.Time) (bool, error) {
	_, err := s.Get(ctx, scope)
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO secret_sync_items (tenant, project, stage, name, state, due_at, touched, body) VALUES (?, ?, ?, ?, ?, ?, 1, '{}')
		ON CONFLICT (tenant, project, stage, name) DO UPDATE SET due_at = EXCLUDED.due_at, touched = secret_sync_items.touched + 1, state = EXCLUDED.state`,
		scope.Tenant, scope.Project, scope.Stage, name, string(vaultsync.Waiting), at.UTC()).Exec(ctx)
	return true, db.Map(err, "secret "+name+" of a sync")
}

// Item returns one secret of a sync, or NotFound.
func (s *Store) Item(ctx context.Context, scope kernel.Scope, name string) (vaultsync.Item, error) {
	var r itemRow
	err := s.db.Reader(ctx).NewRaw(itemColumns+" AND name = ?", scope.Tenant, scope.Project, scope.Stage, name).Scan(ctx, &r)
	if err != nil {
		return vaultsync.Item{}, db.Map(err, "secret "+name+" of a sync")
	}
	return r.item(scope)
}

// List returns the secrets of a sync by name, those in one state unless it is "".
func (s *Store) List(ctx context.Context, scope kernel.Scope, state vaultsync.State, page kernel.PageRequest) (kernel.Page[vaultsync.Item], error) {
	var rows []itemRow
	err := s.db.Reader(ctx).NewRaw(itemColumns+" AND name > ? AND (? = '' OR state = ?) ORDER BY name LIMIT ?",
		scope.Tenant, scope.Project, scope.Stage, page.Cursor, string(state), string(state), int64(page.Size())+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "the secrets of a sync", func(r itemRow) (vaultsync.Item, error) { return r.item(scope) })
	if err != nil {
		return kernel.Page[vaultsync.Item]{}, err
	}
	return kernel.PageOf(all, page, func(i vaultsync.Item) string { return i.Name }), nil
}

// DueItems returns names with something to do by a moment.
func (s *Store) DueItems(ctx context.Context, scope kernel.Scope, now time.Time, limit int) (names []string, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT name FROM secret_sync_items WHERE "+isStage+" AND due_at <= ? ORDER BY due_at, name LIMIT ?",
		scope.Tenant, scope.Project, scope.Stage, now.UTC(), int64(limit)).Scan(ctx, &names)
	return names, db.Map(err, "the secrets of a sync")
}

// SaveItem keeps an item. Where it was touched since it was read, it stays due and waiting.
func (s *Store) SaveItem(ctx context.Context, i vaultsync.Item) error {
	what := "secret " + i.Name + " of a sync"
	body, err := db.Encode(i, what)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO secret_sync_items (tenant, project, stage, name, state, due_at, touched, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, project, stage, name) DO UPDATE SET body = EXCLUDED.body,
		due_at = CASE WHEN secret_sync_items.touched = EXCLUDED.touched THEN EXCLUDED.due_at ELSE secret_sync_items.due_at END,
		state = CASE WHEN secret_sync_items.touched = EXCLUDED.touched THEN EXCLUDED.state ELSE secret_sync_items.state END`,
		i.Scope.Tenant, i.Scope.Project, i.Scope.Stage, i.Name, string(i.State), when(i.Due), i.Touched, body).Exec(ctx)
	return db.Map(err, what)
}

// DropItem forgets an item that was not touched since it was read.
func (s *Store) DropItem(ctx context.Context, i vaultsync.Item) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM secret_sync_items WHERE "+isNamed+" AND touched = ?",
		i.Scope.Tenant, i.Scope.Project, i.Scope.Stage, i.Name, i.Touched).Exec(ctx)
	return db.Map(err, "secret "+i.Name+" of a sync")
}

// Count returns how many items are in which state.
func (s *Store) Count(ctx context.Context, scope kernel.Scope) (map[vaultsync.State]int, error) {
	var rows []struct {
		State string
		N     int64
	}
	err := s.db.Reader(ctx).NewRaw("SELECT state, COUNT(*) AS n FROM secret_sync_items WHERE "+isStage+" GROUP BY state", scope.Tenant, scope.Project, scope.Stage).Scan(ctx, &rows)
	counts := map[vaultsync.State]int{}
	for _, r := range rows {
		counts[vaultsync.State(r.State)] = int(r.N)
	}
	return counts, db.Map(err, "the secrets of a sync")
}
