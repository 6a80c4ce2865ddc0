// Package statesql keeps the records of delivery/state in the database. It owns
// the tables state_stacks and state_versions, and no content of any state.
package statesql

import (
	"embed"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "state", Files: files} }

// Store implements state.Store.
type Store struct {
	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }
