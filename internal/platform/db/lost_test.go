package db_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestNothingIsKeptAfterAStatementThatWasCutOff has a transaction go on as if that were
// nothing: SQLite has undone it by then, and would keep all that follows.
func TestNothingIsKeptAfterAStatementThatWasCutOff(t *testing.T) {
	t.Parallel()
	const long = "INSERT INTO notes (name, body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(? AS BIGINT)) SELECT 'long', 'x' FROM n WHERE i = 1"
	const short = "INSERT INTO notes (name, body) VALUES ('short', 'x')"
	direct := func(ctx context.Context, on bun.IDB, query string, args ...any) error {
		_, err := on.ExecContext(ctx, query, args...)
		return err
	}
	dbtest.Each(t, notes(), func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.InTx(t.Context(), func(ctx context.Context) error { // now it is known to be slow
			return errors.Join(boom, direct(ctx, d.Conn(ctx), long, 60_000))
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		for why, goesOn := range map[string]func(ctx context.Context, on bun.IDB) error{
			"written": func(ctx context.Context, on bun.IDB) error { return direct(ctx, on, short) },
			"by bun": func(ctx context.Context, on bun.IDB) error {
				_, err := on.NewRaw(short).Exec(ctx)
				return err
			},
			"as rows": func(ctx context.Context, on bun.IDB) error {
				var name string
				return on.NewRaw(short+" RETURNING name").Scan(ctx, &name)
			},
			"several at once": func(ctx context.Context, on bun.IDB) error { return direct(ctx, on, "SELECT 1; "+short) },
			"prepared": func(ctx context.Context, _ bun.IDB) error {
				s, err := db.Prepare(ctx, short)
				if err != nil {
					return err
				}
				defer func() { _ = s.Close() }()
				_, err = s.ExecContext(ctx)
				return err
			},
			"in a part": func(ctx context.Context, _ bun.IDB) error {
				return db.WithSQLTx(ctx, func(tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, short)
					return err
				})
			},
		} {
			err := d.InTx(t.Context(), func(ctx context.Context) error {
				before, err := db.Prepare(ctx, short)
				if err != nil {
					return err
				}
				defer func() { _ = before.Close() }()
				if direct(ended(t), d.Conn(ctx), long, 1_000_000_000_000) == nil {
					t.Errorf("%s: it is not cut off", why)
				}
				if goesOn(ctx, d.Conn(ctx)) == nil {
					t.Errorf("%s: the transaction goes on", why)
				}
				if _, err := before.ExecContext(ctx); err == nil {
					t.Errorf("%s: what was prepared before goes on", why)
				}
				return nil
			})
			if err == nil {
				t.Errorf("%s: the transaction is said to be kept", why)
			}
			if n := rows(t, d); n != 0 {
				t.Errorf("%s: %d rows are kept", why, n)
			}
			if d.Dialect() == db.SQLite {
				// The next one finds a connection that does not know yet what is slow.
				_ = d.InTx(t.Context(), func(ctx context.Context) error { return errors.Join(boom, direct(ctx, d.Conn(ctx), long, 60_000)) })
			}
		}
		if err := d.InTx(t.Context(), func(ctx context.Context) error { return direct(ctx, d.Conn(ctx), short) }); err != nil || rows(t, d) != 1 {
			t.Errorf("the next one: %v", err)
		}
	})
}

// TestLibrariesLoseTheirTransactionsToo is of those that database/sql begins.
func TestLibrariesLoseTheirTransactionsToo(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		tx, err := d.SQL().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		const add = "INSERT INTO notes (name, body) VALUES ('a', 'x')"
		if _, err := tx.ExecContext(t.Context(), "ROLLBACK"); err != nil { // as SQLite does by itself
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), add); err == nil {
			t.Error("it goes on")
		}
		_ = end(tx) // a commit says so, a rollback has nothing left to do
		if n := rows(t, d); n != 0 {
			t.Errorf("%d rows are kept", n)
		}
		if err := d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, "DELETE FROM notes")
			return err
		}); err != nil {
			t.Errorf("the next one: %v", err)
		}
	}
}

func rows(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Reader(t.Context()).NewRaw("SELECT COUNT(*) FROM notes").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
