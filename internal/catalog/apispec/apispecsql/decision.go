package apispecsql

import (
	"context"
	"database/sql"
	"errors"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// PutOverride keeps an override.
func (s *Store) PutOverride(ctx context.Context, o apispec.Override) error {
	body, err := db.Encode(o, "an override")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO apispec_overrides (tenant, project, id, api, version, stage, from_revision, to_revision, approved, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, project, id) DO UPDATE SET approved = EXCLUDED.approved, body = EXCLUDED.body`,
		o.Tenant, o.Project, o.ID, o.API, o.Version, o.Stage, o.From, o.To, o.ApprovedAt != nil, body).Exec(ctx)
	return db.Map(err, "the override "+o.ID)
}

// Override returns one of a project.
func (s *Store) Override(ctx context.Context, scope kernel.Scope, id string) (apispec.Override, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, api, version, body FROM apispec_overrides WHERE tenant = ? AND project = ? AND id = ?", scope.Tenant, scope.Project, id).Scan(ctx, &r)
	if err != nil {
		return apispec.Override{}, db.Map(err, "the override "+id)
	}
	return r.override()
}

func (r row) override() (out apispec.Override, err error) {
	err = db.Decode(r.Body, &out, "an override")
	out.Key = r.key()
	return out, err
}

// Overrides returns those of a project that are reached, before an id, the newest first:
// ids grow with time.
func (s *Store) Overrides(ctx context.Context, scope kernel.Scope, within kernel.Reach, before string, most int) ([]apispec.Override, error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("apispec_overrides").Column("tenant", "project", "api", "version", "body").
		Where("tenant = ? AND project = ? AND (id < ? OR ? = '')", scope.Tenant, scope.Project, before, before)
	var rows []row
	err := db.Within(q, within, "project", "stage").OrderExpr("id DESC").Limit(int64(most)).Scan(ctx, &rows)
	return db.Each(rows, err, "the overrides", row.override)
}

// Approved tells whether one revision may replace another on a stage.
func (s *Store) Approved(ctx context.Context, k apispec.Key, stage string, from, to int64) (bool, error) {
	var n int
	err := s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM apispec_overrides WHERE "+ofVersion+" AND stage = ? AND from_revision = ? AND to_revision = ? AND approved",
		k.Tenant, k.Project, k.API, k.Version, stage, from, to).Scan(ctx, &n)
	return n > 0, db.Map(err, "the overrides of "+k.String())
}

// Guide returns the tenant's style guide, "" where it has none.
func (s *Store) Guide(ctx context.Context, tenant string) (source string, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT source FROM apispec_guides WHERE tenant = ?", tenant).Scan(ctx, &source)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return source, db.Map(err, "the style guide")
}

// PutGuide keeps the tenant's style guide.
func (s *Store) PutGuide(ctx context.Context, tenant, source string) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO apispec_guides (tenant, source) VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET source = EXCLUDED.source", tenant, source).Exec(ctx)
	return db.Map(err, "the style guide")
}
