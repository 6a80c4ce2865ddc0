package secretsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
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

// Unknown returns versions of all tenants that are neither known nor destroyed.
func (s *Store) Unknown(ctx context.Context, past, limit int) ([]secret.Version, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("NOT known AND NOT destroyed").
		Order("tenant", "project", "stage", "name", "version").Offset(int64(past)).Limit(int64(limit)).Scan(ctx)
	all := make([]secret.Version, len(rows))
	for i, r := range rows {
		all[i] = secret.Version{Info: r.info(), Sealed: r.Sealed}
	}
	return all, db.Map(err, "the secrets")
}

// SetKnown marks a version as known, where it is there, and neither known nor destroyed.
func (s *Store) SetKnown(ctx context.Context, scope kernel.Scope, name string, version int) (there bool, err error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE secrets SET known = TRUE WHERE "+isNamed+" AND version = ? AND NOT known AND NOT destroyed",
		scope.Tenant, scope.Project, scope.Stage, name, int64(version)).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "secret "+name)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "secret "+name)
}
