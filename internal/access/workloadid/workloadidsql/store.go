// Package workloadidsql keeps which issuers tenants trust, and which of their tokens were
// exchanged, in the database.
//
// It owns the tables trust_*, and keeps no token.
package workloadidsql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/workloadid/trust"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "trust", Files: files} }

// Store implements trust.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type ruleRow struct {
	bun.BaseModel `bun:"table:trust_rules,alias:t"`

	ID        string    `bun:"id,pk"`
	Tenant    string    `bun:"tenant"`
	Name      string    `bun:"name"`
	Issuer    string    `bun:"issuer"`
	Rule      string    `bun:"rule"`
	CreatedAt time.Time `bun:"created_at"`
}

// Add keeps a rule; a second of a name is a Conflict.
func (s *Store) Add(ctx context.Context, r trust.Rule) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write a rule: %w", err)
	}
	row := ruleRow{ID: r.ID, Tenant: r.Tenant, Name: r.Name, Issuer: r.Issuer, Rule: string(raw), CreatedAt: r.CreatedAt}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the rule "+r.Name)
}

// Rules returns those of a tenant by name.
func (s *Store) Rules(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[trust.Rule], error) {
	var rows []ruleRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND name > ?", tenant, page.Cursor).
		Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	if err != nil {
		return kernel.Page[trust.Rule]{}, db.Map(err, "the rules")
	}
	rules, err := rulesOf(rows)
	return kernel.PageOf(rules, page, func(r trust.Rule) string { return r.Name }), err
}

// Of returns those of all tenants for an issuer.
func (s *Store) Of(ctx context.Context, issuer string) ([]trust.Rule, error) {
	var rows []ruleRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("issuer = ?", issuer).Order("tenant", "name").Scan(ctx); err != nil {
		return nil, db.Map(err, "the rules")
	}
	return rulesOf(rows)
}

func rulesOf(rows []ruleRow) ([]trust.Rule, error) {
	rules := make([]trust.Rule, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.Rule), &rules[i]); err != nil {
			return nil, fmt.Errorf("read the rule %s: %w", row.ID, err)
		}
	}
	return rules, nil
}

// Remove removes a rule; NotFound for none.
func (s *Store) Remove(ctx context.Context, tenant, name string) error {
	res, err := s.db.Conn(ctx).NewDelete().Model((*ruleRow)(nil)).Where("tenant = ? AND name = ?", tenant, name).Exec(ctx)
	return db.Changed(res, err, "the rule "+name)
}

// Spend notes what a token was used for, once; a second time is a Conflict.
func (s *Store) Spend(ctx context.Context, token string, until time.Time) error {
	res, err := s.db.Conn(ctx).NewRaw("INSERT INTO trust_spent (token, expires_at) VALUES (?, ?) ON CONFLICT (token) DO NOTHING", token, until).Exec(ctx)
	if err := db.Changed(res, err, "the token"); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "the token was used before")
}

// Forget removes what was spent and has expired.
func (s *Store) Forget(ctx context.Context, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM trust_spent WHERE expires_at <= ?", now).Exec(ctx)
	return db.Map(err, "the tokens that have expired")
}
