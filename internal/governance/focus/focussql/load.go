package focussql

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// table is one table with the rows that go into it.
type table struct {
	name    string
	columns []string
	// once says that a row may be there already.
	once bool
	rows [][]any
}

// tables lays a batch out, keys in order, so that two imports cannot wait for each other.
func tables(i focus.Import, b focus.Batch) []table {
	things := table{name: "focus_things", once: true, columns: []string{"tenant", "id", "provider", "service", "category", "sub_account", "resource", "name"}}
	for _, id := range slices.Sorted(maps.Keys(b.Things)) {
		t := b.Things[id]
		things.rows = append(things.rows, []any{i.Tenant, id, t.Provider, t.Service, t.Category, t.SubAccount, t.Resource, t.Name})
	}
	labels := table{name: "focus_labels", once: true, columns: []string{"tenant", "id", "tags"}}
	for _, id := range slices.Sorted(maps.Keys(b.Labels)) {
		labels.rows = append(labels.rows, []any{i.Tenant, id, b.Labels[id]})
	}
	parts := table{name: "focus_slices", columns: []string{"id", "tenant", "import", "account", "period", "period_end", "part", "first_day", "last_day", "status"}}
	for _, s := range b.Slices {
		parts.rows = append(parts.rows, []any{s.ID, i.Tenant, i.ID, s.Account, s.Period, s.End, s.Part, s.From, s.To, loading})
	}
	return []table{things, labels, parts, sums(b), days(b)}
}

func sums(b focus.Batch) table {
	t := table{name: "focus_sums", rows: make([][]any, 0, len(b.Sums)), columns: []string{
		"slice", "thing", "label", "currency", "category", "charges", "billed_milli", "billed_pico", "effective_milli", "effective_pico", "list_milli", "list_pico",
	}}
	for _, s := range b.Sums {
		t.rows = append(t.rows, []any{
			s.Slice, s.Thing, s.Label, s.Currency, s.Category, s.Rows, s.Billed.Milli, s.Billed.Pico, s.Effective.Milli, s.Effective.Pico, s.List.Milli, s.List.Pico,
		})
	}
	return t
}

func days(b focus.Batch) table {
	t := table{name: "focus_days", rows: make([][]any, 0, len(b.Usage)), columns: []string{"slice", "label", "day", "service", "currency", "effective_milli", "effective_pico"}}
	for _, d := range b.Usage {
		t.rows = append(t.rows, []any{d.Slice, d.Label, d.Day, d.Service, d.Currency, d.Effective.Milli, d.Effective.Pico})
	}
	return t
}

// Load adds a batch to an import: on PostgreSQL by COPY, on SQLite by statements
// of many rows.
func (s *Store) Load(ctx context.Context, i focus.Import, b focus.Batch) error {
	all := tables(i, b)
	if s.db.Dialect() == db.Postgres {
		return db.Map(s.copyIn(ctx, i, all), "the import")
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		result, err := s.db.Conn(ctx).NewRaw("UPDATE focus_imports SET touched_at = ? WHERE id = ? AND status = ?", s.clock.Now(), i.ID, loading).Exec(ctx)
		if err := db.Changed(result, err, "the import"); err != nil {
			return err
		}
		for _, t := range all {
			if err := insert(ctx, t); err != nil {
				return db.Map(err, "the import")
			}
		}
		return nil
	})
}

// together is how many rows one statement inserts.
const together = 50

func insert(ctx context.Context, t table) error {
	for len(t.rows) >= together {
		n := len(t.rows) / together * together
		if err := insertBy(ctx, t, t.rows[:n], together); err != nil {
			return err
		}
		t.rows = t.rows[n:]
	}
	if len(t.rows) == 0 {
		return nil
	}
	return insertBy(ctx, t, t.rows, len(t.rows))
}

func insertBy(ctx context.Context, t table, rows [][]any, each int) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + ")"
	query := strings.Join([]string{"INSERT INTO", t.name, "(", strings.Join(t.columns, ", "), ") VALUES", strings.TrimSuffix(strings.Repeat(one+",", each), ",")}, " ")
	if t.once {
		query += " ON CONFLICT DO NOTHING"
	}
	statement, err := db.Prepare(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }()
	values := make([]any, 0, each*len(t.columns))
	for chunk := range slices.Chunk(rows, each) {
		values = values[:0]
		for _, r := range chunk {
			values = append(values, r...)
		}
		if _, err := statement.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}
