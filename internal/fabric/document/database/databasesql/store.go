// Package databasesql keeps document databases in the platform's database.
//
// It owns the table document_databases, which has hashes of tokens and no token.
package databasesql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "document_database", Files: files} }

// Store implements database.Store.
type Store struct{ db *db.DB }

var _ database.Store = (*Store)(nil)

// NewStore returns the store on d.
func NewStore(d *db.DB) *Store { return &Store{d} }

type row struct {
	ID, Tenant, Project, Stage, Name, Collections, Hash, FormerHash string
	RotatedAt                                                       int64
}

func (r row) database() (database.Database, error) {
	d := database.Database{
		ID: r.ID, Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Name: r.Name,
		Hash: r.Hash, Former: r.FormerHash, RotatedAt: time.UnixMicro(r.RotatedAt).UTC(),
	}
	return d, db.Decode(r.Collections, &d.Collections, "collections of a database")
}

// Put implements database.Store.
func (s *Store) Put(ctx context.Context, d database.Database) error {
	collections, err := db.Encode(d.Collections, "collections of a database")
	if err != nil {
		return err
	}
	rotated := int64(0)
	if !d.RotatedAt.IsZero() {
		rotated = d.RotatedAt.UnixMicro()
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO document_databases (id, tenant, project, stage, name, collections, hash, former_hash, rotated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET collections = excluded.collections, hash = excluded.hash, former_hash = excluded.former_hash, rotated_at = excluded.rotated_at`,
		d.ID, d.Scope.Tenant, d.Scope.Project, d.Scope.Stage, d.Name, collections, d.Hash, d.Former, rotated).Exec(ctx)
	return db.Map(err, "database "+d.Name)
}

func (s *Store) one(ctx context.Context, where string, args ...any) (database.Database, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT id, tenant, project, stage, name, collections, hash, former_hash, rotated_at FROM document_databases WHERE "+where, args...).Scan(ctx, &r)
	if err != nil {
		return database.Database{}, db.Map(err, "the database")
	}
	return r.database()
}

// Get implements database.Store.
func (s *Store) Get(ctx context.Context, tenant, id string) (database.Database, error) {
	return s.one(ctx, "tenant = ? AND id = ?", tenant, id)
}

// ByHash implements database.Store.
func (s *Store) ByHash(ctx context.Context, hash string) (database.Database, error) {
	return s.one(ctx, "hash = ? OR former_hash = ? LIMIT 1", hash, hash)
}

// Delete implements database.Store.
func (s *Store) Delete(ctx context.Context, tenant, id string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM document_databases WHERE tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Map(err, "the database")
}
