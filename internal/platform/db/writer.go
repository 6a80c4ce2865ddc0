package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// writer is a transaction on SQLite's writing connection, see prepared.Begin and
// prepared.Uncut.
type writer struct{ bun.Conn }

// nothing is to be done once rows are closed.
func nothing() {}

func (w writer) uncut() uncutWriter { return uncutWriter{w.Conn.Conn} }

// NewSelect implements bun.IDB.
func (w writer) NewSelect() *bun.SelectQuery { return w.Conn.NewSelect().Conn(w.uncut()) }

// NewInsert implements bun.IDB.
func (w writer) NewInsert() *bun.InsertQuery { return w.Conn.NewInsert().Conn(w.uncut()) }

// NewUpdate implements bun.IDB.
func (w writer) NewUpdate() *bun.UpdateQuery { return w.Conn.NewUpdate().Conn(w.uncut()) }

// NewDelete implements bun.IDB.
func (w writer) NewDelete() *bun.DeleteQuery { return w.Conn.NewDelete().Conn(w.uncut()) }

// NewRaw implements bun.IDB.
func (w writer) NewRaw(query string, args ...any) *bun.RawQuery {
	return w.Conn.NewRaw(query, args...).Conn(w.uncut())
}

// QueryContext implements bun.IDB.
func (w writer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.Conn.QueryContext(prepared.Uncut(ctx, nothing), query, args...)
}

// QueryRowContext implements bun.IDB.
func (w writer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return w.Conn.QueryRowContext(prepared.Uncut(ctx, nothing), query, args...)
}

// uncutWriter is what bun asks for the writer's queries.
type uncutWriter struct{ *sql.Conn }

// QueryContext implements bun.IConn.
func (u uncutWriter) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.Conn.QueryContext(prepared.Uncut(ctx, nothing), query, args...)
}

// QueryRowContext implements bun.IConn.
func (u uncutWriter) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return u.Conn.QueryRowContext(prepared.Uncut(ctx, nothing), query, args...)
}
