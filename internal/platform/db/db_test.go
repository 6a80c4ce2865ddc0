package db_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func notes() []db.Migrations {
	return []db.Migrations{{Room: "notes", Files: fstest.MapFS{"migrations/00001_init.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE notes (name TEXT PRIMARY KEY, body BYTEA NOT NULL);\n")}}}}
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, notes(), func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		insert := func(ctx context.Context, name string) error {
			_, err := d.Conn(ctx).ExecContext(ctx, "INSERT INTO notes (name, body) VALUES (?, ?)", name, []byte{0, 1})
			return db.Map(err, "note "+name)
		}
		count := func() (n int) {
			if err := d.Reader(ctx).QueryRowContext(ctx, "SELECT count(*) FROM notes").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		boom := errors.New("boom")
		err := d.InTx(ctx, func(ctx context.Context) error {
			if err := insert(ctx, "a"); err != nil {
				return err
			}
			return d.InTx(ctx, func(context.Context) error { return boom })
		})
		if !errors.Is(err, boom) || count() != 0 {
			t.Fatalf("a failed inner call must roll all back: err %v, %d rows", err, count())
		}
		if err := d.InTx(ctx, func(ctx context.Context) error { return insert(ctx, "a") }); err != nil {
			t.Fatal(err)
		}
		if err := insert(ctx, "a"); !kernel.Is(err, kernel.Conflict) {
			t.Fatalf("second insert: %v, want a conflict", err)
		}
		if count() != 1 {
			t.Fatalf("%d rows, want 1", count())
		}
	})
}

// TestWhatIsGatheredIsPutAtTheEnd holds that it is put once, in order, in its
// transaction.
func TestWhatIsGatheredIsPutAtTheEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, notes(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		boom := errors.New("boom")
		gather := func(ctx context.Context, key, name string) error {
			return db.Gather(ctx, key, name, func(ctx context.Context, all []string) error {
				for _, name := range all {
					if name == "bad" {
						return boom
					}
				}
				_, err := d.Conn(ctx).ExecContext(ctx, "INSERT INTO notes (name, body) VALUES (?, ?)", strings.Join(all, " "), []byte(key))
				return err
			})
		}
		kept := func() (names []string) {
			if err := d.Reader(ctx).NewRaw("SELECT name FROM notes ORDER BY name").Scan(ctx, &names); err != nil {
				t.Fatal(err)
			}
			return names
		}
		for _, c := range []struct {
			words []string
			fails error
			want  []string
		}{
			{[]string{"a", "b"}, boom, []string{}},
			{[]string{"a", "bad"}, nil, []string{}},
			{[]string{"a", "b", "c"}, nil, []string{"a b c"}},
		} {
			err := d.InTx(ctx, func(ctx context.Context) error {
				for _, w := range c.words {
					if err := d.InTx(ctx, func(ctx context.Context) error { return gather(ctx, "k", w) }); err != nil {
						return err
					}
				}
				if len(kept()) != 0 && d.Dialect() == db.SQLite {
					t.Error("it is put before the end")
				}
				return c.fails
			})
			if got := kept(); (err == nil) != (len(c.want) > 0) || !slices.Equal(got, c.want) {
				t.Errorf("%q: %v, kept %q", c.words, err, got)
			}
		}
		if err := gather(ctx, "k", "alone"); err != nil || !slices.Equal(kept(), []string{"a b c", "alone"}) {
			t.Errorf("%v, kept %q", err, kept())
		}
	})
}

// TestReadingEndsWithItsContext holds that what is slow is cut off, that no more rows
// are read, and that nothing begins; the next one reads on.
func TestReadingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		const long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(? AS BIGINT)) SELECT "
		read := func(ctx context.Context, most int) (n int, err error) {
			err = d.Reader(ctx).NewRaw(long+"count(*) FROM n", most).Scan(ctx, &n)
			return n, err
		}
		if n, err := read(t.Context(), 200_000); err != nil || n != 200_000 {
			t.Fatalf("%d, %v", n, err)
		}
		// A connection that has rested for long is replaced, by one that does not know yet
		// what is slow: it knows the next time.
		ctx, went := ended(t), 0
		for ; went < 3 && goesOn(ctx, d, long+"count(*) FROM n", 20_000_000); went++ {
			ctx = ended(t)
		}
		if went == 3 {
			t.Error("it went on")
		}
		if _, err := read(ctx, 10); err == nil {
			t.Error("it began")
		}
		if n, err := read(t.Context(), 10); err != nil || n != 10 {
			t.Errorf("%d, %v", n, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rows, err := d.Reader(ctx).QueryContext(ctx, long+"i FROM n", 2_000_000)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		seen := 0
		for rows.Next() {
			if seen++; seen == 10 {
				cancel()
			}
		}
		if err := rows.Err(); !errors.Is(err, context.Canceled) || seen == 2_000_000 {
			t.Errorf("%d rows, %v", seen, err)
		}
	})
}

