package apispecsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecvcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

var _ apispecvcs.Store = (*Store)(nil)

// followed is what is kept of a repository that is followed.
type followed struct{ Tenant, Body string }

func (r followed) following() (out apispecvcs.Following, err error) {
	err = db.Decode(r.Body, &out, "what is followed")
	out.Tenant = r.Tenant
	return out, err
}

// PutFollowing keeps that a repository is followed.
func (s *Store) PutFollowing(ctx context.Context, f apispecvcs.Following) error {
	body, err := db.Encode(f, "what is followed")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO apispec_followings (tenant, project, repository, body) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, project, repository) DO UPDATE SET body = EXCLUDED.body",
		f.Tenant, f.Project, f.Repository, body).Exec(ctx)
	return db.Map(err, "what is followed of "+f.Repository)
}

// Following returns what is followed of a repository, or NotFound.
func (s *Store) Following(ctx context.Context, scope kernel.Scope, repository string) (apispecvcs.Following, error) {
	var r followed
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, body FROM apispec_followings WHERE tenant = ? AND project = ? AND repository = ?", scope.Tenant, scope.Project, repository).Scan(ctx, &r)
	if err != nil {
		return apispecvcs.Following{}, db.Map(err, "what is followed of "+repository)
	}
	return r.following()
}

// Followings returns the repositories of a project that are followed, by name.
func (s *Store) Followings(ctx context.Context, scope kernel.Scope) ([]apispecvcs.Following, error) {
	var rows []followed
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, body FROM apispec_followings WHERE tenant = ? AND project = ? ORDER BY repository", scope.Tenant, scope.Project).Scan(ctx, &rows)
	return db.Each(rows, err, "what is followed", followed.following)
}

// RemoveFollowing forgets that a repository is followed.
func (s *Store) RemoveFollowing(ctx context.Context, f apispecvcs.Following) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM apispec_followings WHERE tenant = ? AND project = ? AND repository = ?", f.Tenant, f.Project, f.Repository).Exec(ctx)
	return db.Map(err, "what is followed of "+f.Repository)
}
