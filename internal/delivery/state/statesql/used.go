package statesql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Stored returns how many bytes the states of the tenant have, or those of the scope's project.
func (s *Store) Stored(ctx context.Context, scope kernel.Scope) (bytes int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM state_versions WHERE tenant = ? AND (? = '' OR project = ?)",
		scope.Tenant, scope.Project, scope.Project).Scan(ctx, &bytes)
	return bytes, db.Map(err, "the size of the states")
}

// StoredOfAll returns how many bytes the states of each project have, of all tenants.
func (s *Store) StoredOfAll(ctx context.Context) (map[kernel.Scope]int64, error) {
	var rows []struct {
		Tenant, Project string
		Bytes           int64
	}
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, CAST(SUM(size) AS BIGINT) AS bytes FROM state_versions GROUP BY tenant, project").Scan(ctx, &rows)
	all := map[kernel.Scope]int64{}
	for _, r := range rows {
		all[kernel.Scope{Tenant: r.Tenant, Project: r.Project}] = r.Bytes
	}
	return all, db.Map(err, "the size of the states")
}
