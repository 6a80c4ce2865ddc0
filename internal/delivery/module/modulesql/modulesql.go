// Package modulesql keeps the records of delivery/module in the database. It
// owns the tables module_versions, module_definitions, module_claims,
// module_shipped and module_seeded; the archives are in blob storage.
package modulesql

import (
	"embed"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "module", Files: files} }

// Store has the room's stores on one database.
type Store struct {
	db      *db.DB
	decoded *decoded
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d, decoded: newDecoded()} }

// Versions returns the store of published versions.
func (s *Store) Versions() *Versions { return &Versions{db: s.db, decoded: s.decoded} }

// Definitions returns the store of definitions.
func (s *Store) Definitions() *Definitions { return &Definitions{db: s.db} }

// Seeded returns the store of which tenants have all that comes with Terrace.
func (s *Store) Seeded() *Seeded { return &Seeded{db: s.db} }

// Shipped returns the store of what tenants were given.
func (s *Store) Shipped() *Shipped { return &Shipped{db: s.db} }