// ended is a context that ends while what is slow runs.
func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// goesOn reports whether a query was not cut off before its first row.
func goesOn(ctx context.Context, d *db.DB, query string, args ...any) bool {
	rows, err := d.Reader(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return false
	}
	defer func() { _ = rows.Close() }()
	return rows.Err() == nil
}

// TestWhoWaitsToReadLeavesWithItsContext has all connections be read from.
func TestWhoWaitsToReadLeavesWithItsContext(t *testing.T) {
	t.Parallel()
	d, n := dbtest.SQLite(t, notes()...), 0
	reads := map[string]func(context.Context) error{
		"raw":    func(ctx context.Context) error { return d.Reader(ctx).NewRaw("SELECT 1").Scan(ctx, &n) },
		"select": func(ctx context.Context) error { return d.Reader(ctx).NewSelect().ColumnExpr("1").Scan(ctx, &n) },
		"row":    func(ctx context.Context) error { return d.Reader(ctx).QueryRowContext(ctx, "SELECT 1").Scan(&n) },
		"rows": func(ctx context.Context) error {
			rows, err := d.Reader(ctx).QueryContext(ctx, "SELECT 1")
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			return rows.Err()
		},
	}
	for range 3 { // what was waited for in vain is no connection less
		var open []io.Closer
		for range 8 {
			rows, err := d.Reader(t.Context()).QueryContext(t.Context(), "SELECT 1 UNION SELECT 2")
			if err == nil {
				err = rows.Err()
			}
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, rows)
		}
		for name, read := range reads {
			left := make(chan error, 1)
			go func(ctx context.Context) { left <- read(ctx) }(ended(t))
			select {
			case err := <-left:
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: %v", name, err)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s: it waits on", name)
			}
		}
		for _, rows := range open {
			_ = rows.Close()
		}
		for name, read := range reads {
			if err := read(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestFailedReadsLeaveConnections reads what cannot be read, what is not kept compiled,
// and rows that nobody reads to the end, each more often than there are connections.
func TestFailedReadsLeaveConnections(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 20 {
		var n int
		if d.Reader(ctx).NewRaw("SELECT nothing FROM notes").Scan(ctx, &n) == nil || d.Reader(ctx).QueryRowContext(ctx, "SELECT").Scan(&n) == nil {
			t.Fatal("it was read")
		}
		if err := d.Reader(ctx).QueryRowContext(ctx, "PRAGMA query_only").Scan(&n); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if !goesOn(ctx, d, "SELECT 1 UNION SELECT 2") {
			t.Fatal("it was not read")
		}
	}
}

// TestRedoableEnds holds that commits wait for the disk again after migrations,
// whether they went well or not.
func TestABadURLIsNotRepeated(t *testing.T) {
	t.Parallel()
	_, err := db.Open(t.Context(), "postgres://terrace:hunter/2@host/name")
	if err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("%v", err)
	}
}

func TestRedoableEnds(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	level := func() (n int) {
		if err := d.SQL().QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const normal, full = 1, 2
	if got := level(); got != full {
		t.Errorf("after the migrations the level is %d, want %d", got, full)
	}
	boom := errors.New("boom")
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Redoable(ctx, func() error {
		if got := level(); got != normal {
			t.Errorf("meanwhile the level is %d, want %d", got, normal)
		}
		cancel()
		return boom
	})
	if got := level(); !errors.Is(err, boom) || got != full {
		t.Errorf("after a failure: %v, level %d, want %d", err, got, full)
	}
}
