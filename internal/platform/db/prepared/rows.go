package prepared

import (
	"context"
	"database/sql/driver"
	"errors"
)

// resultRows is what rows of SQLite's driver can do.
type resultRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// rows are those of a kept statement, which is free again once they are closed, or of
// none, of which somebody wants to know that.
type rows struct {
	resultRows

	of  *statement
	cut cut
}

// Next reads the next one.
func (r *rows) Next(dest []driver.Value) error {
	if err := r.cut.by.Err(); err != nil {
		return err
	}
	return r.resultRows.Next(dest)
}

// Close ends the reading.
func (r *rows) Close() error {
	err := r.resultRows.Close()
	if r.of != nil {
		r.of.busy = false
	}
	if r.cut.closed != nil {
		r.cut.closed()
	}
	return err
}

// asWritten runs a query that is not kept.
func (c *conn) asWritten(ctx context.Context, cut cut, query string, args []driver.NamedValue) (driver.Rows, error) {
	found, err := c.connection.QueryContext(ctx, query, args)
	if err != nil || cut.closed == nil {
		return found, err
	}
	plain, ok := found.(resultRows)
	if !ok {
		return nil, errors.Join(errors.New("the rows of a statement are of an unknown kind"), found.Close())
	}
	return &rows{resultRows: plain, cut: cut}, nil
}
