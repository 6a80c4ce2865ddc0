// Package releasesql keeps the records of delivery/release in the database. It
// owns the tables releases and release_artifacts; the content of artifacts is in blob
// storage.
package releasesql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "release", Files: files} }

// Store is a release.Store on one database.
type Store struct {
	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// Insert implements release.Store.
func (s *Store) Insert(ctx context.Context, r release.Release) error {
	row, err := rowOf(r)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "release "+r.ID)
}

// Get implements release.Store.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, id string) (release.Release, error) {
	var row releaseRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).
		Where("tenant = ? AND project = ? AND id = ?", scope.Tenant, scope.Project, id).Scan(ctx)
	if err != nil {
		return release.Release{}, db.Map(err, "release "+id)
	}
	return row.release()
}

// List implements release.Store; its cursor is the number of the last one.
func (s *Store) List(ctx context.Context, scope kernel.Scope, workload string, page kernel.PageRequest) (kernel.Page[release.Release], error) {
	var rows []releaseRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).
		Where("tenant = ? AND project = ? AND workload = ?", scope.Tenant, scope.Project, workload).
		OrderExpr("number DESC").Limit(int64(page.Size()) + 1)
	if page.Cursor != "" {
		last, err := strconv.Atoi(page.Cursor)
		if err != nil {
			return kernel.Page[release.Release]{}, kernel.Errorf(kernel.Invalid, "%q is not a cursor of this list", page.Cursor)
		}
		q = q.Where("number < ?", last)
	}
	if err := q.Scan(ctx); err != nil {
		return kernel.Page[release.Release]{}, db.Map(err, "releases of "+workload)
	}
	items, err := releases(rows)
	if err != nil {
		return kernel.Page[release.Release]{}, err
	}
	return kernel.PageOf(items, page, func(r release.Release) string { return strconv.Itoa(r.Number) }), nil
}

func releases(rows []releaseRow) (out []release.Release, err error) {
	out = make([]release.Release, len(rows))
	for i, row := range rows {
		if out[i], err = row.release(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Named implements release.Store.
func (s *Store) Named(ctx context.Context, scope kernel.Scope, n release.Name, limit int) ([]release.Release, error) {
	var rows []releaseRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).
		Where("tenant = ? AND project = ? AND (number = ? OR version = ? AND version <> '')", scope.Tenant, scope.Project, n.Number, n.Version).
		OrderExpr("created_at DESC, id DESC").Limit(int64(limit))
	if n.Workload != "" {
		q = q.Where("workload = ?", n.Workload)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Map(err, "releases")
	}
	return releases(rows)
}

// LastNumber implements release.Store.
func (s *Store) LastNumber(ctx context.Context, scope kernel.Scope, workload string) (int, error) {
	var number int
	err := s.db.Reader(ctx).NewSelect().Model((*releaseRow)(nil)).ColumnExpr("COALESCE(MAX(number), 0)").
		Where("tenant = ? AND project = ? AND workload = ?", scope.Tenant, scope.Project, workload).Scan(ctx, &number)
	return number, db.Map(err, "releases of "+workload)
}

// PutArtifact implements release.Store.
func (s *Store) PutArtifact(ctx context.Context, scope kernel.Scope, a release.Artifact, by string, at time.Time) error {
	row := artifactRow{
		Tenant: scope.Tenant, Project: scope.Project, Digest: string(a.Digest), Size: a.Size, CreatedBy: by, CreatedAt: at,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, digest) DO NOTHING").Exec(ctx)
	return db.Map(err, "artifact "+string(a.Digest))
}

// Artifact implements release.Store.
func (s *Store) Artifact(ctx context.Context, scope kernel.Scope, digest kernel.Digest) (release.Artifact, error) {
	var row artifactRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).
		Where("tenant = ? AND project = ? AND digest = ?", scope.Tenant, scope.Project, string(digest)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return release.Artifact{}, kernel.Errorf(kernel.NotFound, "the project %s has no artifact %s", scope.Project, digest)
	}
	return release.Artifact{Digest: kernel.Digest(row.Digest), Size: row.Size}, db.Map(err, "artifact "+string(digest))
}
