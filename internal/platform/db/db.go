// Package db opens Terrace's database, SQLite or PostgreSQL, behind one type
// with transactions that travel in the context, and runs each room's migrations.
//
// It owns connections and transactions; it knows no table and no domain. Stores
// in `<room>sql` packages are its only callers, with services calling InTx and
// AfterCommit.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// Dialect is the kind of database behind a DB.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

const (
	// readers is how many connections read SQLite at once.
	readers = 8
	// readerRest is how long one of them stays open without work: another one has
	// to read the whole schema and to compile its statements.
	readerRest = time.Minute
)

// DB is an open database. On SQLite it has one writing connection and a pool
// of reading ones; on PostgreSQL both are the same pool.
type DB struct {
	dialect     Dialect
	write, read *bun.DB
	// writing and reading are the ways to SQLite's connections, one place for each.
	writing, reading *lane
	// itself is what those get who would wait for their own transaction on SQLite.
	itself *bun.DB
}

// Open opens the database at rawURL and checks that it answers:
// sqlite:///absolute/path.db, or postgres://user@host/name?sslmode=….
func Open(ctx context.Context, rawURL string) (*DB, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		// The cause would repeat the URL, and its password.
		return nil, kernel.Errorf(kernel.Invalid, "the database's URL is not a URL").
			WithFix("write postgres://user:password@host/name, with special characters of the password as %%XX")
	}
	switch u.Scheme {
	case "sqlite":
		return openSQLite(ctx, u.Path)
	case "postgres", "postgresql":
		return openPostgres(ctx, rawURL)
	default:
		return nil, fmt.Errorf("database url: scheme %q is neither sqlite nor postgres", u.Scheme)
	}
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	// FAST overwrites what is removed where its page is written in any case; whole pages that
	// become free are left to Scrub, for to write those, too, made large rows cost eight times.
	pragmas := []string{"journal_mode(WAL)", "busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)", "secure_delete(FAST)"}
	dsn := "file:" + path + "?_txlock=immediate&_pragma=" + strings.Join(pragmas, "&_pragma=")
	writer, err := prepared.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	write := sql.OpenDB(writer)
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("open sqlite %s: %w", path, err)
	}
	reader, err := prepared.NewConnector(strings.Replace(dsn, "_txlock=immediate", "_txlock=deferred&_pragma=query_only(1)", 1))
	if err != nil {
		return nil, err
	}
	read := sql.OpenDB(reader)
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	read.SetConnMaxIdleTime(readerRest)
	return &DB{
		dialect: SQLite,
		write:   bun.NewDB(write, prepared.NewDialect()),
		read:    bun.NewDB(read, prepared.NewDialect()),
		writing: newLane(1),
		reading: newLane(readers),
		itself:  refusing(),
	}, nil
}

func openPostgres(ctx context.Context, rawURL string) (*DB, error) {
	pool, err := sql.Open("pgx", rawURL)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	pool.SetMaxOpenConns(20)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close() // nothing was opened
		return nil, unreachable(rawURL, err)
	}
	b := bun.NewDB(pool, postgres{pgdialect.New()})
	return &DB{dialect: Postgres, write: b, read: b}, nil
}

// unreachable says which server does not answer, without the URL's password.
func unreachable(rawURL string, err error) error {
	server := "the database"
	if u, bad := url.Parse(rawURL); bad == nil {
		server = u.Redacted()
	}
	return kernel.Errorf(kernel.Unavailable, "PostgreSQL cannot be used at %s: %w", server, err).
		WithFix("check that it runs and that the user may open the database, or set another one with --database")
}

// Dialect returns which kind of database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// SQL returns the writing pool, for libraries that bring their own queries.
func (d *DB) SQL() *sql.DB { return d.write.DB }

// Close closes every connection.
func (d *DB) Close() error {
	err := d.write.Close()
	if d.read != d.write {
		err = firstError(err, d.read.Close(), d.itself.Close())
	}
	return err
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
