package tenantsql

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// TagSettings returns those of the scope, empty ones where there are none.
func (s *Store) TagSettings(ctx context.Context, scope kernel.Scope) (out tenant.TagSettings, err error) {
	out = tenant.TagSettings{Tags: map[string]string{}, Required: []tenant.TagRule{}}
	var bodies []string
	err = s.db.Reader(ctx).NewRaw("SELECT body FROM tag_settings WHERE tenant = ? AND project = ?", scope.Tenant, scope.Project).Scan(ctx, &bodies)
	if err != nil || len(bodies) == 0 {
		return out, db.Map(err, "the tags")
	}
	if err := json.Unmarshal([]byte(bodies[0]), &out); err != nil {
		return out, fmt.Errorf("read tags: %w", err)
	}
	return out, nil
}

// PutTagSettings writes those of the scope over the revision that was seen, else it is Stale.
func (s *Store) PutTagSettings(ctx context.Context, scope kernel.Scope, seen int64, in tenant.TagSettings) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write tags: %w", err)
	}
	const insert = "INSERT INTO tag_settings (tenant, project, revision, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
	query, args := insert, []any{scope.Tenant, scope.Project, in.Revision, string(body)}
	if seen > 0 {
		query, args = "UPDATE tag_settings SET revision = ?, body = ? WHERE tenant = ? AND project = ? AND revision = ?", []any{in.Revision, string(body), scope.Tenant, scope.Project, seen}
	}
	res, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return db.Map(err, "the tags")
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return db.Map(err, "the tags")
	}
	return kernel.Errorf(kernel.Stale, "the tags have changed meanwhile").WithFix("look at them and try again")
}
