// Package policysql keeps exemptions and assignments of governance/policy in the
// database.
//
// It owns their tables. What is searched has a column, the rest is JSON. Of an
// assignment every version stays.
package policysql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "policy", Files: files} }

// Store is a policy.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ policy.Store = (*Store)(nil)

// PutSetting adds a version of an assignment.
func (s *Store) PutSetting(ctx context.Context, v policy.Setting) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write assignment: %w", err)
	}
	if v.Version > 1 {
		result, err := s.db.Conn(ctx).NewRaw("UPDATE policy_settings SET newest = ? WHERE id = ? AND version = ? AND newest", false, v.ID, v.Version-1).Exec(ctx)
		if err := swapped(result, err, "the assignment "+v.ID); err != nil {
			return err
		}
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO policy_settings (id, version, tenant, project, place, newest, removed, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		v.ID, v.Version, v.Scope.Tenant, v.Scope.Project, place(v), true, v.Removed, string(body)).Exec(ctx)
	return db.Map(err, "the assignment of "+v.Policies)
}

// place is what there is one assignment for.
func place(v policy.Setting) string {
	return strings.Join([]string{v.Scope.Tenant, v.Scope.Project, v.Scope.Stage, v.Target, v.Set, v.Policies}, "\x1f")
}

// Setting returns the newest version.
func (s *Store) Setting(ctx context.Context, scope kernel.Scope, id string) (policy.Setting, error) {
	all, err := s.settings(ctx, ours(s.versions(ctx), scope).Where("id = ? AND newest", id))
	if err != nil || len(all) == 0 {
		return policy.Setting{}, found(err, "assignment", id)
	}
	return all[0], nil
}

// InForce returns what a project and its tenant assigned, or all projects.
func (s *Store) InForce(ctx context.Context, tenant, project string) ([]policy.Setting, error) {
	q := s.versions(ctx).Where("tenant = ? AND newest AND NOT removed", tenant)
	if project != "" {
		q = q.Where("project IN (?, '')", project)
	}
	return s.settings(ctx, q.Order("id"))
}

// SettingHistory returns all versions of one.
func (s *Store) SettingHistory(ctx context.Context, scope kernel.Scope, id string) ([]policy.Setting, error) {
	all, err := s.settings(ctx, ours(s.versions(ctx), scope).Where("id = ?", id).OrderExpr("version DESC"))
	if err == nil && len(all) > 0 {
		return all, nil
	}
	return nil, found(err, "assignment", id)
}

// Decided names what a tenant assigned and exempted until now: of both only what grows
// is counted.
func (s *Store) Decided(ctx context.Context, tenant string) (string, error) {
	var settings, exemptions int64
	err := s.db.Reader(ctx).NewRaw(`SELECT (SELECT COUNT(*) FROM policy_settings WHERE tenant = ?),
		(SELECT CAST(COUNT(*) + COALESCE(SUM(revision), 0) AS BIGINT) FROM policy_exemptions WHERE tenant = ? AND status <> 'requested')`,
		tenant, tenant).Scan(ctx, &settings, &exemptions)
	return fmt.Sprintf("%d assigned, %d exempted", settings, exemptions), db.Map(err, "what "+tenant+" decided")
}

func (s *Store) versions(ctx context.Context) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().TableExpr("policy_settings").Column("body")
}

func (s *Store) settings(ctx context.Context, q *bun.SelectQuery) ([]policy.Setting, error) {
	var rows []struct{ Body string }
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, "assignments")
	}
	all := make([]policy.Setting, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &all[i]); err != nil {
			return nil, fmt.Errorf("read assignment: %w", err)
		}
	}
	return all, nil
}

// ours limits a query to a project and what its tenant has for all.
func ours(q *bun.SelectQuery, scope kernel.Scope) *bun.SelectQuery {
	return q.Where("tenant = ? AND project IN (?, '')", scope.Tenant, scope.Project)
}

func found(err error, what, id string) error {
	if err != nil {
		return err
	}
	fix := "see terrace policy exemptions list"
	if what == "assignment" {
		fix = "see terrace policy assignments list"
	}
	return kernel.Errorf(kernel.NotFound, "there is no %s %s", what, id).WithFix("%s", fix)
}

// swapped turns an update that met no row into Stale.
func swapped(result sql.Result, err error, what string) error {
	err = db.Changed(result, err, what)
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "%s has changed meanwhile", what).WithFix("look at it, and try again")
	}
	return err
}
