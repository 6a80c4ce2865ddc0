package db

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations are the numbered .sql files of one room, in goose's format. They
// run on both databases, so they keep to what both understand: TEXT, BIGINT,
// BOOLEAN, TIMESTAMP, BYTEA.
type Migrations struct {
	// Room names the table of versions, schema_<room>; rooms migrate alone.
	Room  string
	Files fs.FS
}

// Migrate brings the room's tables to their newest version.
func (d *DB) Migrate(ctx context.Context, m Migrations) error {
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	store, err := database.NewStore(dialect, "schema_"+m.Room)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	provider, err := goose.NewProvider("", d.write.DB, m.Files, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	return nil
}
