package db_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestATransactionEndsWhole holds that whatever ends a transaction leaves all or
// nothing of it, and the connection to the next one.
func TestATransactionEndsWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, notes(), func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		insert := func(ctx context.Context, name string) error {
			_, err := d.Conn(ctx).NewRaw("INSERT INTO notes (name, body) VALUES (?, ?)", name, []byte{1}).Exec(ctx)
			return err
		}
		canceled, cancel := context.WithCancel(t.Context())
		for _, c := range []struct {
			why  string
			ctx  context.Context //nolint:containedctx // of the case
			do   func(ctx context.Context) error
			want []string
		}{
			{"it fails", t.Context(), func(ctx context.Context) error { return errors.Join(insert(ctx, "a"), boom) }, []string{}},
			{"it panics", t.Context(), func(ctx context.Context) error { _ = insert(ctx, "b"); panic(boom) }, []string{}},
			{"its context ends", canceled, func(ctx context.Context) error {
				err := insert(ctx, "c")
				cancel()
				return err
			}, []string{}},
			{"a statement of it fails, and it goes on as if that were nothing", t.Context(), func(ctx context.Context) error {
				_ = insert(ctx, "d")
				if d.Dialect() == db.SQLite {
					_, _ = d.Conn(ctx).ExecContext(ctx, "ROLLBACK") // as SQLite does by itself where the disk is full
				}
				return boom
			}, []string{}},
			{"a part of it fails", t.Context(), func(ctx context.Context) error {
				part := func(name string, fails error) error {
					return db.WithSQLTx(ctx, func(tx *sql.Tx) error {
						_, err := tx.ExecContext(ctx, "INSERT INTO notes (name, body) VALUES ('"+name+"', 'x')")
						return errors.Join(err, fails)
					})
				}
				err := errors.Join(insert(ctx, "e"), part("f", nil))
				if d.Dialect() == db.SQLite && !errors.Is(part("g", boom), boom) {
					t.Error("a part's error is lost")
				}
				return errors.Join(err, insert(ctx, "h"))
			}, []string{"e", "f", "h"}},
			{"it goes well", t.Context(), func(ctx context.Context) error {
				statement, err := db.Prepare(ctx, "INSERT INTO notes (name, body) VALUES ('i', 'x')")
				if err != nil {
					return err
				}
				defer func() { _ = statement.Close() }()
				_, err = statement.ExecContext(ctx)
				return err
			}, []string{"e", "f", "h", "i"}},
		} {
			func() {
				defer func() { _ = recover() }()
				_ = d.InTx(c.ctx, c.do)
			}()
			names := []string{}
			if err := d.Reader(t.Context()).NewRaw("SELECT name FROM notes ORDER BY name").Scan(t.Context(), &names); err != nil || !slices.Equal(names, c.want) {
				t.Errorf("%s: %v, %v", c.why, names, err)
			}
		}
		if db.InTransaction(t.Context()) || db.WithSQLTx(t.Context(), func(*sql.Tx) error { return nil }) == nil {
			t.Error("there is a transaction outside of any")
		}
	})
}
