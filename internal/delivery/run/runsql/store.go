// Package runsql keeps runs, dossiers, leases and deployments in the database.
//
// It owns their tables. A run is one row: what is searched has a column, the
// rest is its JSON. It decides nothing: delivery/run does.
package runsql

import (
	"embed"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "run", Files: files} }

// Store keeps the room's data; it is all of run.Stores.
type Store struct {
	db *db.DB
}

// NewStore returns a store over d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }
