// Package budgetsql keeps budgets, their ledger and what is reserved in the database.
//
// It owns their tables. It reckons nothing; governance/budget does.
package budgetsql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql migrations/*/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "budget", Files: files} }

// Store is a budget.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ budget.Store = (*Store)(nil)

// Put writes a revision.
func (s *Store) Put(ctx context.Context, r budget.Revision) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write budget: %w", err)
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO budget_revisions (tenant, name, project, stage, revision, deleted, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.Tenant, r.Name, r.Where().Project, r.Where().Stage, r.Revision, r.Deleted, string(body)).Exec(ctx)
	return db.Map(err, fmt.Sprintf("revision %d of the budget %s", r.Revision, r.Name))
}

// newest keeps the last revision of each budget, unless that is its end.
const newest = "NOT deleted AND NOT EXISTS (SELECT 1 FROM budget_revisions n WHERE n.tenant = b.tenant AND n.name = b.name AND n.revision > b.revision)"

// Get returns a budget.
func (s *Store) Get(ctx context.Context, tenant, name string) (budget.Budget, error) {
	var body string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM budget_revisions b WHERE tenant = ? AND name = ? AND "+newest, tenant, name).Scan(ctx, &body)
	if err != nil {
		return budget.Budget{}, db.Map(err, "the budget "+name)
	}
	r, err := revision(body)
	return r.Budget, err
}

// List returns the budgets of a tenant, or of all.
func (s *Store) List(ctx context.Context, tenant string) ([]budget.Budget, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM budget_revisions b WHERE (tenant = ? OR ? = '') AND "+newest+" ORDER BY tenant, name", tenant, tenant).Scan(ctx, &bodies)
	return budgets(revisions("the budgets", bodies, err))
}

// Page returns budgets that are reached of the scope's tenant by name, from the one after a
// name on; those that bound a project where the scope has one.
func (s *Store) Page(ctx context.Context, scope kernel.Scope, within kernel.Reach, after string, most int) ([]budget.Budget, error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("budget_revisions AS b").Column("body").Where("tenant = ? AND name > ?", scope.Tenant, after).Where(newest)
	if scope.Project != "" {
		q = q.Where("project IN ('', ?)", scope.Project)
	}
	var bodies []string
	err := db.Reached(q, within, "project", "stage").Order("name").Limit(int64(most)).Scan(ctx, &bodies)
	return budgets(revisions("the budgets", bodies, err))
}

func budgets(revisions []budget.Revision, err error) ([]budget.Budget, error) {
	all := make([]budget.Budget, len(revisions))
	for i, r := range revisions {
		all[i] = r.Budget
	}
	return all, err
}

// History returns revisions of a budget that are reached and before one, the newest first.
func (s *Store) History(ctx context.Context, tenant, name string, within kernel.Reach, before int64, most int) ([]budget.Revision, error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("budget_revisions").Column("body").Where("tenant = ? AND name = ? AND revision < ?", tenant, name, before)
	var bodies []string
	err := db.Reached(q, within, "project", "stage").OrderExpr("revision DESC").Limit(int64(most)).Scan(ctx, &bodies)
	return revisions("the budget "+name, bodies, err)
}

// revisions reads those of a query, which errors call what.
func revisions(what string, bodies []string, err error) ([]budget.Revision, error) {
	if err != nil {
		return nil, db.Map(err, what)
	}
	all := make([]budget.Revision, len(bodies))
	for i, body := range bodies {
		if all[i], err = revision(body); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func revision(body string) (r budget.Revision, err error) {
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return r, fmt.Errorf("read budget: %w", err)
	}
	return r, nil
}

// Tell keeps that something was told of a budget; false where it was before.
func (s *Store) Tell(ctx context.Context, tenant, key string, at time.Time) (bool, error) {
	res, err := s.db.Conn(ctx).NewRaw("INSERT INTO budget_told (tenant, what, told_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", tenant, key, at.UTC()).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "what was told of a budget")
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "what was told of a budget")
}
