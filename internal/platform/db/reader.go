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

	turns turns
}

func (r reader) uncut() uncut { return uncut{DB: r.DB.DB, turns: r.turns} }

// NewSelect implements bun.IDB.
func (r reader) NewSelect() *bun.SelectQuery { return r.DB.NewSelect().Conn(r.uncut()) }

// NewRaw implements bun.IDB.
func (r reader) NewRaw(query string, args ...any) *bun.RawQuery {
	return r.DB.NewRaw(query, args...).Conn(r.uncut())
}

// QueryContext implements bun.IDB.
func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.turns.query(ctx, r.DB.QueryContext, query, args)
}

// QueryRowContext implements bun.IDB.
func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.turns.queryRow(ctx, r.DB.QueryRowContext, query, args)
}

// uncut is what bun asks for the reader's queries.
type uncut struct {
	*sql.DB

	turns turns
}

// QueryContext implements bun.IConn.
func (u uncut) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.turns.query(ctx, u.DB.QueryContext, query, args)
}

// QueryRowContext implements bun.IConn.
func (u uncut) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return u.turns.queryRow(ctx, u.DB.QueryRowContext, query, args)
}

// turns has who reads wait for a connection no longer than its context: one turn for
// each connection, which ends when the rows are closed.
type turns struct {
	taken chan struct{}
	end   func()
}

func newTurns(n int) turns {
	taken := make(chan struct{}, n)
	return turns{taken: taken, end: func() { <-taken }}
}

func (t turns) take(ctx context.Context) error {
	select {
	case t.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turns) query(ctx context.Context, query func(context.Context, string, ...any) (*sql.Rows, error), text string, args []any) (*sql.Rows, error) {
	if err := t.take(ctx); err != nil {
		return nil, err
	}
	rows, err := query(prepared.Uncut(ctx, t.end), text, args...)
	if err != nil {
		t.end()
	}
	return rows, err
}

func (t turns) queryRow(ctx context.Context, query func(context.Context, string, ...any) *sql.Row, text string, args []any) *sql.Row {
	if err := t.take(ctx); err != nil {
		return query(ctx, text, args...) // says that ctx has ended
	}
	row := query(prepared.Uncut(ctx, t.end), text, args...)
	if row.Err() != nil {
		t.end()
	}
	return row
}
