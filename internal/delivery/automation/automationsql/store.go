// Package automationsql keeps rules and their firings in the database.
//
// It owns the tables automation_rules, automation_firings and automation_cursor.
// It does nothing of what rules say.
package automationsql

import (
	"context"
	"embed"

	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "automation", Files: files} }

// Store is an automation.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ automation.Store = (*Store)(nil)

// Put keeps a rule, replacing the one of its name.
func (s *Store) Put(ctx context.Context, r automation.Rule) error {
	body, err := db.Encode(r, "rule "+r.Name)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO automation_rules (id, tenant, project, name, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body",
		r.ID, r.Scope.Tenant, r.Scope.Project, r.Name, body).Exec(ctx)
	return db.Map(err, "rule "+r.Name)
}

// Get returns a rule of a scope, or NotFound.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, name string) (r automation.Rule, err error) {
	var body string
	err = s.db.Reader(ctx).NewRaw("SELECT body FROM automation_rules WHERE tenant = ? AND project = ? AND name = ?", scope.Tenant, scope.Project, name).Scan(ctx, &body)
	if err != nil {
		return r, db.Map(err, "rule "+name)
	}
	return r, db.Decode(body, &r, "the rule")
}

// ByID returns a rule of a tenant, or NotFound.
func (s *Store) ByID(ctx context.Context, tenant, id string) (r automation.Rule, err error) {
	var body string
	err = s.db.Reader(ctx).NewRaw("SELECT body FROM automation_rules WHERE tenant = ? AND id = ?", tenant, id).Scan(ctx, &body)
	if err != nil {
		return r, db.Map(err, "the rule")
	}
	return r, db.Decode(body, &r, "the rule")
}

// List returns the rules of a scope by name.
func (s *Store) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[automation.Rule], error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM automation_rules WHERE tenant = ? AND project = ? AND name > ? ORDER BY name LIMIT ?",
		scope.Tenant, scope.Project, page.Cursor, page.Size()+1).Scan(ctx, &bodies)
	all, err := db.Bodies[automation.Rule](bodies, err, "the rules")
	return kernel.PageOf(all, page, func(r automation.Rule) string { return r.Name }), err
}

// Count returns how many a tenant has. Nobody else counts them until the end of the
// transaction of ctx.
func (s *Store) Count(ctx context.Context, tenant string) (n int, err error) {
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO automation_quota (tenant) VALUES (?) ON CONFLICT (tenant) DO UPDATE SET tenant = excluded.tenant", tenant).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the rules")
	}
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM automation_rules WHERE tenant = ?", tenant).Scan(ctx, &n)
	return n, db.Map(err, "the rules")
}

// Delete removes a rule with its history.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, id string) error {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM automation_rules WHERE id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project).Exec(ctx)
	if err := db.Changed(result, err, "the rule"); err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("DELETE FROM automation_firings WHERE rule = ?", id).Exec(ctx)
	return db.Map(err, "the rule's history")
}

// All returns the rules of every tenant.
func (s *Store) All(ctx context.Context) ([]automation.Rule, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM automation_rules ORDER BY id").Scan(ctx, &bodies)
	return db.Bodies[automation.Rule](bodies, err, "the rules")
}

// Cursor is the sequence of the last event that was looked at.
func (s *Store) Cursor(ctx context.Context) (uint64, bool, error) {
	var position int64
	err := db.Map(s.db.Reader(ctx).NewRaw("SELECT position FROM automation_cursor WHERE id = 1").Scan(ctx, &position), "the cursor")
	if kernel.Is(err, kernel.NotFound) {
		return 0, false, nil
	}
	return uint64(position), err == nil, err
}

// SetCursor keeps how far events were looked at; it never goes back.
func (s *Store) SetCursor(ctx context.Context, sequence uint64) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO automation_cursor (id, position) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET position = EXCLUDED.position WHERE automation_cursor.position < EXCLUDED.position", int64(sequence)).Exec(ctx)
	return db.Map(err, "the cursor")
}
