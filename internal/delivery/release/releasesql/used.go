package releasesql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Stored returns how many bytes the artifacts of the tenant have, or those of the scope's project.
func (s *Store) Stored(ctx context.Context, scope kernel.Scope) (bytes int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM release_artifacts WHERE tenant = ? AND (? = '' OR project = ?)",
		scope.Tenant, scope.Project, scope.Project).Scan(ctx, &bytes)
	return bytes, db.Map(err, "the size of the artifacts")
}
