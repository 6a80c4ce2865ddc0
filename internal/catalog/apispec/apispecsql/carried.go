package apispecsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

var _ apispec.Carries = (*Store)(nil)

// PutCarried keeps what a run brings, in the place of what it was to bring.
func (s *Store) PutCarried(ctx context.Context, scope kernel.Scope, run string, all []apispec.Carried) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.DropCarried(ctx, scope, run); err != nil {
			return err
		}
		for _, c := range all {
			_, err := s.db.Conn(ctx).NewRaw("INSERT INTO apispec_carried (tenant, project, run, release, stage, api, version, revision, back, arrived) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				c.Tenant, c.Project, run, c.Release, c.Stage, c.API, c.Version, c.Revision, c.Back, false).Exec(ctx)
			if err != nil {
				return db.Map(err, "what "+run+" brings")
			}
		}
		return nil
	})
}

// Carried returns what a run brings.
func (s *Store) Carried(ctx context.Context, scope kernel.Scope, run string) ([]apispec.Carried, error) {
	var rows []struct {
		Tenant, Project, Run, Release, Stage, API, Version string
		Revision                                           int64
		Back                                               bool
	}
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, run, release, stage, api, version, revision, back FROM apispec_carried WHERE tenant = ? AND project = ? AND run = ? AND NOT arrived ORDER BY api, version",
		scope.Tenant, scope.Project, run).Scan(ctx, &rows)
	out := make([]apispec.Carried, len(rows))
	for i, r := range rows {
		out[i] = apispec.Carried{
			Key: apispec.Key{Tenant: r.Tenant, Project: r.Project, API: r.API, Version: r.Version}, Run: r.Run, Release: r.Release, Stage: r.Stage, Revision: r.Revision, Back: r.Back,
		}
	}
	return out, db.Map(err, "what "+run+" brings")
}

// Arrived keeps what a run has brought, in the place of what the release has brought before.
func (s *Store) Arrived(ctx context.Context, c apispec.Carried) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM apispec_carried WHERE "+ofVersion+" AND release = ? AND arrived", c.Tenant, c.Project, c.API, c.Version, c.Release).Exec(ctx)
	if err == nil {
		_, err = s.db.Conn(ctx).NewRaw("UPDATE apispec_carried SET arrived = TRUE WHERE "+ofVersion+" AND run = ?", c.Tenant, c.Project, c.API, c.Version, c.Run).Exec(ctx)
	}
	return db.Map(err, "what "+c.Run+" has brought")
}

// DropCarried forgets what a run was to bring.
func (s *Store) DropCarried(ctx context.Context, scope kernel.Scope, run string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM apispec_carried WHERE tenant = ? AND project = ? AND run = ? AND NOT arrived", scope.Tenant, scope.Project, run).Exec(ctx)
	return db.Map(err, "what "+run+" was to bring")
}

// Released is the revision that a release has brought last.
func (s *Store) Released(ctx context.Context, k apispec.Key, release string) (revision int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(revision), 0) FROM apispec_carried WHERE "+ofVersion+" AND release = ? AND arrived", k.Tenant, k.Project, k.API, k.Version, release).Scan(ctx, &revision)
	return revision, db.Map(err, "what the release "+release+" has brought")
}
