// Package lifetimesql keeps lifetimes in the database.
//
// It owns the tables lifetimes and lifetime_reclaims. It ends nothing;
// governance/lifetime does.
package lifetimesql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "lifetime", Files: files} }

// Store is a lifetime.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ lifetime.Store = (*Store)(nil)

// Save writes l over the revision that it was read with.
func (s *Store) Save(ctx context.Context, l lifetime.Lifetime) error {
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write lifetime: %w", err)
	}
	query := "INSERT INTO lifetimes (due, expires, revision, body, stack, tenant, project, stage, workload) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
	args := []any{l.Due.UTC(), l.ExpiresAt.UTC(), string(body), l.Stack(), l.Scope.Tenant, l.Scope.Project, l.Scope.Stage, l.Workload}
	if l.Revision > 0 {
		query = "UPDATE lifetimes SET due = ?, expires = ?, revision = revision + 1, body = ? WHERE stack = ? AND revision = ?"
		args = append(args[:4], l.Revision)
	}
	return swapped(s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx))(l)
}

type affected interface{ RowsAffected() (int64, error) }

// swapped makes Stale of a write that met no row.
func swapped[T affected](res T, err error) func(l lifetime.Lifetime) error {
	return func(l lifetime.Lifetime) error {
		what := "the lifetime of " + l.Stack()
		if err != nil {
			return db.Map(err, what)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return db.Map(err, what)
		}
		return kernel.Errorf(kernel.Stale, "%s has changed meanwhile", what)
	}
}

type row struct {
	Revision int64
	Body     string
}

func (r row) lifetime() (l lifetime.Lifetime, err error) {
	if err := json.Unmarshal([]byte(r.Body), &l); err != nil {
		return l, fmt.Errorf("read lifetime: %w", err)
	}
	l.Revision = r.Revision
	return l, nil
}

func lifetimes(rows []row) ([]lifetime.Lifetime, error) {
	all := make([]lifetime.Lifetime, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.lifetime(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Get returns that of a stack.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, workload string) (lifetime.Lifetime, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM lifetimes WHERE stack = ?", kernel.StackID(scope, workload)).Scan(ctx, &r)
	if err != nil {
		return lifetime.Lifetime{}, db.Map(err, "a lifetime of "+workload+" on "+scope.Stage)
	}
	return r.lifetime()
}

// atOnce bounds how many are looked at in one go.
const atOnce = 200

// Due returns those of all tenants that are to be looked at.
func (s *Store) Due(ctx context.Context, now time.Time) ([]lifetime.Lifetime, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM lifetimes WHERE due <= ? ORDER BY due, stack LIMIT ?", now.UTC(), atOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "the lifetimes")
	}
	return lifetimes(rows)
}

// Delete removes one.
func (s *Store) Delete(ctx context.Context, l lifetime.Lifetime) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM lifetimes WHERE stack = ?", l.Stack()).Exec(ctx)
	return db.Map(err, "the lifetime of "+l.Stack())
}

// Reclaim counts one removal more.
func (s *Store) Reclaim(ctx context.Context, tenant, run string, at, since time.Time) (n int, err error) {
	if _, err := s.db.Conn(ctx).NewRaw("INSERT INTO lifetime_reclaims (run, tenant, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", run, tenant, at.UTC()).Exec(ctx); err != nil {
		return 0, db.Map(err, "what was removed")
	}
	err = s.db.Conn(ctx).NewRaw("SELECT COUNT(*) FROM lifetime_reclaims WHERE tenant = ? AND at > ?", tenant, since.UTC()).Scan(ctx, &n)
	return n, db.Map(err, "what was removed")
}
