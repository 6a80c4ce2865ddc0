package db

import (
	"context"
	"errors"
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
	Room string
	// Files has them in its folder migrations. What one database alone understands, such
	// as triggers, is in migrations/sqlite and migrations/postgres, with its own versions,
	// and runs after the others.
	Files fs.FS
}

// Migrate brings the room's tables to their newest version.
func (d *DB) Migrate(ctx context.Context, m Migrations) error {
	return d.Redoable(ctx, func() error { return d.up(ctx, m) })
}

// Redoable runs fn, whose commits may be lost in a power failure because the
// next start makes them again, as migrations are: on SQLite they do not wait
// for the disk one by one. What is committed afterwards takes them along, as
// the log is written in order. Nothing else may write meanwhile.
func (d *DB) Redoable(ctx context.Context, fn func() error) (err error) {
	if d.dialect != SQLite {
		return fn()
	}
	if _, err := d.write.ExecContext(ctx, "PRAGMA synchronous = NORMAL"); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() {
		_, back := d.write.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = FULL")
		err = firstError(err, back)
	}()
	return fn()
}

func (d *DB) up(ctx context.Context, m Migrations) error {
	if err := d.upFrom(ctx, m, "migrations", "schema_"+m.Room); err != nil {
		return err
	}
	own := "migrations/" + string(d.dialect)
	if _, err := fs.Stat(m.Files, own); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.upFrom(ctx, m, own, "schema_"+m.Room+"_"+string(d.dialect))
}

// upFrom runs what is in a folder and not yet in the table of versions.
func (d *DB) upFrom(ctx context.Context, m Migrations, folder, table string) error {
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	store, err := database.NewStore(dialect, table)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	files, err := fs.Sub(m.Files, folder)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	provider, err := goose.NewProvider("", d.write.DB, files, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", m.Room, err)
	}
	return nil
}
