package prepared

import "database/sql/driver"

// resultRows is what rows of SQLite's driver can do.
type resultRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// rows are those of a kept statement, which is free again once they are closed.
type rows struct {
	resultRows

	of *statement
	// cut tells why no more are to be read, nil while they are.
	cut func() error
}

// Next reads the next one.
func (r *rows) Next(dest []driver.Value) error {
	if err := r.cut(); err != nil {
		return err
	}
	return r.resultRows.Next(dest)
}

// Close ends the reading.
func (r *rows) Close() error {
	err := r.resultRows.Close()
	r.of.busy = false
	return err
}
