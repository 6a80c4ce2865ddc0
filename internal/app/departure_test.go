package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/tenant/departure/departuresql"
	"github.com/terrace-idp/terrace/internal/delivery/run/runjobs"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// column is one of a table that a row needs a value for.
type column struct {
	Name string `bun:"name"`
	Type string `bun:"type"`
}

// columns are those of a table, without what the database fills by itself.
func columns(t *testing.T, d *db.DB, table string) (all []column) {
	t.Helper()
	query := "SELECT name, LOWER(type) AS type FROM pragma_table_info(?)"
	if d.Dialect() == db.Postgres {
		query = `SELECT column_name AS name, LOWER(data_type) AS type FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = ? AND is_identity = 'NO' AND COALESCE(column_default, '') NOT LIKE 'nextval%'`
	}
	if err := d.Reader(t.Context()).NewRaw(query, table).Scan(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// fill puts a row of a tenant into each table that has a column tenant.
func fill(t *testing.T, d *db.DB, tables []string, tenant string, nth int) {
	t.Helper()
	off, on := "PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"
	if d.Dialect() == db.Postgres {
		off, on = "SET session_replication_role = replica", "SET session_replication_role = DEFAULT"
	}
	conn, err := d.SQL().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), off); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var names, values []string
		for _, c := range columns(t, d, table) {
			names, values = append(names, c.Name), append(values, literal(c, tenant, nth))
		}
		if _, err := conn.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	if _, err := conn.ExecContext(t.Context(), on); err != nil {
		t.Fatal(err)
	}
}

func literal(c column, tenant string, nth int) string {
	switch {
	case c.Name == "tenant":
		return "'" + tenant + "'"
	case strings.Contains(c.Type, "int"):
		return fmt.Sprint(nth)
	case strings.Contains(c.Type, "bool"):
		return "FALSE"
	case strings.Contains(c.Type, "time"):
		return "'2026-01-01 00:00:00'"
	case strings.Contains(c.Type, "real"), strings.Contains(c.Type, "double"), strings.Contains(c.Type, "numeric"):
		return "1.5"
	case c.Name == "args":
		return fmt.Sprintf(`'{"tenant": "%s", "run": "run_1"}'`, tenant)
	case c.Name == "stack":
		return fmt.Sprintf("'%s/shop/orders/dev%d'", tenant, nth)
	case strings.Contains(c.Type, "json"):
		return "'{}'"
	}
	return fmt.Sprintf("'%s-%d'", tenant, nth)
}

// TestNothingIsLeftOfATenant fills every table of the schema for two tenants and removes
// one of them. A table that a room adds is filled, too, and one of which it is not known
// whose it is fails.
func TestNothingIsLeftOfATenant(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations(), func(t *testing.T, d *db.DB) {
		queue, err := runjobs.New(d, runjobs.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := queue.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := departuresql.Rows{DB: d, Log: auditsql.NewStore(d)}
		if unknown, err := rows.Unknown(t.Context()); err != nil || len(unknown) > 0 {
			t.Fatalf("whose are the tables %v? Say it in departuresql (%v)", unknown, err)
		}
		own, err := rows.Own(t.Context())
		if err != nil || len(own) < 90 {
			t.Fatalf("%d tables, %v", len(own), err)
		}
		own = slices.DeleteFunc(own, func(name string) bool {
			return name == "audit_removals" || name == "audit_heads" // the door of the others
		})
		own = slices.Insert(own, 0, "audit_heads") // no entry is beyond the end of its log
		through := []string{"event_deliveries", "focus_days", "focus_sums", "provider_requests", "run_stacks"}
		for i, tenant := range []string{"acme", "acme-too"} {
			fill(t, d, own, tenant, i+1)
			fill(t, d, through, tenant, i+1)
		}
		turns := turnsOf(t, d)
		removed, _, err := rows.Erase(t.Context(), "acme")
		if err != nil || removed < int64(len(own)-3) {
			t.Errorf("%d rows, %v", removed, err)
		}
		for _, table := range own {
			if n := rowsIn(t, d, table, "tenant = 'acme'"); n != 0 && table != "tenants" && table != "usage_hours" {
				t.Errorf("%s has %d rows of the tenant", table, n)
			}
			if n := rowsIn(t, d, table, "tenant = 'acme-too'"); n != 1 {
				t.Errorf("%s has %d rows of another tenant", table, n)
			}
		}
		if n := rowsIn(t, d, "usage_hours", "tenant = 'acme'"); n != 1 {
			t.Errorf("of what the tenant used, %d rows are left for its last bill", n)
		}
		after := turnsOf(t, d)
		if len(after) < 6 {
			t.Errorf("counts of changes: %v", after)
		}
		for table, n := range after {
			if n == turns[table] {
				t.Errorf("%s does not say that rows went: who holds them in memory goes on with them", table)
			}
		}
		for _, table := range through {
			if n := rowsIn(t, d, table, "TRUE"); n != 1 {
				t.Errorf("%s has %d rows, want that of the other tenant", table, n)
			}
		}
	})
}

// turnsOf are the counts of changes that processes look at, by their tables.
func turnsOf(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	tables := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if d.Dialect() == db.Postgres {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var names []string
	if err := d.Reader(t.Context()).NewRaw(tables).Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, name := range names {
		_, column, _ := strings.Cut(name[max(0, strings.LastIndexByte(name, '_')):], "_")
		if column != "turn" && column != "revision" {
			continue
		}
		var n int
		if err := d.Reader(t.Context()).NewRaw("SELECT COALESCE(MAX("+column+"), 0) FROM "+name).Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		all[name] = n
	}
	return all
}

func rowsIn(t *testing.T, d *db.DB, table, where string) (n int) {
	t.Helper()
	if err := d.Reader(context.WithoutCancel(t.Context())).NewRaw("SELECT COUNT(*) FROM "+table+" WHERE "+where).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
