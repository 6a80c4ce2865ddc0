package prepared_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

const table = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, body BLOB, at TIMESTAMP, weight REAL, done BOOLEAN DEFAULT FALSE)"

// source lets nothing wait for the disk.
const source = "?_pragma=synchronous(0)&_pragma=journal_mode(MEMORY)"

// open opens a database with one connection, whose statements are kept.
func open(t *testing.T) *bun.DB {
	t.Helper()
	c, err := prepared.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db") + source)
	if err != nil {
		t.Fatal(err)
	}
	return one(t, bun.NewDB(sql.OpenDB(c), prepared.NewDialect()))
}

// plain opens one as bun and the driver have it.
func plain(t *testing.T) *bun.DB {
	t.Helper()
	d, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+source)
	if err != nil {
		t.Fatal(err)
	}
	return one(t, bun.NewDB(d, sqlitedialect.New()))
}

func one(t *testing.T, d *bun.DB) *bun.DB {
	t.Helper()
	d.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = d.Close() })
	run(t, d, table)
	return d
}

func run(t *testing.T, d *bun.DB, query string, args ...any) {
	t.Helper()
	if _, err := d.NewRaw(query, args...).Exec(t.Context()); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// dump is everything that a query finds.
func dump(t *testing.T, d *bun.DB, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), query, args...)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%#v", values))
	}
	if err := rows.Err(); err != nil {
		out = append(out, err.Error())
	}
	return out
}

