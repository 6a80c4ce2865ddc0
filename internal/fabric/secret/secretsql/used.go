package secretsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// CountSecrets returns how many secrets the tenant has, or the scope's project, whatever
// their versions.
func (s *Store) CountSecrets(ctx context.Context, scope kernel.Scope) (n int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM (SELECT DISTINCT project, stage, name FROM secrets WHERE tenant = ? AND (? = '' OR project = ?)) AS s",
		scope.Tenant, scope.Project, scope.Project).Scan(ctx, &n)
	return n, db.Map(err, "the secrets")
}
