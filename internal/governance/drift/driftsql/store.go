// Package driftsql keeps the schedule, checks and findings of governance/drift
// in the database.
//
// It owns their tables. What is searched has a column, the rest of a check or a
// finding is its JSON. The schedule is asked through the index of due moments,
// so that its cost is that of what is due and not that of what there is.
package driftsql

import (
	"context"
	"embed"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "drift", Files: files} }

// Store implements drift.Store.
type Store struct {
	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type affected interface{ RowsAffected() (int64, error) }

// swapped turns an update that met no row into Stale.
func swapped(result affected, err error, what string) error {
	if err != nil {
		return db.Map(err, what)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return db.Map(err, what)
	}
	if n == 0 {
		return kernel.Errorf(kernel.Stale, "%s has changed meanwhile", what)
	}
	return nil
}

// PutCheck writes a check.
func (s *Store) PutCheck(ctx context.Context, c drift.Check) error {
	body, err := db.Encode(c, "check")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO drift_checks (id, tenant, project, stack, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
		c.ID, c.Scope.Tenant, c.Scope.Project, c.Stack, body).Exec(ctx)
	return db.Map(err, "check "+c.ID)
}

// Check returns one check.
func (s *Store) Check(ctx context.Context, scope kernel.Scope, id string) (c drift.Check, err error) {
	var body string
	err = s.db.Reader(ctx).NewRaw("SELECT body FROM drift_checks WHERE id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project).Scan(ctx, &body)
	if err != nil {
		return c, db.Map(err, "check "+id)
	}
	if err := db.Decode(body, &c, "check"); err != nil {
		return c, err
	}
	return c, nil
}

// PruneChecks keeps the newest checks of a stack.
func (s *Store) PruneChecks(ctx context.Context, stack string, keep int) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"DELETE FROM drift_checks WHERE stack = ? AND id NOT IN (SELECT id FROM drift_checks WHERE stack = ? ORDER BY id DESC LIMIT ?)",
		stack, stack, keep).Exec(ctx)
	return db.Map(err, "checks of "+stack)
}

func where(q *bun.SelectQuery, conditions map[string]string) *bun.SelectQuery {
	for condition, value := range conditions {
		if value != "" {
			q = q.Where(condition, value)
		}
	}
	return q
}
