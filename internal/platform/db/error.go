package db

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// Map turns a database error into Terrace's: no row is NotFound, a broken
// unique constraint is Conflict, a full disk and a server that is away are Unavailable, a text with the
// character NUL is Invalid; any other keeps its kind. what names the thing, such as "run run_01…". nil stays nil.
func Map(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return kernel.Errorf(kernel.NotFound, "%s does not exist", what)
	case isUnique(err):
		return kernel.Errorf(kernel.Conflict, "%s exists already", what)
	case isNUL(err):
		return kernel.Errorf(kernel.Invalid, "%s: a text in it has the character NUL, which no text may have", what).WithFix("leave it out")
	case isFull(err):
		full := kernel.Errorf(kernel.Unavailable, "the disk that holds the database is full; %s was not saved", what)
		full.Err = err
		return full.WithFix("free space on it and try again")
	case isAway(err):
		away := kernel.Errorf(kernel.Unavailable, "the database does not answer")
		away.Err = fmt.Errorf("%s: %w", what, err)
		return away.WithFix("try again in a moment; if it stays, tell whoever runs Terrace")
	default:
		return kernel.Errorf(kernel.Internal, "%s: %w", what, err)
	}
}

// Changed is Map for a write that must have hit a row: none is NotFound.
func Changed(result sql.Result, err error, what string) error {
	if err != nil {
		return Map(err, what)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return Map(err, what)
	}
	return Map(sql.ErrNoRows, what)
}

func isUnique(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

func isNUL(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "42883" && strings.Contains(e.Message, prepared.NUL)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return strings.Contains(e.Error(), "no such function: "+strings.TrimSuffix(prepared.NUL, "()"))
	}
	return false
}

func isFull(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "53100"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()&0xff == sqlite3.SQLITE_FULL
	}
	return false
}

// isAway tells a server that cannot be connected to, or whose connection has broken.
func isAway(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// connection exceptions, too many connections, and a server that stops or starts
		return strings.HasPrefix(e.Code, "08") || e.Code == "53300" || strings.HasPrefix(e.Code, "57P0")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, broken := errors.AsType[*net.OpError](err)
	return broken || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF)
}
