package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// rowsOf looks at the rows of a database on a connection of its own: those of the platform
// keep the statements that the platform uses.
type rowsOf struct {
	conn *sql.Conn
	// tables are the statements that read the tables which are held together, by their names.
	tables map[string]*sql.Stmt
	// version is SQLite's count of what others have written, at the last look, and last
	// what was seen then.
	version int64
	last    map[string]string
}

// rows opens the look at the platform's rows, once.
func (c *crossing) rows() *rowsOf {
	c.t.Helper()
	if c.look != nil {
		return c.look
	}
	ctx := c.t.Context()
	file := &url.URL{Scheme: "file", Path: c.strings(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'")[0], RawQuery: "_pragma=query_only(1)"}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	c.look = &rowsOf{conn: conn, tables: map[string]*sql.Stmt{}}
	for _, table := range c.strings(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name") {
		query := c.reading(ctx, table)
		if query == "" {
			continue
		}
		if c.look.tables[table], err = conn.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // it is closed with its connection
			c.t.Fatal(query, err)
		}
	}
	return c.look
}

// reading is the statement that reads the rows of a table without those of the other
// tenant; "" where all share them.
func (c *crossing) reading(ctx context.Context, table string) string {
	columns := c.strings(ctx, "SELECT name FROM pragma_table_info('"+table+"')")
	where := ""
	for _, column := range []string{"tenant", "owner"} {
		if slices.Contains(columns, column) {
			where = " WHERE " + column + " NOT IN ('other', '')"
			break
		}
	}
	if where == "" && shared()[table] != "" {
		return ""
	}
	texts := make([]string, len(columns))
	for i, column := range columns {
		texts[i] = "COALESCE(hex(" + column + "), '-')"
	}
	return "SELECT " + strings.Join(texts, " || '|' || ") + " FROM " + table + where + " ORDER BY 1"
}

// digests are those of the rows of each table, without those of the other tenant.
func (c *crossing) digests() map[string]string {
	c.t.Helper()
	ctx, r := c.t.Context(), c.rows()
	var version int64
	if err := r.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		c.t.Fatal(err)
	}
	if r.last != nil && version == r.version { // nobody has written since
		return r.last
	}
	out := make(map[string]string, len(r.tables))
	for table, reading := range r.tables {
		found, err := reading.QueryContext(ctx)
		rows := c.column(table, found, err)
		sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
		out[table] = hex.EncodeToString(sum[:8]) + fmt.Sprintf(" of %d rows", len(rows))
	}
	r.version, r.last = version, out
	return out
}

// strings are the rows of a query with one column.
func (c *crossing) strings(ctx context.Context, query string) []string {
	c.t.Helper()
	rows, err := c.platform.db.SQL().QueryContext(ctx, query)
	return c.column(query, rows, err)
}

// column reads the rows of one column, and closes them.
func (c *crossing) column(query string, rows *sql.Rows, err error) []string {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(query, err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			c.t.Fatal(query, err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(query, err)
	}
	return all
}

// same holds the rows of the first tenant against those of before.
func (c *crossing) same(t *testing.T, what string, before map[string]string, but ...string) map[string]string {
	t.Helper()
	after := c.digests()
	for table, digest := range before {
		if after[table] != digest && !slices.Contains(but, table) {
			t.Errorf("%s changes %s: %s, before %s", what, table, after[table], digest)
		}
	}
	return after
}
