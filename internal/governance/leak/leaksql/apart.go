package leaksql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Standing returns those of a place in a project, whoever they are of.
func (s *Store) Standing(ctx context.Context, tenant, project, identity string) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("tenant = ? AND source = ? AND source <> '' AND place = ?", tenant, project, identity).Order("id"))
}

// StandingUnder returns those in a repository of a project that are not resolved, as many as
// are read at once, after the one with an id.
func (s *Store) StandingUnder(ctx context.Context, scope kernel.Scope, repository, after string) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("tenant = ? AND source = ? AND source <> '' AND source_repository = ? AND state IN (?, ?) AND id > ?",
		scope.Tenant, scope.Project, repository, string(leak.Open), string(leak.Allowed), after).Order("id").Limit(underAtOnce))
}

// Crowd counts those of a scope that stand in a project, at another place than one, and are
// not resolved.
func (s *Store) Crowd(ctx context.Context, of kernel.Scope, project, but string) (n int, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM leak_findings WHERE tenant = ? AND source = ? AND source <> '' AND project = ? AND stage = ? AND state IN (?, ?) AND place <> ?",
		of.Tenant, project, of.Project, of.Stage, string(leak.Open), string(leak.Allowed), but).Scan(ctx, &n)
	return n, db.Map(err, "findings")
}

// Untold returns some that are to be told by now.
func (s *Store) Untold(ctx context.Context, now time.Time) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("tell IS NOT NULL AND tell <= ?", stored(now)).Order("tell").Limit(lapsedAtOnce))
}
