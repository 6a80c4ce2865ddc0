// Package apispecsql keeps APIs in the database: revisions, where they stand,
// overrides, style guides and counts of calls.
//
// It owns their tables. It decides nothing; catalog/apispec does.
package apispecsql

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "apispec", Files: files} }

// Store is an apispec.Store, with all that the room keeps besides.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ apispec.Store     = (*Store)(nil)
	_ apispec.Decisions = (*Store)(nil)
	_ apispec.CallStore = (*Store)(nil)
	_ apispec.Standings = (*Store)(nil)
)

const ofVersion = "tenant = ? AND project = ? AND api = ? AND version = ?"

// row is what is kept of a thing of a version.
type row struct {
	Tenant, Project, API, Version string
	Source, Body                  string
}

func (r row) key() apispec.Key {
	return apispec.Key{Tenant: r.Tenant, Project: r.Project, API: r.API, Version: r.Version}
}

func (r row) revision() (out apispec.Revision, err error) {
	err = db.Decode(r.Body, &out, "a revision of an API")
	out.Key, out.Source = r.key(), r.Source
	return out, err
}

func (r row) standing() (out apispec.Standing, err error) {
	err = db.Decode(r.Body, &out, "where an API stands")
	out.Key = r.key()
	return out, err
}

// PutRevision adds a revision.
func (s *Store) PutRevision(ctx context.Context, r apispec.Revision) error {
	body, err := db.Encode(r, "a revision of an API")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO apispec_revisions (tenant, project, api, version, number, digest, source, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		r.Tenant, r.Project, r.API, r.Version, r.Number, r.Digest, r.Source, body).Exec(ctx)
	return db.Map(err, fmt.Sprintf("revision %d of %s", r.Number, r.Key))
}

// Revision returns one, or the newest for 0.
func (s *Store) Revision(ctx context.Context, k apispec.Key, number int64) (apispec.Revision, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, api, version, source, body FROM apispec_revisions WHERE "+ofVersion+" AND (number = ? OR ? = 0) ORDER BY number DESC LIMIT 1",
		k.Tenant, k.Project, k.API, k.Version, number, number).Scan(ctx, &r)
	if err != nil {
		what := "the API " + k.String()
		if number != 0 {
			what = fmt.Sprintf("revision %d of %s", number, k)
		}
		return apispec.Revision{}, db.Map(err, what)
	}
	return r.revision()
}

// Revisions returns those before a number, the newest first.
func (s *Store) Revisions(ctx context.Context, k apispec.Key, before int64, most int) ([]apispec.Revision, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, api, version, body FROM apispec_revisions WHERE "+ofVersion+" AND number < ? ORDER BY number DESC LIMIT ?",
		k.Tenant, k.Project, k.API, k.Version, before, most).Scan(ctx, &rows)
	return db.Each(rows, err, "the revisions of "+k.String(), row.revision)
}

// Versions returns the newest revision of each version after a name.
func (s *Store) Versions(ctx context.Context, scope kernel.Scope, after string, most int) ([]apispec.Revision, error) {
	api, version, _ := strings.Cut(after, "/")
	var rows []row
	err := s.db.Reader(ctx).NewRaw(`SELECT tenant, project, api, version, body FROM apispec_revisions r
		WHERE tenant = ? AND project = ? AND (api > ? OR api = ? AND version > ?)
		AND NOT EXISTS (SELECT 1 FROM apispec_revisions n WHERE n.tenant = r.tenant AND n.project = r.project AND n.api = r.api AND n.version = r.version AND n.number > r.number)
		ORDER BY api, version LIMIT ?`, scope.Tenant, scope.Project, api, api, version, most).Scan(ctx, &rows)
	return db.Each(rows, err, "the APIs", row.revision)
}

// PutStanding keeps where a version stands, and counts the change.
func (s *Store) PutStanding(ctx context.Context, st apispec.Standing) error {
	body, err := db.Encode(st, "where an API stands")
	if err != nil {
		return err
	}
	what := "where " + st.Key.String() + " stands"
	if _, err = s.db.Conn(ctx).NewRaw("UPDATE apispec_turn SET turn = turn + 1 WHERE id = 1").Exec(ctx); err != nil {
		return db.Map(err, what)
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO apispec_standings (tenant, project, api, version, stage, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, project, api, version, stage) DO UPDATE SET revision = EXCLUDED.revision, body = EXCLUDED.body`,
		st.Tenant, st.Project, st.API, st.Version, st.Stage, st.Revision, body).Exec(ctx)
	return db.Map(err, what)
}

// Standing returns where a version stands on a stage.
func (s *Store) Standing(ctx context.Context, k apispec.Key, stage string) (apispec.Standing, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, api, version, body FROM apispec_standings WHERE "+ofVersion+" AND stage = ?",
		k.Tenant, k.Project, k.API, k.Version, stage).Scan(ctx, &r)
	if err != nil {
		return apispec.Standing{}, db.Map(err, "the API "+k.String()+" on "+stage)
	}
	return r.standing()
}

// Standings returns those of a version, or of a project for an empty API.
func (s *Store) Standings(ctx context.Context, k apispec.Key) ([]apispec.Standing, error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("apispec_standings").Column("tenant", "project", "api", "version", "body").Where("tenant = ? AND project = ?", k.Tenant, k.Project)
	if k.API != "" {
		q = q.Where("api = ? AND version = ?", k.API, k.Version)
	}
	var rows []row
	err := q.Order("api", "version", "stage").Scan(ctx, &rows)
	return db.Each(rows, err, "where the APIs stand", row.standing)
}

// Turn grows with every change of a standing.
func (s *Store) Turn(ctx context.Context) (turn int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT turn FROM apispec_turn WHERE id = 1").Scan(ctx, &turn)
	return turn, db.Map(err, "the turn of the APIs")
}

// All returns what stands on any stage, with the sources that are not known.
func (s *Store) All(ctx context.Context, known func(digest string) bool) ([]apispec.Live, error) {
	var rows []struct {
		row

		Digest   string
		Revision int64
	}
	err := s.db.Reader(ctx).NewRaw(`SELECT s.tenant, s.project, s.api, s.version, s.body, s.revision, r.digest FROM apispec_standings s
		JOIN apispec_revisions r ON r.tenant = s.tenant AND r.project = s.project AND r.api = s.api AND r.version = s.version AND r.number = s.revision`).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "the published APIs")
	}
	out := make([]apispec.Live, len(rows))
	for i, r := range rows {
		out[i].Digest = r.Digest
		if out[i].Standing, err = r.standing(); err != nil {
			return nil, err
		}
		if known(r.Digest) {
			continue
		}
		full, err := s.Revision(ctx, r.key(), r.Revision)
		if err != nil {
			return nil, err
		}
		out[i].Source = full.Source
	}
	return out, nil
}
