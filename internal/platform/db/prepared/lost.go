package prepared

import (
	"context"
	"database/sql/driver"
	"errors"
)

// errLost is what a statement gets in a transaction of which nothing is left.
var errLost = errors.New("the transaction is undone, as a statement of it was cut off or failed in the middle: it takes no more statements")

// undone is called by SQLite when it has rolled back. In the middle of a transaction it
// does so by itself where a statement that writes is cut off, the disk is full or cannot
// be read, and would then keep each statement that follows as a transaction of its own.
func (c *conn) undone() { c.lost = c.open }

// begun and over have a transaction go on and end.
func (c *conn) begun() { c.open, c.lost = true, false }
func (c *conn) over()  { c.open, c.lost = false, false }

// whole is a transaction that database/sql has begun.
type whole struct {
	driver.Tx

	c *conn
}

// Commit keeps it.
func (w whole) Commit() error {
	defer w.c.over()
	if w.c.lost {
		return errLost
	}
	return w.Tx.Commit()
}

// Rollback undoes it.
func (w whole) Rollback() error {
	lost := w.c.lost
	w.c.over()
	if lost {
		return nil // it is
	}
	return w.Tx.Rollback()
}

// PrepareContext compiles a statement that is not kept.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if c.lost {
		return nil, errLost
	}
	made, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	plain, ok := made.(compiled)
	if !ok {
		return nil, errors.Join(errors.New("a compiled statement is of an unknown kind"), made.Close())
	}
	return guarded{plain, c}, nil
}

// guarded is a statement that does not run in a transaction that is undone.
type guarded struct {
	compiled

	c *conn
}

// ExecContext runs it.
func (g guarded) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if g.c.lost {
		return nil, errLost
	}
	return g.compiled.ExecContext(ctx, args)
}

// QueryContext runs it for its rows.
func (g guarded) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if g.c.lost {
		return nil, errLost
	}
	return g.compiled.QueryContext(ctx, args)
}
