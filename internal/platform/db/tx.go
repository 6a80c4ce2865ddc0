package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

type txKey struct{}

// transaction is one that is open, with what is called once it is committed.
type transaction struct {
	bun.IDB

	// conn is SQLite's writing connection, sql the transaction on PostgreSQL; the other
	// one is nil.
	conn *sql.Conn
	sql  *sql.Tx
	// left gives the turn back of who writes to SQLite.
	left func()

	gathered []batch
	after    []func()
}

func openIn(ctx context.Context) (*transaction, bool) {
	tx, ok := ctx.Value(txKey{}).(*transaction)
	return tx, ok
}

// InTx runs fn in a transaction that travels in fn's context: every store that
// fn calls with that context takes part. A call inside a transaction joins it.
// fn's error rolls everything back and is returned as it is.
//
// On SQLite there is one writer: fn must pass its context on to every store
// that writes, or it would wait for itself, which is an error, and it must not wait for
// anything slow.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, ok := openIn(ctx); ok {
		return fn(ctx)
	}
	tx, err := d.begin(ctx)
	if err != nil {
		if isAway(err) {
			return Map(err, "begin transaction")
		}
		return fmt.Errorf("begin transaction: %w", err)
	}
	committed := false
	defer func() { tx.end(committed) }()
	ctx = context.WithValue(ctx, txKey{}, tx)
	if err := tx.within(ctx, fn); err != nil {
		return err
	}
	if err := tx.commit(ctx); err != nil {
		if isFull(err) || isAway(err) {
			return Map(err, "the change")
		}
		return fmt.Errorf("commit transaction: %w", err)
	}
	committed = true
	tx.end(committed) // what is called now may begin the next one
	for _, fn := range tx.after {
		fn()
	}
	return nil
}

func (d *DB) begin(ctx context.Context) (*transaction, error) {
	if d.dialect != SQLite {
		begun, err := d.write.BeginTx(ctx, nil)
		return &transaction{IDB: begun, sql: begun.Tx}, err
	}
	if d.waitsForItself() {
		return nil, errItself
	}
	if err := d.writing.enter(ctx); err != nil {
		return nil, err
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		d.writing.leave()
		return nil, err
	}
	if err := prepared.Begin(ctx, conn.Conn); err != nil {
		err = errors.Join(err, conn.Close())
		d.writing.leave()
		return nil, err
	}
	return &transaction{IDB: writer{conn}, conn: conn.Conn, left: sync.OnceFunc(d.writing.leave)}, nil
}

func (tx *transaction) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if tx.conn == nil {
		return tx.sql.Commit()
	}
	return prepared.Commit(tx.conn)
}

// end undoes what was not committed, and gives the connection back. It does nothing
// the second time.
func (tx *transaction) end(committed bool) {
	if tx.conn == nil {
		_ = tx.sql.Rollback() // does nothing after a commit
		return
	}
	if !committed {
		prepared.Rollback(tx.conn)
	}
	_ = tx.conn.Close() // it goes back to its pool, and may have gone
	tx.left()
}

// AfterCommit calls fn once the transaction of ctx is committed, and never when it
// is not; without a transaction it calls fn at once. What must not be lost does not
// belong there: a process that dies after the commit does not call it.
func AfterCommit(ctx context.Context, fn func()) {
	tx, ok := openIn(ctx)
	if !ok {
		fn()
		return
	}
	tx.after = append(tx.after, fn)
}

// Conn returns what to write with: the transaction of ctx, else the database.
func (d *DB) Conn(ctx context.Context) bun.IDB {
	if tx, ok := openIn(ctx); ok {
		return tx.IDB
	}
	if d.waitsForItself() {
		return d.itself
	}
	return d.write
}

// Reader returns what to read with: the transaction of ctx, else a connection
// that does not wait for a writer.
func (d *DB) Reader(ctx context.Context) bun.IDB {
	if tx, ok := openIn(ctx); ok {
		return tx.IDB
	}
	if d.dialect == SQLite {
		return reader{d.read, d.reading}
	}
	return d.read
}

// InTransaction reports whether ctx is that of a transaction.
func InTransaction(ctx context.Context) bool {
	_, ok := openIn(ctx)
	return ok
}

// errNoTx says that something is to be done in a transaction, and there is none.
var errNoTx = errors.New("there is no transaction to do it in")

// WithSQLTx calls fn with the transaction of ctx, or with a part of it that fn's error
// undoes, for libraries that take a *sql.Tx. fn must not keep it.
func WithSQLTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, ok := openIn(ctx)
	switch {
	case !ok:
		return errNoTx
	case tx.conn == nil:
		return fn(tx.sql)
	}
	part, err := tx.conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("begin a part of the transaction: %w", err)
	}
	defer func() { _ = part.Rollback() }() // does nothing after a commit
	if err := fn(part); err != nil {
		return err
	}
	return part.Commit()
}

// Prepare compiles a statement for the transaction of ctx, which is to be closed before
// its end.
func Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	tx, ok := openIn(ctx)
	switch {
	case !ok:
		return nil, errNoTx
	case tx.conn == nil:
		return tx.sql.PrepareContext(ctx, query)
	default:
		return tx.conn.PrepareContext(ctx, query)
	}
}
