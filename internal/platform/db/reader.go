package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// reader reads from SQLite, see prepared.Uncut.
type reader struct {
	*bun.DB

	lane *lane
}

func (r reader) uncut() uncut { return uncut{DB: r.DB.DB, lane: r.lane} }

// NewSelect implements bun.IDB.
func (r reader) NewSelect() *bun.SelectQuery { return r.DB.NewSelect().Conn(r.uncut()) }

// NewRaw implements bun.IDB.
func (r reader) NewRaw(query string, args ...any) *bun.RawQuery {
	return r.DB.NewRaw(query, args...).Conn(r.uncut())
}

// QueryContext implements bun.IDB.
func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.lane.query(ctx, r.DB.QueryContext, query, args)
}

// QueryRowContext implements bun.IDB.
func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.lane.queryRow(ctx, r.DB.QueryRowContext, query, args)
}

// uncut is what bun asks for the reader's queries.
type uncut struct {
	*sql.DB

	lane *lane
}

// QueryContext implements bun.IConn.
func (u uncut) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.lane.query(ctx, u.DB.QueryContext, query, args)
}

// QueryRowContext implements bun.IConn.
func (u uncut) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return u.lane.queryRow(ctx, u.DB.QueryRowContext, query, args)
}

// query reads in a turn of its own, which ends when the rows are closed: who waits for a
// connection does so no longer than its context.
func (l *lane) query(ctx context.Context, query func(context.Context, string, ...any) (*sql.Rows, error), text string, args []any) (*sql.Rows, error) {
	if err := l.enter(ctx); err != nil {
		return nil, err
	}
	rows, err := query(prepared.Uncut(ctx, l.leave), text, args...)
	if err != nil {
		l.leave()
	}
	return rows, err
}

func (l *lane) queryRow(ctx context.Context, query func(context.Context, string, ...any) *sql.Row, text string, args []any) *sql.Row {
	if err := l.enter(ctx); err != nil {
		return query(ctx, text, args...) // says that ctx has ended
	}
	row := query(prepared.Uncut(ctx, l.leave), text, args...)
	if row.Err() != nil {
		l.leave()
	}
	return row
}
