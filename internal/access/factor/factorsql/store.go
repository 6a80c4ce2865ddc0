// Package factorsql keeps factors in the database.
//
// It owns the tables factor_*, and never sees a secret in the clear.
package factorsql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "factor", Files: files} }

// Store implements factor.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type factorRow struct {
	bun.BaseModel `bun:"table:factor_factors,alias:f"`

	ID         string     `bun:"id,pk"`
	Tenant     string     `bun:"tenant"`
	UserID     string     `bun:"user_id"`
	Kind       string     `bun:"kind"`
	Name       string     `bun:"name"`
	Credential string     `bun:"credential"`
	Data       []byte     `bun:"data"`
	Count      int64      `bun:"count"`
	CreatedAt  time.Time  `bun:"created_at"`
	LastUsedAt *time.Time `bun:"last_used_at"`
	SuspectAt  *time.Time `bun:"suspect_at"`
}

func toNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func fromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func rowOf(f factor.Factor) factorRow {
	return factorRow{
		ID: f.ID, Tenant: f.Tenant, UserID: f.UserID, Kind: string(f.Kind), Name: f.Name, Credential: f.Credential, Data: f.Data, Count: f.Count,
		CreatedAt: f.CreatedAt, LastUsedAt: toNull(f.LastUsedAt), SuspectAt: toNull(f.SuspectAt),
	}
}

func (r factorRow) factor() factor.Factor {
	return factor.Factor{
		ID: r.ID, Tenant: r.Tenant, UserID: r.UserID, Kind: factor.Kind(r.Kind), Name: r.Name, Credential: r.Credential, Data: r.Data, Count: r.Count,
		CreatedAt: r.CreatedAt.UTC(), LastUsedAt: fromNull(r.LastUsedAt), SuspectAt: fromNull(r.SuspectAt),
	}
}

// AddFactor keeps a factor; a second of a credential is a Conflict.
func (s *Store) AddFactor(ctx context.Context, f factor.Factor) error {
	row := rowOf(f)
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the factor "+f.Name)
}

// FactorsOf returns those of somebody, the oldest first.
func (s *Store) FactorsOf(ctx context.Context, tenant, user string) ([]factor.Factor, error) {
	var rows []factorRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND user_id = ?", tenant, user).Order("created_at", "id").Scan(ctx)
	list := make([]factor.Factor, len(rows))
	for i, r := range rows {
		list[i] = r.factor()
	}
	return list, db.Map(err, "the factors")
}

// ByCredential returns the passkey with an id. It is read without a tenant: it says
// which its bearer belongs to.
func (s *Store) ByCredential(ctx context.Context, credential string) (factor.Factor, error) {
	var row factorRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("credential = ? AND kind = ?", credential, string(factor.Passkey)).Scan(ctx)
	return row.factor(), db.Map(err, "the passkey")
}

// UseFactor keeps what came of using one; Stale where it was used since.
func (s *Store) UseFactor(ctx context.Context, f factor.Factor, seen int64) error {
	row := rowOf(f)
	res, err := s.db.Conn(ctx).NewUpdate().Model(&row).Column("data", "count", "last_used_at", "suspect_at").
		Where("id = ? AND tenant = ? AND count = ?", f.ID, f.Tenant, seen).Exec(ctx)
	if err := db.Changed(res, err, "the factor "+f.Name); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "the factor %s was used since", f.Name)
}

// RemoveFactor removes one.
func (s *Store) RemoveFactor(ctx context.Context, tenant, user, id string) error {
	res, err := s.db.Conn(ctx).NewDelete().Model((*factorRow)(nil)).Where("tenant = ? AND user_id = ? AND id = ?", tenant, user, id).Exec(ctx)
	return db.Changed(res, err, "the factor "+id)
}

// RemoveAllOf removes everything of somebody.
func (s *Store) RemoveAllOf(ctx context.Context, tenant, user string) error {
	for _, table := range []string{"factor_factors", "factor_codes", "factor_tries"} {
		if _, err := s.db.Conn(ctx).NewDelete().Table(table).Where("tenant = ? AND user_id = ?", tenant, user).Exec(ctx); err != nil {
			return db.Map(err, "the factors")
		}
	}
	return nil
}
