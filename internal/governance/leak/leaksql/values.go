package leaksql

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Key returns the tenant's sealed key.
func (s *Store) Key(ctx context.Context, tenant string) (sealed []byte, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT sealed FROM leak_keys WHERE tenant = ?", tenant).Scan(ctx, &sealed)
	return sealed, db.Map(err, "the key of values of "+tenant)
}

// AddKey adds a key where the tenant has none.
func (s *Store) AddKey(ctx context.Context, tenant string, sealed []byte) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_keys (tenant, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING", tenant, sealed).Exec(ctx)
	return db.Map(err, "the key of values of "+tenant)
}

// changed notes that what is known of a secret has changed. The row is the secret's own, so
// that no two transactions wait for each other that have no secret in common.
func (s *Store) changed(ctx context.Context, scope kernel.Scope, name string) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_changes (tenant, project, stage, name, mark) VALUES (?, ?, ?, ?, "+s.marks().made+") "+
		"ON CONFLICT (tenant, project, stage, name) DO UPDATE SET mark = EXCLUDED.mark",
		scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	return db.Map(err, "the values of "+name)
}

// marks are what a database has for the order of its transactions: made is the mark of this
// one, and now the first that one can have which cannot be seen yet.
type marks struct{ made, now string }

func (s *Store) marks() marks {
	if s.db.Dialect() == db.Postgres {
		// A transaction with a number below the lowest of those that are underway is over.
		return marks{made: "pg_current_xact_id()::text::bigint", now: "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"}
	}
	const next = "(SELECT COALESCE(MAX(mark), 0) + 1 FROM leak_changes)" // one writes at a time
	return marks{made: next, now: next}
}

// Added notes that a value was added. Each is a row of its own, so that nobody waits.
func (s *Store) Added(ctx context.Context, tenant string) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_added (id, tenant) VALUES (?, ?)", kernel.NewID("add"), tenant).Exec(ctx)
	return db.Map(err, "the values of "+tenant)
}

type valueRow struct {
	bun.BaseModel `bun:"table:leak_values"`

	Tenant  string
	Project string
	Stage   string
	Name    string
	Version int64
	Form    int64
	Head    int64
	Length  int64
	Sum     []byte
}

// Keep keeps the forms of a version in place of those that it had.
func (s *Store) Keep(ctx context.Context, tenant string, v leak.Version, forms []leakscan.Entry) error {
	scope := kernel.Scope{Tenant: tenant, Project: v.Project, Stage: v.Stage}
	if err := s.drop(ctx, scope, v.Name, " AND version = ?", int64(v.Version)); err != nil {
		return err
	}
	if len(forms) > 0 {
		if err := s.add(ctx, tenant, v, forms); err != nil {
			return err
		}
	}
	return s.changed(ctx, scope, v.Name) // last: who reads it reads what there is then
}

func (s *Store) add(ctx context.Context, tenant string, v leak.Version, forms []leakscan.Entry) error {
	rows := make([]valueRow, len(forms))
	for i, e := range forms {
		rows[i] = valueRow{
			Tenant: tenant, Project: v.Project, Stage: v.Stage, Name: v.Name, Version: int64(v.Version), Form: int64(i),
			Head: int64(e.Window), Length: int64(e.Length), Sum: e.Sum, // the bits of it, whatever its sign
		}
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&rows).Exec(ctx)
	return db.Map(err, "the values of "+v.String())
}

// Forget removes versions of a secret; none are all.
func (s *Store) Forget(ctx context.Context, scope kernel.Scope, name string, versions []int) error {
	if len(versions) == 0 {
		return s.remove(ctx, scope, name, "")
	}
	numbers := make([]int64, len(versions))
	for i, v := range versions {
		numbers[i] = int64(v)
	}
	return s.remove(ctx, scope, name, " AND version IN (?)", bun.List(numbers))
}

// Prune removes versions of a secret up to one.
func (s *Store) Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error {
	return s.remove(ctx, scope, name, " AND version <= ?", int64(upTo))
}

func (s *Store) remove(ctx context.Context, scope kernel.Scope, name, which string, args ...any) error {
	if err := s.drop(ctx, scope, name, which, args...); err != nil {
		return err
	}
	return s.changed(ctx, scope, name)
}

func (s *Store) drop(ctx context.Context, scope kernel.Scope, name, which string, args ...any) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_values WHERE tenant = ? AND project = ? AND stage = ? AND name = ?"+which,
		append([]any{scope.Tenant, scope.Project, scope.Stage, name}, args...)...).Exec(ctx)
	return db.Map(err, "the values of "+name)
}

const (
	allForms = "SELECT project, stage, name, version, head, length, sum FROM leak_values WHERE tenant = ?"
	// changedForms has a row for a secret that has none, too.
	changedForms = "SELECT c.project, c.stage, c.name, COALESCE(v.version, 0), COALESCE(v.head, 0), COALESCE(v.length, 0), v.sum FROM leak_changes c " +
		"LEFT JOIN leak_values v ON v.tenant = c.tenant AND v.project = c.project AND v.stage = c.stage AND v.name = c.name WHERE c.tenant = ? AND c.mark >= ?"
)

// Read calls each with every form of the secrets of a tenant that have changed since a mark.
func (s *Store) Read(ctx context.Context, tenant string, since leak.Mark, each func(v leak.Version, e leakscan.Entry)) (leak.Mark, error) {
	mark, err := s.now(ctx) // before what is read, so that nothing is between them
	if err != nil {
		return 0, err
	}
	query, args := allForms, []any{tenant}
	if since > 0 {
		query, args = changedForms, []any{tenant, int64(since)}
	}
	rows, err := s.db.Reader(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return 0, db.Map(err, "the values of "+tenant)
	}
	defer func() { _ = rows.Close() }() // Err tells what matters
	for rows.Next() {
		var v leak.Version
		var e leakscan.Entry
		var head int64
		if err := rows.Scan(&v.Project, &v.Stage, &v.Name, &v.Version, &head, &e.Length, &e.Sum); err != nil {
			return 0, db.Map(err, "the values of "+tenant)
		}
		e.Window = uint64(head) // the bits of it, whatever its sign
		each(v, e)
	}
	return mark, db.Map(rows.Err(), "the values of "+tenant)
}

func (s *Store) now(ctx context.Context) (mark leak.Mark, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT "+s.marks().now).Scan(ctx, &mark)
	return mark, db.Map(err, "the changes of values")
}

// Tidy forgets changes before a mark, but the last: the next one has its mark by it.
func (s *Store) Tidy(ctx context.Context, before leak.Mark) (leak.Mark, error) {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_changes WHERE mark < ? AND mark < (SELECT MAX(mark) FROM leak_changes)", int64(before)).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the changes of values")
	}
	return s.now(ctx)
}