// kept is which statements the database's connection holds.
func kept(t *testing.T, d *bun.DB) (texts []string) {
	t.Helper()
	c, err := d.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	err = c.Raw(func(c any) error {
		texts = c.(interface{ Kept() []string }).Kept()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestValuesMakeNoOtherStatement(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i := range 5 {
		run(t, d, "INSERT INTO things (id, name, body) VALUES (?, ?, ?)", i, strings.Repeat("n", i), []byte{byte(i)})
		var name string
		if err := d.NewRaw("SELECT name FROM things WHERE id = ? AND body = ?", i, []byte{byte(i)}).Scan(t.Context(), &name); err != nil || len(name) != i {
			t.Fatalf("%d: %q, %v", i, name, err)
		}
	}
	want := []string{"SELECT name FROM things WHERE id = ? AND body = ?", "INSERT INTO things (id, name, body) VALUES (?, ?, ?)"}
	if diff := cmp.Diff(want, kept(t, d)); diff != "" {
		t.Error(diff)
	}
}

// TestStatementsMeanWhatTheyMeant compares with bun and the driver alone.
func TestStatementsMeanWhatTheyMeant(t *testing.T) {
	t.Parallel()
	ours, theirs := open(t), plain(t)
	at := time.Date(2026, 3, 1, 12, 30, 0, 120_000_000, time.FixedZone("", 3600))
	type thing struct {
		ID     int64 `bun:",pk"`
		Name   *string
		Body   []byte
		At     time.Time
		Weight float64
		Done   bool
	}
	name := "it's /*v*/'; -- ? :x\n\"é\""
	for _, d := range []*bun.DB{ours, theirs} {
		run(t, d, "INSERT INTO things (id, name, body, at, weight) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);",
			1, name, []byte{}, at, 1.5, 2, "", []byte(nil), at.Add(time.Hour), -3)
		for _, row := range []thing{{ID: -7, Name: &name, Body: []byte{0, 39}, At: at, Done: true}, {ID: 9}} {
			if _, err := d.NewInsert().Model(&row).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		query string
		args  []any
	}{
		{"SELECT *, typeof(name), typeof(body), typeof(at), typeof(weight) FROM things ORDER BY 1", nil},
		{"SELECT name, id FROM things ORDER BY 2 DESC, 1 LIMIT 2 OFFSET 1", nil},
		{"SELECT count(*), 7 FROM things GROUP BY 2", nil},
		{"SELECT id FROM things WHERE id IN (?) ORDER BY id LIMIT ?", []any{bun.List([]int{1, 2, -7}), 2}},
		{"SELECT id FROM things WHERE name = ? -- a comment with ' and /*v*/\n AND /* another ' */ id > ?", []any{name, -100}},
		{"SELECT id FROM things WHERE name LIKE ? ESCAPE '\\'", []any{`it's \/%`}},
		{"SELECT id FROM things WHERE at > ? AND NOT done", []any{at}},
		{"SELECT id FROM things WHERE body = ?", []any{[]byte{0, 39}}},
		{"SELECT id - ?, -1, 1.5, 0x10, 1e2, 9223372036854775808 FROM things WHERE id = ?", []any{-1, 1}},
		{"SELECT 'a' AS 'b c', \"id\", `name` FROM things WHERE done = ?", []any{true}},
		{"WITH t AS (SELECT 1 AS one) SELECT one, CAST(? AS VARCHAR(10)) FROM t", []any{12}},
		{"UPDATE things SET weight = weight + ? WHERE id = ? RETURNING weight, name", []any{2, 1}},
		{"DELETE FROM things WHERE id = ? RETURNING id", []any{9}},
		{"SELECT nothing FROM things WHERE id = ?", []any{1}},
		{"SELECT 1; SELECT 2", nil},
		{"SELECT ?", nil},
		{"PRAGMA table_info(things)", nil},
	} {
		for range 2 { // compiled, and kept
			got, want := dump(t, ours, c.query, c.args...), dump(t, theirs, c.query, c.args...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", c.query, diff)
			}
		}
	}
}

// TestReadingDoesNotDisturb holds that a statement may run again while its rows are
// read on the same connection, and that it sees a table's new columns.
func TestReadingDoesNotDisturb(t *testing.T) {
	t.Parallel()
	d := open(t)
	run(t, d, "INSERT INTO things (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
	err := d.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		outer, err := tx.QueryContext(ctx, "SELECT id FROM things WHERE id >= ? ORDER BY id", 1)
		if err != nil {
			return err
		}
		defer func() { _ = outer.Close() }()
		var seen []int
		for outer.Next() {
			var id, first int
			if err := outer.Scan(&id); err != nil {
				return err
			}
			if err := tx.NewRaw("SELECT id FROM things WHERE id >= ? ORDER BY id", id).Scan(ctx, &first); err != nil || first != id {
				t.Errorf("from %d: %d, %v", id, first, err)
			}
			seen = append(seen, id)
		}
		if !slices.Equal(seen, []int{1, 2, 3}) {
			t.Errorf("read %v", seen)
		}
		return outer.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	before := dump(t, d, "SELECT * FROM things WHERE id = ?", 1)
	run(t, d, "ALTER TABLE things ADD COLUMN colour TEXT DEFAULT 'red'")
	after := dump(t, d, "SELECT * FROM things WHERE id = ?", 1)
	if len(after) != 1 || !strings.Contains(after[0], "red") || strings.Contains(before[0], "red") {
		t.Errorf("before %v, after %v", before, after)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i := range 500 {
		run(t, d, fmt.Sprintf("UPDATE things SET name = ? WHERE id = ? AND name <> 'n%d'", i), "x", i)
		run(t, d, "DELETE FROM things WHERE id = ?", i)
	}
	texts := kept(t, d)
	if len(texts) > 128 || texts[0] != "DELETE FROM things WHERE id = ?" || !strings.HasSuffix(texts[1], "'n499'") {
		t.Errorf("%d statements are kept: %q", len(texts), texts)
	}
}

// TestAnEndedContextEndsWhatIsSlow holds that a statement that was slow before is
// cut off, and is whole the next time.
func TestAnEndedContextEndsWhatIsSlow(t *testing.T) {
	t.Parallel()
	d := open(t)
	const long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"
	var count int
	if err := d.NewRaw(long, 100_000).Scan(t.Context(), &count); err != nil || count != 100_000 {
		t.Fatalf("%d, %v", count, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.NewRaw(long, 1_000_000_000_000).Scan(ctx, &count); err == nil {
		t.Error("it went on")
	}
	if err := d.NewRaw(long, 10).Scan(ctx, &count); err == nil {
		t.Error("it began")
	}
	if err := d.NewRaw(long, 10).Scan(t.Context(), &count); err != nil || count != 10 {
		t.Errorf("%d, %v", count, err)
	}
}
