// Package exportsql puts rows of the database into an archive, as lines of JSON.
//
// It owns how a row becomes JSON. Which tables there are, and what of them must not leave,
// is said by who makes a Rows.
package exportsql

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Table is one whose rows are exported.
type Table struct {
	Name string
	// Where says which rows are a tenant's, with a ? for its name; "" is its column tenant.
	Where string
	// Omit are the columns that do not leave: hashes, and what is sealed.
	Omit []string
}

// Rows implements export.Source.
type Rows struct {
	DB *db.DB
	// Spool has a file while it is made: who takes the archive slowly does not keep the
	// database reading.
	Spool string
	// Folder is that of the archive that gets a file for each table.
	Folder string
	Tables []Table
}

// Write implements export.Source.
func (r Rows) Write(ctx context.Context, tenant string, to *export.Archive) error {
	for _, t := range r.Tables {
		err := to.Add(r.Folder+"/"+t.Name+".jsonl", func(w io.Writer) error { return r.spooled(ctx, tenant, t, w) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (r Rows) spooled(ctx context.Context, tenant string, t Table, w io.Writer) (err error) {
	f, err := os.CreateTemp(r.Spool, "export-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	whole := bufio.NewWriter(f)
	if err := r.table(ctx, tenant, t, whole); err != nil {
		return err
	}
	if err := whole.Flush(); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

func (r Rows) table(ctx context.Context, tenant string, t Table, w io.Writer) error {
	where := t.Where
	if where == "" {
		where = "tenant = ?"
	}
	rows, err := r.DB.Reader(ctx).QueryContext(ctx, "SELECT * FROM ? WHERE "+where, bun.Ident(t.Name), tenant)
	if err != nil {
		return db.Map(err, "the rows of "+t.Name)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return db.Map(err, "the rows of "+t.Name)
	}
	lines := json.NewEncoder(w)
	for rows.Next() {
		line, err := read(rows, columns, t.Omit)
		if err != nil {
			return fmt.Errorf("a row of %s: %w", t.Name, err)
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return db.Map(rows.Err(), "the rows of "+t.Name)
}

func read(rows *sql.Rows, columns, omit []string) (map[string]any, error) {
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	line := make(map[string]any, len(columns))
	for i, name := range columns {
		line[name] = value(values[i])
	}
	for _, name := range omit {
		if _, ok := line[name]; !ok {
			return nil, fmt.Errorf("there is no column %s to leave out", name)
		}
		delete(line, name)
	}
	return line, nil
}

// value is as both databases have it: moments in UTC, and text that is a JSON object or
// list as that.
func value(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC()
	case string:
		if len(v) > 1 && (v[0] == '{' || v[0] == '[') && json.Valid([]byte(v)) {
			return json.RawMessage(v)
		}
	}
	return v
}
