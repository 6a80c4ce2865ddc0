package modulesql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Definitions implements module.Definitions.
type Definitions struct {
	db *db.DB
}

type definitionRow struct {
	bun.BaseModel `bun:"table:module_definitions"`

	Tenant    string    `bun:"tenant,pk"`
	Name      string    `bun:"name,pk"`
	Type      string    `bun:"type"`
	Source    string    `bun:"source"`
	Digest    string    `bun:"digest"`
	Revision  int       `bun:"revision"`
	UpdatedBy string    `bun:"updated_by"`
	UpdatedAt time.Time `bun:"updated_at"`
}

type claimRow struct {
	bun.BaseModel `bun:"table:module_claims"`

	Tenant     string `bun:"tenant,pk"`
	Type       string `bun:"type,pk"`
	Criterion  string `bun:"criterion,pk"`
	Definition string `bun:"definition"`
}

// All returns every definition of the tenant.
func (s *Definitions) All(ctx context.Context, scope kernel.Scope) ([]module.Stored, error) {
	var rows []definitionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", scope.Tenant).Order("name").Scan(ctx)
	return storedOf(rows), db.Map(err, "definitions")
}

// Contents returns the digest of each definition of the tenant by its name.
func (s *Definitions) Contents(ctx context.Context, scope kernel.Scope) (map[string]kernel.Digest, error) {
	var rows []struct{ Name, Digest string }
	err := s.db.Reader(ctx).NewRaw("SELECT name, digest FROM module_definitions WHERE tenant = ?", scope.Tenant).Scan(ctx, &rows)
	contents := make(map[string]kernel.Digest, len(rows))
	for _, row := range rows {
		contents[row.Name] = kernel.Digest(row.Digest)
	}
	return contents, db.Map(err, "definitions")
}

// Get returns one definition.
func (s *Definitions) Get(ctx context.Context, scope kernel.Scope, name string) (module.Stored, error) {
	row := definitionRow{Tenant: scope.Tenant, Name: name}
	if err := s.db.Reader(ctx).NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return module.Stored{}, db.Map(err, "definition "+name)
	}
	return row.stored(), nil
}

// Put inserts or replaces a definition together with its claims.
func (s *Definitions) Put(ctx context.Context, scope kernel.Scope, d module.Stored, claims []module.Claim) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		row := definitionRow{
			Tenant: scope.Tenant, Name: d.Name, Type: d.Type, Source: d.Source, Digest: string(d.Digest),
			Revision: d.Revision, UpdatedBy: d.UpdatedBy, UpdatedAt: d.UpdatedAt,
		}
		_, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, name) DO UPDATE").
			Set("type = EXCLUDED.type, source = EXCLUDED.source, digest = EXCLUDED.digest, revision = EXCLUDED.revision").
			Set("updated_by = EXCLUDED.updated_by, updated_at = EXCLUDED.updated_at").Exec(ctx)
		if err != nil {
			return db.Map(err, "definition "+d.Name)
		}
		if err := s.unclaim(ctx, scope, d.Name); err != nil {
			return err
		}
		return s.claim(ctx, scope, d.Name, claims)
	})
}

func (s *Definitions) unclaim(ctx context.Context, scope kernel.Scope, name string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*claimRow)(nil)).
		Where("tenant = ? AND definition = ?", scope.Tenant, name).Exec(ctx)
	return db.Map(err, "criteria of definition "+name)
}

func (s *Definitions) claim(ctx context.Context, scope kernel.Scope, name string, claims []module.Claim) error {
	rows := make([]claimRow, 0, len(claims))
	for _, c := range claims {
		rows = append(rows, claimRow{Tenant: scope.Tenant, Type: c.Type, Criterion: c.Criterion, Definition: name})
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&rows).Exec(ctx)
	return db.Map(err, "a definition with one of the criteria of "+name)
}

// Delete removes a definition and its claims.
func (s *Definitions) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		result, err := s.db.Conn(ctx).NewDelete().Model((*definitionRow)(nil)).
			Where("tenant = ? AND name = ?", scope.Tenant, name).Exec(ctx)
		if err != nil {
			return db.Map(err, "definition "+name)
		}
		if n, err := result.RowsAffected(); err != nil {
			return db.Map(err, "definition "+name)
		} else if n == 0 {
			return kernel.Errorf(kernel.NotFound, "definition %s does not exist", name)
		}
		return s.unclaim(ctx, scope, name)
	})
}

// Page returns a part of the definitions; the cursor is a name.
func (s *Definitions) Page(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[module.Stored], error) {
	var rows []definitionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND name > ?", scope.Tenant, r.Cursor).
		Order("name").Limit(int64(r.Size()) + 1).Scan(ctx)
	if err != nil {
		return kernel.Page[module.Stored]{}, db.Map(err, "definitions")
	}
	return kernel.PageOf(storedOf(rows), r, func(s module.Stored) string { return s.Name }), nil
}

func storedOf(rows []definitionRow) []module.Stored {
	stored := make([]module.Stored, 0, len(rows))
	for _, row := range rows {
		stored = append(stored, row.stored())
	}
	return stored
}

func (r definitionRow) stored() module.Stored {
	return module.Stored{
		Name: r.Name, Type: r.Type, Source: r.Source, Digest: kernel.Digest(r.Digest),
		Revision: r.Revision, UpdatedBy: r.UpdatedBy, UpdatedAt: r.UpdatedAt.UTC(),
	}
}
