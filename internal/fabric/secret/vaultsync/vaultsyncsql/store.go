// Package vaultsyncsql keeps syncs with key vaults in the database.
//
// It owns the tables secret_syncs and secret_sync_items. No value of a secret is in them.
package vaultsyncsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "vaultsync", Files: files} }

// Store is a vaultsync.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ vaultsync.Store = (*Store)(nil)

type row struct {
	Tenant, Project, Stage string
	RoundAt, AskedAt       time.Time
	BlockedUntil           *time.Time
	Fence                  int64
	Body                   string
}

func (r row) sync() (y vaultsync.Sync, err error) {
	if err := db.Decode(r.Body, &y, "the sync of "+r.Stage); err != nil {
		return y, err
	}
	y.Scope = kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}
	y.RoundAt, y.AskedAt, y.Fence, y.BlockedUntil = r.RoundAt.UTC(), r.AskedAt.UTC(), r.Fence, time.Time{}
	if r.BlockedUntil != nil {
		y.BlockedUntil = r.BlockedUntil.UTC()
	}
	return y, nil
}

const (
	columns = "SELECT tenant, project, stage, round_at, asked_at, blocked_until, fence, body FROM secret_syncs "
	isStage = "tenant = ? AND project = ? AND stage = ?"
)

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Get returns the sync of a stage, or NotFound.
func (s *Store) Get(ctx context.Context, scope kernel.Scope) (vaultsync.Sync, error) {
	var r row
	if err := s.db.Reader(ctx).NewRaw(columns+"WHERE "+isStage, scope.Tenant, scope.Project, scope.Stage).Scan(ctx, &r); err != nil {
		return vaultsync.Sync{}, db.Map(err, "a sync of "+scope.Stage)
	}
	return r.sync()
}

