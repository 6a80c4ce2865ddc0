package modulesql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Stored returns how many bytes the modules have that somebody has published in the
// tenant; an archive that is shared by versions counts for each.
func (s *Store) Stored(ctx context.Context, tenant string) (bytes int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM module_versions WHERE tenant = ?", tenant).Scan(ctx, &bytes)
	return bytes, db.Map(err, "the size of the modules")
}
