// Package quotasql keeps quotas in the database.
//
// It owns the tables quota_settings, quota_turns and quota_told. It bounds nothing; access/quota does.
package quotasql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "quota", Files: files} }

// Store is a quota.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ quota.Store = (*Store)(nil)

type row struct {
	Tenant, Project, Name string
	Bound                 int64
	SetBy                 string
	SetAt                 time.Time
}

// Settings returns those of all tenants.
func (s *Store) Settings(ctx context.Context) ([]quota.Setting, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, name, bound, set_by, set_at FROM quota_settings").Scan(ctx, &rows)
	all := make([]quota.Setting, len(rows))
	for i, r := range rows {
		all[i] = quota.Setting{
			Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project}, Name: quota.Name(r.Name), Limit: r.Bound, SetBy: r.SetBy, SetAt: r.SetAt.UTC(),
		}
	}
	return all, db.Map(err, "the quotas")
}

// Put writes a setting over the one of its scope and name.
func (s *Store) Put(ctx context.Context, q quota.Setting) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO quota_settings (tenant, project, name, bound, set_by, set_at) VALUES (?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT (tenant, project, name) DO UPDATE SET bound = excluded.bound, set_by = excluded.set_by, set_at = excluded.set_at",
		q.Scope.Tenant, q.Scope.Project, string(q.Name), q.Limit, q.SetBy, q.SetAt.UTC()).Exec(ctx)
	return db.Map(err, "the quota "+string(q.Name))
}

// Delete removes a setting.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, name quota.Name) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM quota_settings WHERE tenant = ? AND project = ? AND name = ?", scope.Tenant, scope.Project, string(name)).Exec(ctx)
	return db.Map(err, "the quota "+string(name))
}

// Turn holds the row of the tenant until the end of the transaction.
func (s *Store) Turn(ctx context.Context, tenant string) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO quota_turns (tenant, turn) VALUES (?, 1)"+
		" ON CONFLICT (tenant) DO UPDATE SET turn = quota_turns.turn + 1", tenant).Exec(ctx)
	return db.Map(err, "the quotas of "+tenant)
}

// Tell notes that a limit is nearly used up.
func (s *Store) Tell(ctx context.Context, scope kernel.Scope, name quota.Name, at time.Time) (first bool, err error) {
	res, err := s.db.Conn(ctx).NewRaw("INSERT INTO quota_told (tenant, project, name, told_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		scope.Tenant, scope.Project, string(name), at.UTC()).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the quota "+string(name))
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "the quota "+string(name))
}

// Forget removes the note.
func (s *Store) Forget(ctx context.Context, scope kernel.Scope, name quota.Name) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM quota_told WHERE tenant = ? AND project = ? AND name = ?", scope.Tenant, scope.Project, string(name)).Exec(ctx)
	return db.Map(err, "the quota "+string(name))
}
