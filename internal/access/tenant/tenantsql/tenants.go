package tenantsql

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type tenantRow struct {
	bun.BaseModel `bun:"table:tenants,alias:t"`

	Name      string       `bun:"name,pk"`
	CreatedAt time.Time    `bun:"created_at"`
	State     tenant.State `bun:"state"`
	Revision  int64        `bun:"revision"`
	Body      string       `bun:"body"`
}

func tenantRowOf(t tenant.Tenant) (tenantRow, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return tenantRow{}, fmt.Errorf("write the tenant %s: %w", t.Name, err)
	}
	return tenantRow{Name: t.Name, CreatedAt: t.CreatedAt, State: t.State, Revision: t.Revision, Body: string(body)}, nil
}

func (r tenantRow) tenant() (t tenant.Tenant, err error) {
	if err := json.Unmarshal([]byte(r.Body), &t); err != nil {
		return t, fmt.Errorf("read the tenant %s: %w", r.Name, err)
	}
	t.Name, t.CreatedAt, t.State, t.Revision = r.Name, r.CreatedAt.UTC(), r.State, r.Revision
	return t, nil
}

// AddTenant adds a tenant.
func (s *Store) AddTenant(ctx context.Context, t tenant.Tenant) error {
	row, err := tenantRowOf(t)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the tenant "+t.Name)
}

// Tenant returns one by its name.
func (s *Store) Tenant(ctx context.Context, name string) (tenant.Tenant, error) {
	var row tenantRow
	if err := s.db.Reader(ctx).NewSelect().Model(&row).Where("name = ?", name).Scan(ctx); err != nil {
		return tenant.Tenant{}, db.Map(err, "the tenant "+name)
	}
	return row.tenant()
}

// Tenants lists tenants by name.
func (s *Store) Tenants(ctx context.Context, states []tenant.State, page kernel.PageRequest) (kernel.Page[tenant.Tenant], error) {
	var rows []tenantRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("name > ?", page.Cursor)
	if len(states) > 0 {
		q = q.Where("state IN (?)", bun.List(states))
	}
	err := q.Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	list := make([]tenant.Tenant, len(rows))
	for i, row := range rows {
		if list[i], err = row.tenant(); err != nil {
			return kernel.Page[tenant.Tenant]{}, err
		}
	}
	return kernel.PageOf(list, page, func(t tenant.Tenant) string { return t.Name }), db.Map(err, "the tenants")
}

// SaveTenant writes a tenant over the revision that it was read with.
func (s *Store) SaveTenant(ctx context.Context, t tenant.Tenant) error {
	row, err := tenantRowOf(t)
	if err != nil {
		return err
	}
	res, err := s.db.Conn(ctx).NewUpdate().Model((*tenantRow)(nil)).Set("state = ?", row.State).Set("body = ?", row.Body).
		Set("revision = revision + 1").Where("name = ? AND revision = ?", t.Name, t.Revision).Exec(ctx)
	if err = db.Changed(res, err, "the tenant "+t.Name); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "the tenant %s has changed meanwhile", t.Name).WithFix("look at it and try again")
	}
	return err
}

// Live counts the tenants that are not gone.
func (s *Store) Live(ctx context.Context) (int64, error) {
	n, err := s.db.Reader(ctx).NewSelect().Model((*tenantRow)(nil)).Where("state <> ?", tenant.Gone).Count(ctx)
	return n, db.Map(err, "the tenants")
}
