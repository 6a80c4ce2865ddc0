package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"
)

type txKey struct{}

// InTx runs fn in a transaction that travels in fn's context: every store that
// fn calls with that context takes part. A call inside a transaction joins it.
// fn's error rolls everything back and is returned as it is.
//
// On SQLite there is one writer: fn must pass its context on to every store
// that writes, or it waits for itself, and it must not wait for anything slow.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, ok := ctx.Value(txKey{}).(bun.Tx); ok {
		return fn(ctx)
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(context.WithValue(ctx, txKey{}, tx)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if isFull(err) {
			return Map(err, "the change")
		}
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

// Conn returns what to write with: the transaction of ctx, else the database.
func (d *DB) Conn(ctx context.Context) bun.IDB {
	if tx, ok := ctx.Value(txKey{}).(bun.Tx); ok {
		return tx
	}
	return d.write
}

// Reader returns what to read with: the transaction of ctx, else a connection
// that does not wait for a writer.
func (d *DB) Reader(ctx context.Context) bun.IDB {
	if tx, ok := ctx.Value(txKey{}).(bun.Tx); ok {
		return tx
	}
	return d.read
}

// SQLTx returns the transaction of ctx for libraries that take a *sql.Tx.
func SQLTx(ctx context.Context) (tx *sql.Tx, ok bool) {
	b, ok := ctx.Value(txKey{}).(bun.Tx)
	return b.Tx, ok
}
