// Package tenantsql keeps tenants and projects in the database.
//
// It owns the tables tenants, projects and tag_settings.
package tenantsql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "tenant", Files: files} }

// Store implements tenant.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type projectRow struct {
	bun.BaseModel `bun:"table:projects,alias:p"`

	Tenant     string    `bun:"tenant,pk"`
	Name       string    `bun:"name,pk"`
	CostCenter string    `bun:"cost_center"`
	Owner      string    `bun:"owner"`
	CreatedBy  string    `bun:"created_by"`
	CreatedAt  time.Time `bun:"created_at"`
}

func (r projectRow) project() tenant.Project {
	return tenant.Project{
		Tenant: r.Tenant, Name: r.Name, CostCenter: r.CostCenter, Owner: r.Owner,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
	}
}

// EnsureTenant adds the tenant where it is missing.
func (s *Store) EnsureTenant(ctx context.Context, name string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO tenants (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, at).Exec(ctx)
	return db.Map(err, "the tenant "+name)
}

// AddProject adds a project.
func (s *Store) AddProject(ctx context.Context, p tenant.Project) error {
	row := projectRow{
		Tenant: p.Tenant, Name: p.Name, CostCenter: p.CostCenter, Owner: p.Owner,
		CreatedBy: p.CreatedBy, CreatedAt: p.CreatedAt,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the project "+p.Name)
}

// SetTags changes a project's cost centre and owner.
func (s *Store) SetTags(ctx context.Context, p tenant.Project) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*projectRow)(nil)).Set("cost_center = ?", p.CostCenter).Set("owner = ?", p.Owner).
		Where("tenant = ? AND name = ?", p.Tenant, p.Name).Exec(ctx)
	return db.Changed(res, err, "the project "+p.Name)
}

// Project returns the scope's project.
func (s *Store) Project(ctx context.Context, scope kernel.Scope) (tenant.Project, error) {
	var row projectRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("tenant = ? AND name = ?", scope.Tenant, scope.Project).Scan(ctx)
	return row.project(), db.Map(err, "the project "+scope.Project)
}

// Projects lists a tenant's projects by name.
func (s *Store) Projects(ctx context.Context, name string, within kernel.Reach, page kernel.PageRequest) (kernel.Page[tenant.Project], error) {
	var rows []projectRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND name > ?", name, page.Cursor)
	err := db.WithinProjects(q, within, "name").Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	list := make([]tenant.Project, len(rows))
	for i, row := range rows {
		list[i] = row.project()
	}
	return kernel.PageOf(list, page, func(p tenant.Project) string { return p.Name }), db.Map(err, "the projects")
}
