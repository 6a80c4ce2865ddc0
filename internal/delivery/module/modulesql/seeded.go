package modulesql

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Seeded keeps of what comes with Terrace the digest of what tenants have.
type Seeded struct {
	db *db.DB
}

type seededRow struct {
	bun.BaseModel `bun:"table:module_seeded"`

	Tenant string `bun:"tenant,pk"`
	Digest string `bun:"digest"`
}

// Of returns the digest of what a tenant was given, "" for nothing.
func (s *Seeded) Of(ctx context.Context, tenant string) (kernel.Digest, error) {
	var digests []string
	err := s.db.Reader(ctx).NewSelect().Model((*seededRow)(nil)).Column("digest").Where("tenant = ?", tenant).Scan(ctx, &digests)
	if err != nil || len(digests) == 0 {
		return "", db.Map(err, "what comes with Terrace")
	}
	return kernel.Digest(digests[0]), nil
}

// With returns the tenants that have a digest.
func (s *Seeded) With(ctx context.Context, digest kernel.Digest) (map[string]bool, error) {
	var names []string
	err := s.db.Reader(ctx).NewSelect().Model((*seededRow)(nil)).Column("tenant").Where("digest = ?", string(digest)).Scan(ctx, &names)
	if err != nil {
		return nil, db.Map(err, "what comes with Terrace")
	}
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out, nil
}

// Mark notes what a tenant was given.
func (s *Seeded) Mark(ctx context.Context, tenant string, digest kernel.Digest) error {
	row := seededRow{Tenant: tenant, Digest: string(digest)}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant) DO UPDATE").Set("digest = EXCLUDED.digest").Exec(ctx)
	return db.Map(err, "what comes with Terrace")
}
