package modulesql

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Shipped implements module.Shipped.
type Shipped struct {
	db *db.DB
}

type shippedRow struct {
	bun.BaseModel `bun:"table:module_shipped"`

	Tenant string `bun:"tenant,pk"`
	Name   string `bun:"name,pk"`
	Digest string `bun:"digest"`
}

// Given returns the digests of what the tenant was given, by name.
func (s *Shipped) Given(ctx context.Context, scope kernel.Scope) (map[string]kernel.Digest, error) {
	var rows []shippedRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", scope.Tenant).Scan(ctx); err != nil {
		return nil, db.Map(err, "shipped definitions")
	}
	given := make(map[string]kernel.Digest, len(rows))
	for _, row := range rows {
		given[row.Name] = kernel.Digest(row.Digest)
	}
	return given, nil
}

// Give notes that the tenant was given this content.
func (s *Shipped) Give(ctx context.Context, scope kernel.Scope, name string, digest kernel.Digest) error {
	row := shippedRow{Tenant: scope.Tenant, Name: name, Digest: string(digest)}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).
		On("CONFLICT (tenant, name) DO UPDATE").Set("digest = EXCLUDED.digest").Exec(ctx)
	return db.Map(err, "shipped definition "+name)
}