// Put keeps a sync over any that the stage has. With another vault, or the other way round,
// what was known of its secrets is forgotten.
func (s *Store) Put(ctx context.Context, y vaultsync.Sync) error {
	what := "the sync of " + y.Scope.Stage
	former, err := s.Get(ctx, y.Scope)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	if err == nil && (former.Vault != y.Vault || former.Direction != y.Direction) {
		if err := s.forget(ctx, y.Scope); err != nil {
			return err
		}
	}
	body, err := db.Encode(y, what)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO secret_syncs (tenant, project, stage, round_at, asked_at, fence, body) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, project, stage) DO UPDATE SET round_at = EXCLUDED.round_at, asked_at = EXCLUDED.asked_at, blocked_until = NULL,
		holder = '', held_until = NULL, fence = EXCLUDED.fence, body = EXCLUDED.body`,
		y.Scope.Tenant, y.Scope.Project, y.Scope.Stage, y.RoundAt.UTC(), y.AskedAt.UTC(), y.Fence, body).Exec(ctx)
	return db.Map(err, what)
}

// Ask keeps when both sides are compared next, and whether the vault is left alone until then.
func (s *Store) Ask(ctx context.Context, y vaultsync.Sync) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE secret_syncs SET round_at = ?, asked_at = ?, blocked_until = ? WHERE "+isStage,
		y.RoundAt.UTC(), y.AskedAt.UTC(), when(y.BlockedUntil), y.Scope.Tenant, y.Scope.Project, y.Scope.Stage).Exec(ctx)
	return db.Map(err, "the sync of "+y.Scope.Stage)
}

// Remove forgets a sync and its items.
func (s *Store) Remove(ctx context.Context, scope kernel.Scope) error {
	if err := s.forget(ctx, scope); err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM secret_syncs WHERE "+isStage, scope.Tenant, scope.Project, scope.Stage).Exec(ctx)
	return db.Changed(result, err, "a sync of "+scope.Stage)
}

func (s *Store) forget(ctx context.Context, scope kernel.Scope) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM secret_sync_items WHERE "+isStage, scope.Tenant, scope.Project, scope.Stage).Exec(ctx)
	return db.Map(err, "the secrets of a sync")
}

// someDue are the secrets of a sync with something to do by a moment.
const someDue = "SELECT 1 FROM secret_sync_items i WHERE i.tenant = secret_syncs.tenant AND i.project = secret_syncs.project AND i.stage = secret_syncs.stage AND i.due_at <= ?"

// Due returns syncs of all tenants that have something to do and nobody else who does it:
// the first of each tenant, then the second of each, so that one with many hides nobody.
func (s *Store) Due(ctx context.Context, now time.Time, holder string, limit int) ([]vaultsync.Sync, error) {
	now = now.UTC()
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, stage, round_at, asked_at, blocked_until, fence, body FROM ("+
		"SELECT *, ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY round_at, project, stage) AS nth FROM secret_syncs "+
		"WHERE (blocked_until IS NULL OR blocked_until <= ?) AND (held_until IS NULL OR held_until <= ? OR holder = ?) AND (round_at <= ? OR EXISTS ("+someDue+"))"+
		") AS due ORDER BY nth, round_at LIMIT ?",
		now, now, holder, now, now, int64(limit)).Scan(ctx, &rows)
	return db.Each(rows, err, "the syncs", row.sync)
}

// Soonest tells when there is something to do next: with a vault that is left alone, when
// that is over.
func (s *Store) Soonest(ctx context.Context) (at time.Time, ok bool, err error) {
	var all []time.Time
	err = s.db.Reader(ctx).NewRaw(`SELECT at FROM (
		SELECT CASE WHEN blocked_until > round_at THEN blocked_until ELSE round_at END AS at FROM secret_syncs
		UNION ALL SELECT CASE WHEN y.blocked_until > i.due_at THEN y.blocked_until ELSE i.due_at END AS at FROM secret_sync_items i
			JOIN secret_syncs y ON y.tenant = i.tenant AND y.project = i.project AND y.stage = i.stage WHERE i.due_at IS NOT NULL) AS due ORDER BY at LIMIT 1`).Scan(ctx, &all)
	if err != nil || len(all) == 0 {
		return at, false, db.Map(err, "the syncs")
	}
	return all[0].UTC(), true, nil
}

// Take makes holder the one who works on a sync until a moment.
func (s *Store) Take(ctx context.Context, y vaultsync.Sync, holder string, now, until time.Time) (vaultsync.Sync, error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE secret_syncs SET holder = ?, held_until = ?, fence = fence + 1 WHERE "+isStage+" AND fence = ? AND (held_until IS NULL OR held_until <= ? OR holder = ?)",
		holder, until.UTC(), y.Scope.Tenant, y.Scope.Project, y.Scope.Stage, y.Fence, now.UTC(), holder).Exec(ctx)
	if err := held(db.Changed(result, err, "the sync"), y); err != nil {
		return y, err
	}
	y.Fence++
	return y, nil
}

// held makes Stale of a write that met no row.
func held(err error, y vaultsync.Sync) error {
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "the sync of %s is another's now", y.Scope.Stage)
	}
	return err
}

// Hold renews the right to work on a sync.
func (s *Store) Hold(ctx context.Context, y vaultsync.Sync, until time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE secret_syncs SET held_until = ? WHERE "+isStage+" AND fence = ?",
		until.UTC(), y.Scope.Tenant, y.Scope.Project, y.Scope.Stage, y.Fence).Exec(ctx)
	return held(db.Changed(result, err, "the sync"), y)
}

// Finish keeps how a sync stands, and gives it back: who has found it due before that does
// not take it. What was asked for meanwhile stays.
func (s *Store) Finish(ctx context.Context, y vaultsync.Sync) error {
	body, err := db.Encode(y, "the sync of "+y.Scope.Stage)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE secret_syncs SET body = ?, blocked_until = ?, round_at = CASE WHEN asked_at > ? THEN round_at ELSE ? END, holder = '', held_until = NULL, fence = fence + 1 WHERE "+isStage+" AND fence = ?",
		body, when(y.BlockedUntil), y.AskedAt.UTC(), y.RoundAt.UTC(), y.Scope.Tenant, y.Scope.Project, y.Scope.Stage, y.Fence).Exec(ctx)
	return held(db.Changed(result, err, "the sync"), y)
}
