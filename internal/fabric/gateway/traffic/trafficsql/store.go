// Package trafficsql keeps what replicas of the gateway count in the database.
//
// It owns the table gateway_traffic: each count is in it by the minute, for some hours, and by
// the hour, for a month. Other tables of the same columns are those of who has them.
package trafficsql

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "gatewaytraffic", Files: migrations} }

// Store is a traffic.Store.
type Store struct {
	db    *db.DB
	table string
}

// NewStore returns a store on d of what the gateway counts.
func NewStore(d *db.DB) *Store { return NewStoreIn(d, "gateway_traffic") }

// NewStoreIn returns a store on d of what else is counted, in a table that has the columns of
// gateway_traffic.
func NewStoreIn(d *db.DB, table string) *Store { return &Store{d, table} }

const (
	// together is how many rows are written at once.
	together = 200
	// most is where a number of a row stands still: those of all hours of a month can be added up.
	most = 1 << 53
)

// counted are the columns of a tally, in the order of fields.
func counted() []string {
	names := []string{"bytes", "nanos", "c1", "c2", "c3", "c4", "c5"}
	for i := range len(traffic.Bounds()) + 1 {
		names = append(names, fmt.Sprintf("p%d", i))
	}
	return names
}

// fields are where the columns of counted are kept.
func fields(t *traffic.Tally) []any {
	out := []any{&t.Bytes, &t.Nanos}
	for i := range t.Classes[1:] {
		out = append(out, &t.Classes[i+1])
	}
	for i := range t.Places {
		out = append(out, &t.Places[i])
	}
	return out
}

// Add implements traffic.Store.
func (s *Store) Add(ctx context.Context, all []traffic.Count) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, span := range []time.Duration{time.Minute, time.Hour} {
			for from := 0; from < len(all); from += together {
				if err := s.add(ctx, span, all[from:min(from+together, len(all))]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Store) add(ctx context.Context, span time.Duration, all []traffic.Count) error {
	columns := counted()
	set := make([]string, 0, len(columns))
	for _, c := range columns {
		set = append(set, fmt.Sprintf("%[2]s = CASE WHEN %[1]s.%[2]s > %[3]d - EXCLUDED.%[2]s THEN %[3]d ELSE %[1]s.%[2]s + EXCLUDED.%[2]s END", s.table, c, int64(most)))
	}
	row := "(?" + strings.Repeat(", ?", 6+len(columns)) + ")"
	rows, args := make([]string, 0, len(all)), make([]any, 0, len(all)*(7+len(columns)))
	for _, c := range all {
		rows = append(rows, row)
		args = append(args, c.Tenant, c.Project, c.Stage, c.Route, c.Consumer, int64(span/time.Second), c.At.UTC().Truncate(span).Unix())
		for _, f := range fields(&c.Tally) {
			args = append(args, min(*f.(*int64), most)) //nolint:forcetypeassert // what fields returns
		}
	}
	_, err := s.db.Conn(ctx).ExecContext(ctx, "INSERT INTO "+s.table+" (tenant, project, stage, route, consumer, span, at, "+strings.Join(columns, ", ")+
		") VALUES "+strings.Join(rows, ", ")+" ON CONFLICT (tenant, project, stage, route, consumer, span, at) DO UPDATE SET "+strings.Join(set, ", "), args...)
	return db.Map(err, "what was counted of the traffic")
}

// Sums implements traffic.Store.
func (s *Store) Sums(ctx context.Context, q traffic.Question) ([]traffic.Count, error) {
	columns := counted()
	sums := make([]string, 0, len(columns))
	for _, c := range columns {
		sums = append(sums, "CAST(SUM("+c+") AS BIGINT)")
	}
	where, args := "tenant = ? AND span = ? AND at >= ? AND at <= ?", []any{q.Tenant, int64(q.Span / time.Second), q.From.Unix(), q.To.Unix()}
	for column, value := range map[string]string{"project": q.Project, "stage": q.Stage, "route": q.Route, "consumer": q.Consumer} {
		if value != "" {
			where, args = where+" AND "+column+" = ?", append(args, value)
		}
	}
	if q.Consumer == "" && !q.Consumers {
		where += " AND consumer = ''"
	}
	rows, err := s.db.Reader(ctx).QueryContext(ctx, "SELECT tenant, project, stage, route, consumer, "+strings.Join(sums, ", ")+
		" FROM "+s.table+" WHERE "+where+" GROUP BY tenant, project, stage, route, consumer", args...)
	if err != nil {
		return nil, db.Map(err, "what was counted of the traffic")
	}
	defer func() { _ = rows.Close() }()
	var out []traffic.Count
	for rows.Next() {
		var c traffic.Count
		if err := rows.Scan(append([]any{&c.Tenant, &c.Project, &c.Stage, &c.Route, &c.Consumer}, fields(&c.Tally)...)...); err != nil {
			return nil, db.Map(err, "what was counted of the traffic")
		}
		out = append(out, c)
	}
	return out, db.Map(rows.Err(), "what was counted of the traffic")
}

// Tidy implements traffic.Store.
func (s *Store) Tidy(ctx context.Context, now time.Time) error {
	for span, keep := range map[time.Duration]time.Duration{time.Minute: traffic.FineFor, time.Hour: traffic.MaxSince + time.Hour} {
		_, err := s.db.Conn(ctx).ExecContext(ctx, "DELETE FROM "+s.table+" WHERE span = ? AND at < ?", int64(span/time.Second), now.Add(-keep).Unix())
		if err != nil {
			return db.Map(err, "what was counted of the traffic")
		}
	}
	return nil
}
