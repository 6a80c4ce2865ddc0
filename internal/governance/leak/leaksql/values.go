package leaksql

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Key returns the tenant's sealed key, and how often its values have changed.
func (s *Store) Key(ctx context.Context, tenant string) (sealed []byte, revision int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT sealed, revision FROM leak_keys WHERE tenant = ?", tenant).Scan(ctx, &sealed, &revision)
	return sealed, revision, db.Map(err, "the key of values of "+tenant)
}

// AddKey adds a key where the tenant has none.
func (s *Store) AddKey(ctx context.Context, tenant string, sealed []byte) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_keys (tenant, sealed, revision) VALUES (?, ?, 1) ON CONFLICT DO NOTHING", tenant, sealed).Exec(ctx)
	return db.Map(err, "the key of values of "+tenant)
}

// changed counts a change of what is known of a tenant's values.
func (s *Store) changed(ctx context.Context, tenant string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE leak_keys SET revision = revision + 1 WHERE tenant = ?", tenant).Exec(ctx)
	return db.Map(err, "the key of values of "+tenant)
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
	if err := s.Forget(ctx, kernel.Scope{Tenant: tenant, Project: v.Project, Stage: v.Stage}, v.Name, []int{v.Version}); err != nil || len(forms) == 0 {
		return err
	}
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
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_values WHERE tenant = ? AND project = ? AND stage = ? AND name = ?"+which,
		append([]any{scope.Tenant, scope.Project, scope.Stage, name}, args...)...).Exec(ctx)
	if err != nil {
		return db.Map(err, "the values of "+name)
	}
	return s.changed(ctx, scope.Tenant)
}

// All calls each with every form of a tenant.
func (s *Store) All(ctx context.Context, tenant string, each func(v leak.Version, e leakscan.Entry)) error {
	rows, err := s.db.Reader(ctx).QueryContext(ctx, "SELECT project, stage, name, version, head, length, sum FROM leak_values WHERE tenant = ?", tenant)
	if err != nil {
		return db.Map(err, "the values of "+tenant)
	}
	defer func() { _ = rows.Close() }() // Err tells what matters
	for rows.Next() {
		var v leak.Version
		var e leakscan.Entry
		var head int64
		if err := rows.Scan(&v.Project, &v.Stage, &v.Name, &v.Version, &head, &e.Length, &e.Sum); err != nil {
			return db.Map(err, "the values of "+tenant)
		}
		e.Window = uint64(head) // the bits of it, whatever its sign
		each(v, e)
	}
	return db.Map(rows.Err(), "the values of "+tenant)
}
