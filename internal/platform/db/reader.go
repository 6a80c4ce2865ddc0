package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// reader reads from SQLite, see prepared.Uncut.
type reader struct{ *bun.DB }

// NewSelect implements bun.IDB.
func (r reader) NewSelect() *bun.SelectQuery { return r.DB.NewSelect().Conn(uncut{r.DB.DB}) }

// NewRaw implements bun.IDB.
func (r reader) NewRaw(query string, args ...any) *bun.RawQuery {
	return r.DB.NewRaw(query, args...).Conn(uncut{r.DB.DB})
}

// QueryContext implements bun.IDB.
func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.DB.QueryContext(prepared.Uncut(ctx), query, args...)
}

// QueryRowContext implements bun.IDB.
func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.DB.QueryRowContext(prepared.Uncut(ctx), query, args...)
}

// uncut is what bun asks for the reader's queries.
type uncut struct{ *sql.DB }

// QueryContext implements bun.IConn.
func (u uncut) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.DB.QueryContext(prepared.Uncut(ctx), query, args...)
}

// QueryRowContext implements bun.IConn.
func (u uncut) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return u.DB.QueryRowContext(prepared.Uncut(ctx), query, args...)
}
