// Package documentsql keeps documents in the platform's database: JSON in SQLite, jsonb in
// PostgreSQL.
//
// It owns the tables documents and document_keys, which has a row for each value that an
// index is on. What a key is, and what may be kept, is document's.
package documentsql

import (
	"context"
	"embed"
	"encoding/json"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations
var files embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "document", Files: files} }

// Store implements document.Store.
type Store struct{ db *db.DB }

var _ document.Store = (*Store)(nil)

// NewStore returns the store on d.
func NewStore(d *db.DB) *Store { return &Store{d} }

type row struct {
	bun.BaseModel `bun:"table:documents,alias:d"`

	Tenant     string `bun:"tenant"`
	Project    string `bun:"project"`
	Stage      string `bun:"stage"`
	Collection string `bun:"collection"`
	ID         string `bun:"id"`
	Revision   int64  `bun:"revision"`
	Body       string `bun:"body"`
	Keys       string `bun:"keys"`
	UpdatedAt  int64  `bun:"updated_at"`
	ExpiresAt  *int64 `bun:"expires_at"`
}

// where is the condition of one collection in a table with an alias.
func where(alias string) string {
	return strings.ReplaceAll("@.tenant = ? AND @.project = ? AND @.stage = ? AND @.collection = ?", "@", alias)
}

func of(at document.Place) []any {
	return []any{at.Scope.Tenant, at.Scope.Project, at.Scope.Stage, at.Collection}
}

func rowOf(at document.Place, d document.Document) (row, error) {
	keys, err := db.Encode(d.Keys, "keys of a document")
	r := row{
		Tenant: at.Scope.Tenant, Project: at.Scope.Project, Stage: at.Scope.Stage, Collection: at.Collection,
		ID: d.ID, Revision: d.Revision, Body: string(d.Body), Keys: keys, UpdatedAt: d.UpdatedAt.UnixMicro(),
	}
	if !d.ExpiresAt.IsZero() {
		over := d.ExpiresAt.UnixMicro()
		r.ExpiresAt = &over
	}
	return r, err
}

func (s *Store) document(r row) (d document.Document, err error) {
	d = document.Document{ID: r.ID, Revision: r.Revision, Body: json.RawMessage(r.Body), UpdatedAt: time.UnixMicro(r.UpdatedAt).UTC()}
	if r.ExpiresAt != nil {
		d.ExpiresAt = time.UnixMicro(*r.ExpiresAt).UTC()
	}
	if s.db.Dialect() == db.Postgres { // jsonb has an order and spaces of its own
		if d.Body, err = document.Canonical(d.Body); err != nil {
			return d, err
		}
	}
	return d, db.Decode(r.Keys, &d.Keys, "keys of a document")
}

// Prepare implements document.Store: one index serves all collections.
func (s *Store) Prepare(context.Context, document.Collection) error { return nil }

// Limits implements document.Store.
func (s *Store) Limits() document.Limits {
	return document.Limits{Driver: string(s.db.Dialect()), Atomic: true}
}

// Ping implements document.Store.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Get implements document.Store.
func (s *Store) Get(ctx context.Context, at document.Place, ids []string) ([]document.Document, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where(where("d"), of(at)...).Where("d.id IN (?)", bun.List(ids)).Scan(ctx)
	return db.Each(rows, err, "documents", s.document)
}

// Sweep implements document.Store.
func (s *Store) Sweep(ctx context.Context, before time.Time, most int) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw(`DELETE FROM documents WHERE (tenant, project, stage, collection, id) IN (
		SELECT tenant, project, stage, collection, id FROM documents WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`, before.UnixMicro(), most).Exec(ctx)
	return removed(result, err)
}

// Drop implements document.Store.
func (s *Store) Drop(ctx context.Context, scope kernel.Scope, most int) (int, error) {
	q := s.db.Conn(ctx).NewSelect().Table("documents").Column("tenant", "project", "stage", "collection", "id").Where("tenant = ?", scope.Tenant)
	if scope.Project != "" {
		q = q.Where("project = ?", scope.Project)
	}
	if scope.Stage != "" {
		q = q.Where("stage = ?", scope.Stage)
	}
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM documents WHERE (tenant, project, stage, collection, id) IN (?)", q.Limit(int64(most))).Exec(ctx)
	return removed(result, err)
}
