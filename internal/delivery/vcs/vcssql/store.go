// Package vcssql keeps the records of delivery/vcs in the database. It owns the
// tables vcs_*; what git keeps, it does not.
package vcssql

import (
	"context"
	"embed"
	"strconv"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "vcs", Files: files} }

// Store implements vcs.Store.
type Store struct {
	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "credentials of repositories", Table: "vcs_repositories", Columns: []string{"tenant", "project", "id"},
		Associated: func(c []string) []byte {
			return vcs.Associated(vcs.Repository{Scope: kernel.Scope{Tenant: c[0], Project: c[1]}, ID: c[2]})
		},
	}
}

// row is what most tables have.
type row struct {
	ID, Tenant, Project, Repository, Body string
}

func (r row) scope() kernel.Scope { return kernel.Scope{Tenant: r.Tenant, Project: r.Project} }

// exec writes, with the error of db.Map.
func (s *Store) exec(ctx context.Context, what, query string, args ...any) error {
	_, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	return db.Map(err, what)
}

// change is exec for a write that must have hit a row.
func (s *Store) change(ctx context.Context, what, query string, args ...any) error {
	result, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	return db.Changed(result, err, what)
}

func number(cursor string) (int, error) {
	n, err := strconv.Atoi(cursor)
	if err != nil {
		return 0, kernel.Errorf(kernel.Invalid, "the cursor %q is not one of this list", cursor).WithFix("take next of the page before")
	}
	return n, nil
}

var _ vcs.Store = (*Store)(nil)
