package db

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Scrub has nothing of what was removed be left in SQLite's files: it writes the database
// anew, and empties the log of its changes into it. Nobody writes meanwhile. It is
// Unavailable while somebody reads what was there before; then it is called again.
//
// On PostgreSQL, whose rows autovacuum clears away, it does nothing: its files, the archive
// of its log and its backups are those of who runs it.
func (d *DB) Scrub(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	if err := d.writing.enter(ctx); err != nil {
		return err
	}
	defer d.writing.leave()
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return Map(err, "the database")
	}
	defer func() { _ = conn.Close() }()
	return scrub(ctx, conn)
}

func scrub(ctx context.Context, conn bun.Conn) error {
	// What was freed before rows were overwritten at their removal is only gone so.
	if _, err := conn.ExecContext(ctx, "VACUUM"); err != nil {
		return Map(err, "what was removed from the database")
	}
	var busy, frames, moved int64
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return Map(err, "the log of the database's changes")
	}
	if busy != 0 {
		return kernel.Errorf(kernel.Unavailable, "somebody still reads what was removed from the database").WithFix("it is tried again by itself")
	}
	return nil
}
