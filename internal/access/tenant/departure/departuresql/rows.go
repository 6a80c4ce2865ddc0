// Package departuresql removes the rows of a tenant, in whatever room's tables they are.
//
// It reads the tables from the database itself, so that a new one is not forgotten: what
// has a column tenant is a tenant's. What belongs to one without saying so is listed here;
// what is the platform's as well, and a test fails for a table that is neither.
package departuresql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// atOnce is how many rows are removed in one transaction, so that others write between.
const atOnce = 500

// Log removes an audit log, which the database guards.
type Log interface {
	Remove(ctx context.Context, tenant string) error
}

// Rows is a departure.Eraser of the database.
type Rows struct {
	DB  *db.DB
	Log Log
	// Clock says which certificates have not ended.
	Clock kernel.Clock
}

// through says of tables without a column tenant which of their rows are a tenant's.
func through() map[string]string {
	return map[string]string{
		"event_deliveries":  "subscription IN (SELECT id FROM event_subscriptions WHERE tenant = ?)",
		"focus_days":        "slice IN (SELECT id FROM focus_slices WHERE tenant = ?)",
		"focus_sums":        "slice IN (SELECT id FROM focus_slices WHERE tenant = ?)",
		"provider_requests": "session IN (SELECT id FROM provider_sessions WHERE tenant = ?)",
		"run_stacks":        "stack LIKE ? || '/%'",
		"river_job":         "REPLACE(CAST(args AS TEXT), ' ', '') LIKE '%\"tenant\":\"' || ? || '\"%'",
	}
}

// guarded are the tables that Log removes from.
func guarded() []string {
	return []string{"audit_entries", "audit_signed_heads", "audit_heads", "audit_removals"}
}

// tombstones outlast a tenant: its name, that its keys were destroyed, and how much it used
// in each hour, for the last bill. None of them names people.
func tombstones() []string {
	return []string{"tenants", "keyring_owner_keys", "keyring_data_keys", "usage_hours"}
}

// outlasting says of tables of which some rows outlast a tenant which of them go: what is told
// to be revoked is told until it ends, and the inventory forgets it by itself later.
func outlasting() map[string]string {
	return map[string]string{"pki_certificates": "tenant = ? AND fingerprint <> ''"}
}

// platform are tables in which nothing is a tenant's.
func platform() []string {
	return []string{
		"acme_nonces", "audit_keys", "automation_cursor", "event_head", "factor_spent", "gateway_session_keys", "keyring_moves", "keyring_round", "pki_authorities", "pki_lists", "provider_keys",
		"river_client", "river_client_queue", "river_leader", "river_migration", "river_queue", "run_queue", "stage_sets", "trust_spent", "upstream_spent", "usage_progress",
	}
}

// turns are the platform's counts of changes, and how each is advanced: a process that holds
// rows in memory reads them anew once the count is another.
func turns() map[string]string {
	return map[string]string{
		"apispec_turn":              "UPDATE apispec_turn SET turn = turn + 1",
		"dns_revision":              "UPDATE dns_revision SET revision = revision + 1",
		"mesh_daemons":              "UPDATE mesh_daemons SET revision = revision + 1",
		"mesh_turn":                 "UPDATE mesh_turn SET turn = turn + 1",
		"gateway_domain_turn":       "UPDATE gateway_domain_turn SET turn = turn + 1",
		"gateway_revision":          "UPDATE gateway_revision SET revision = revision + 1",
		"gateway_subscription_turn": "UPDATE gateway_subscription_turn SET turn = turn + 1",
		"pki_turn":                  "UPDATE pki_turn SET turn = turn + 1",
		"provider_revision": `INSERT INTO provider_revision (name, revision) VALUES ('all', 1)
			ON CONFLICT (name) DO UPDATE SET revision = provider_revision.revision + 1`,
	}
}

// Unknown returns the tables of which it is not known whose they are.
func (r Rows) Unknown(ctx context.Context) ([]string, error) {
	own, others, err := r.tables(ctx)
	if err != nil {
		return nil, err
	}
	extra := through()
	known := slices.Concat(own, guarded(), tombstones(), platform(), slices.Collect(maps.Keys(extra)), slices.Collect(maps.Keys(turns())))
	return slices.DeleteFunc(others, func(name string) bool { return slices.Contains(known, name) }), nil
}

// Own returns the tables that have a column tenant.
func (r Rows) Own(ctx context.Context) ([]string, error) {
	own, _, err := r.tables(ctx)
	return own, err
}

