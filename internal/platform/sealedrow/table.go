// Package sealedrow seals rows of tables anew that are still sealed under a root key.
//
// It owns the way through a table while others read and write it. It owns neither tables
// nor keys: a room's store says where its sealed rows are, and what they are bound to.
package sealedrow

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// atOnce is how many rows are read at a time.
const atOnce = 100

// Sealer opens and seals.
type Sealer interface {
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
}

// Table has a column named sealed.
type Table struct {
	DB     *db.DB
	Sealer Sealer
	// Holds is what people call its rows.
	Holds string
	Table string
	// Columns name a row, the tenant first. They are text, or become it by CAST.
	Columns []string
	// Associated is what a row with the columns is bound to.
	Associated func(columns []string) []byte
}

// Name is what people call what is in there.
func (t Table) Name() string { return t.Holds }

// Rescanned says that all is looked for in every round: there is an index, or little of it.
func (Table) Rescanned() bool { return true }

// Move seals rows anew that are sealed under a root key, and tells at how many it has
// looked, and how many it has moved, since it told before. A row that was changed
// meanwhile is left as it is: it is sealed as new ones are. What cannot be opened is
// passed by, and is the error in the end.
func (t Table) Move(ctx context.Context, _ string, at func(after string, looked, moved int) error) error {
	var failed error
	for skip := 0; ; {
		rows, err := t.page(ctx, skip)
		if err != nil || len(rows) == 0 {
			return firstOf(err, failed)
		}
		moved := 0
		for _, r := range rows {
			if err := t.move(ctx, r); err != nil {
				if ctx.Err() != nil || kernel.Is(err, kernel.Unavailable) {
					return err
				}
				failed, skip = firstOf(failed, err), skip+1
				continue
			}
			moved++
		}
		if err := at("", len(rows), moved); err != nil {
			return err
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type row struct {
	columns []string
	sealed  []byte
}

func (t Table) page(ctx context.Context, skip int) ([]row, error) {
	texts := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		texts[i] = "CAST(" + c + " AS TEXT)"
	}
	found, err := t.DB.Reader(ctx).QueryContext(ctx, fmt.Sprintf(
		"SELECT %s, sealed FROM %s WHERE sealed IS NOT NULL AND substr(sealed, 1, 4) IN (?, ?) ORDER BY %s LIMIT %d OFFSET %d",
		strings.Join(texts, ", "), t.Table, strings.Join(t.Columns, ", "), atOnce, skip), []byte("TSE1"), []byte("TSE2"))
	if err != nil {
		return nil, db.Map(err, t.Holds)
	}
	defer func() { _ = found.Close() }() // Err tells what matters
	var rows []row
	for found.Next() {
		r := row{columns: make([]string, len(t.Columns))}
		to := make([]any, len(t.Columns)+1)
		for i := range r.columns {
			to[i] = &r.columns[i]
		}
		to[len(t.Columns)] = &r.sealed
		if err := found.Scan(to...); err != nil {
			return nil, db.Map(err, t.Holds)
		}
		rows = append(rows, r)
	}
	return rows, db.Map(found.Err(), t.Holds)
}

func (t Table) move(ctx context.Context, r row) error {
	associated := t.Associated(r.columns)
	plain, err := t.Sealer.Open(ctx, r.sealed, associated)
	if err != nil {
		return fmt.Errorf("move %s %s: %w", t.Holds, strings.Join(r.columns, "/"), err)
	}
	defer clear(plain)
	sealed, err := t.Sealer.SealFor(ctx, r.columns[0], plain, associated)
	if err != nil {
		return err
	}
	where, args := make([]string, len(t.Columns)), []any{sealed}
	for i, c := range t.Columns {
		where[i] = "CAST(" + c + " AS TEXT) = ?"
		args = append(args, r.columns[i])
	}
	_, err = t.DB.Conn(ctx).ExecContext(ctx, fmt.Sprintf("UPDATE %s SET sealed = ? WHERE %s AND sealed = ?", t.Table, strings.Join(where, " AND ")),
		append(args, r.sealed)...)
	return db.Map(err, t.Holds)
}

// Old counts the rows that are sealed under a root key.
func (t Table) Old(ctx context.Context) (n int, err error) {
	err = t.DB.Reader(ctx).QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE sealed IS NOT NULL AND substr(sealed, 1, 4) IN (?, ?)", t.Table),
		[]byte("TSE1"), []byte("TSE2")).Scan(&n)
	return n, db.Map(err, t.Holds)
}
