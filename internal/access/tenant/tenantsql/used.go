package tenantsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// CountProjects returns how many projects a tenant has.
func (s *Store) CountProjects(ctx context.Context, tenant string) (n int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM projects WHERE tenant = ?", tenant).Scan(ctx, &n)
	return n, db.Map(err, "the projects")
}

// HasTenant reports whether there is a tenant of the name.
func (s *Store) HasTenant(ctx context.Context, name string) (bool, error) {
	var n int64
	err := s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM tenants WHERE name = ?", name).Scan(ctx, &n)
	return n > 0, db.Map(err, "the tenant "+name)
}
