package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"runtime"
	"strings"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// errItself is what would wait for itself for ever: there is one writer on SQLite, and
// only the transaction that has it gives it back.
var errItself = errors.New("this would wait for its own transaction: it writes outside of the transaction that it is called in; pass on the context that InTx's function gets")

// within is where the function of a transaction runs, on the stack of its goroutine: who
// finds it there is in a transaction, whatever context it has.
//
//go:noinline
func (tx *transaction) within(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := fn(ctx); err != nil {
		return err
	}
	return tx.put(ctx)
}

// waitsForItself reports whether the caller's goroutine has the writer that it is about to
// wait for. Stacks are looked at only where somebody has it. Nobody is in transactions of
// two databases at once: of which one it is, a stack does not tell.
func (d *DB) waitsForItself() bool {
	if d.dialect != SQLite || !d.writing.full() {
		return false
	}
	var places [64]uintptr
	for skip := 2; ; skip += len(places) {
		n := runtime.Callers(skip, places[:])
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(places[:n])
		for more := true; more; {
			var f runtime.Frame
			if f, more = frames.Next(); strings.HasSuffix(f.Function, "internal/platform/db.(*transaction).within") {
				return true
			}
		}
	}
}

// never is a connector of a database that has no connection but errItself.
type never struct{}

// Connect implements driver.Connector.
func (never) Connect(context.Context) (driver.Conn, error) { return nil, errItself }

// Driver implements driver.Connector.
func (never) Driver() driver.Driver { return nil }

// refusing is a database whose every query is errItself.
func refusing() *bun.DB { return bun.NewDB(sql.OpenDB(never{}), prepared.NewDialect()) }