// tables returns those that have a column tenant, and the others.
func (r Rows) tables(ctx context.Context) (own, others []string, err error) {
	query := `SELECT m.name AS name, EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'tenant') AS own
		FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name`
	if r.DB.Dialect() == db.Postgres {
		query = `SELECT t.table_name AS name, EXISTS (SELECT 1 FROM information_schema.columns c
			WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.column_name = 'tenant') AS own
			FROM information_schema.tables t WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY t.table_name`
	}
	var rows []struct {
		Name string `bun:"name"`
		Own  bool   `bun:"own"`
	}
	if err := r.DB.Reader(ctx).NewRaw(query).Scan(ctx, &rows); err != nil {
		return nil, nil, db.Map(err, "the tables")
	}
	for _, row := range rows {
		switch {
		case strings.HasPrefix(row.Name, "schema_"):
		case row.Own:
			own = append(own, row.Name)
		default:
			others = append(others, row.Name)
		}
	}
	return own, others, nil
}

// Erase removes the rows of a tenant, and lets every process look again at what it holds.
func (r Rows) Erase(ctx context.Context, tenant string) (rows, objects int64, err error) {
	own, _, err := r.tables(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := r.DB.InTx(ctx, func(ctx context.Context) error { return r.revoke(ctx, tenant) }); err != nil {
		return 0, 0, err
	}
	extra := through()
	for _, table := range slices.Sorted(maps.Keys(extra)) {
		n, err := r.empty(ctx, table, extra[table], tenant)
		if rows += n; err != nil {
			return rows, 0, err
		}
	}
	own = slices.DeleteFunc(own, func(name string) bool { return slices.Contains(guarded(), name) || slices.Contains(tombstones(), name) })
	n, err := r.emptyAll(ctx, own, tenant)
	if rows += n; err != nil {
		return rows, 0, err
	}
	if err := r.DB.InTx(ctx, r.turn); err != nil {
		return rows, 0, err
	}
	err = r.DB.InTx(ctx, func(ctx context.Context) error { return r.Log.Remove(ctx, tenant) })
	return rows, 0, err
}

// revoke revokes the certificates of a tenant that hold still, so that nobody trusts them until
// they end: of each stays the serial, and nothing that names anybody or anything.
func (r Rows) revoke(ctx context.Context, tenant string) error {
	now := r.Clock.Now().UnixMilli()
	_, err := r.DB.Conn(ctx).NewRaw(`UPDATE pki_certificates SET
		reason = CASE WHEN revoked_at = 0 THEN 'cessationOfOperation' ELSE reason END,
		revoked_at = CASE WHEN revoked_at = 0 THEN ? ELSE revoked_at END,
		project = '', stage = '', holder = '', subject = '', names = '', fingerprint = '', renewed_from = '', renewed_by = '', revoked_by = '', der = ?
		WHERE tenant = ? AND issuer <> '' AND not_after > ?`, now, []byte{}, tenant, now).Exec(ctx)
	return db.Map(err, "the certificates of "+tenant)
}

func (r Rows) turn(ctx context.Context) error {
	all := turns()
	for _, table := range slices.Sorted(maps.Keys(all)) {
		if _, err := r.DB.Conn(ctx).NewRaw(all[table]).Exec(ctx); err != nil {
			return db.Map(err, "the count of "+table)
		}
	}
	return nil
}

// emptyAll empties tables that may refer to one another: one that others still refer to
// comes once more.
func (r Rows) emptyAll(ctx context.Context, tables []string, tenant string) (rows int64, err error) {
	for len(tables) > 0 {
		var left []string
		var failed error
		for _, table := range tables {
			n, err := r.empty(ctx, table, cmp.Or(outlasting()[table], "tenant = ?"), tenant)
			if rows += n; err != nil {
				left, failed = append(left, table), errors.Join(failed, err)
			}
		}
		if len(left) == len(tables) || ctx.Err() != nil {
			return rows, failed
		}
		tables = left
	}
	return rows, nil
}

func (r Rows) empty(ctx context.Context, table, where, tenant string) (rows int64, err error) {
	key := "rowid"
	if r.DB.Dialect() == db.Postgres {
		key = "ctid"
	}
	query := fmt.Sprintf("DELETE FROM %s WHERE %s IN (SELECT %s FROM %s WHERE %s LIMIT %d)", table, key, key, table, where, atOnce)
	for {
		var n int64
		err := r.DB.InTx(ctx, func(ctx context.Context) error {
			res, err := r.DB.Conn(ctx).NewRaw(query, tenant).Exec(ctx)
			if err != nil {
				return db.Map(err, "what "+table+" has of "+tenant)
			}
			n, err = res.RowsAffected()
			return db.Map(err, "what "+table+" has of "+tenant)
		})
		if rows += n; err != nil || n == 0 {
			return rows, err
		}
	}
}
