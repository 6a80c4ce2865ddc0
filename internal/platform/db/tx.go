package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"
)

type txKey struct{}

// transaction is one that is open, with what is called once it is committed.
type transaction struct {
	bun.Tx

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
// that writes, or it waits for itself, and it must not wait for anything slow.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, ok := openIn(ctx); ok {
		return fn(ctx)
	}
	begun, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	tx := &transaction{Tx: begun}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	ctx = context.WithValue(ctx, txKey{}, tx)
	if err := fn(ctx); err != nil {
		return err
	}
	if err := tx.put(ctx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if isFull(err) {
			return Map(err, "the change")
		}
		return fmt.Errorf("commit transaction: %w", err)
	}
	for _, fn := range tx.after {
		fn()
	}
	return nil
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
		return tx.Tx
	}
	return d.write
}

// Reader returns what to read with: the transaction of ctx, else a connection
// that does not wait for a writer.
func (d *DB) Reader(ctx context.Context) bun.IDB {
	if tx, ok := openIn(ctx); ok {
		return tx.Tx
	}
	if d.dialect == SQLite {
		return reader{d.read, d.turns}
	}
	return d.read
}

// SQLTx returns the transaction of ctx for libraries that take a *sql.Tx.
func SQLTx(ctx context.Context) (tx *sql.Tx, ok bool) {
	b, ok := openIn(ctx)
	if !ok {
		return nil, false
	}
	return b.Tx.Tx, true
}
