// Package usagesql keeps what tenants use in the database.
//
// It owns the tables usage_hours, usage_actors and usage_progress. It meters nothing;
// access/usage does.
package usagesql

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/usage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "usage", Files: files} }

// Store is a usage.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ usage.Store = (*Store)(nil)

// hourForm is how hours are written.
const hourForm = "2006-01-02T15"

const what = "the usage"

// Progress returns NotFound before Begin.
func (s *Store) Progress(ctx context.Context) (p usage.Progress, err error) {
	var row struct {
		Position uint64
		Hour     string
	}
	if err := s.db.Reader(ctx).NewRaw("SELECT position, hour FROM usage_progress WHERE id = 1").Scan(ctx, &row); err != nil {
		return p, db.Map(err, what)
	}
	hour, err := time.Parse(hourForm, row.Hour)
	return usage.Progress{Position: row.Position, Hour: hour}, err
}

// Begin keeps the first one.
func (s *Store) Begin(ctx context.Context, p usage.Progress) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO usage_progress (id, position, hour) VALUES (1, ?, ?) ON CONFLICT DO NOTHING", p.Position, p.Hour.Format(hourForm)).Exec(ctx)
	return db.Map(err, what)
}

// Swap writes p if the stored one still is old.
func (s *Store) Swap(ctx context.Context, old, p usage.Progress) error {
	res, err := s.db.Conn(ctx).NewRaw("UPDATE usage_progress SET position = ?, hour = ? WHERE id = 1 AND position = ? AND hour = ?",
		p.Position, p.Hour.Format(hourForm), old.Position, old.Hour.Format(hourForm)).Exec(ctx)
	if err != nil {
		return db.Map(err, what)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return db.Map(err, what)
	}
	return kernel.Errorf(kernel.Stale, "another process has metered meanwhile")
}

// Add adds to what is kept.
func (s *Store) Add(ctx context.Context, all []usage.Amount) error {
	for _, a := range all {
		_, err := s.db.Conn(ctx).NewRaw("INSERT INTO usage_hours (tenant, hour, project, stage, metric, quantity) VALUES (?, ?, ?, ?, ?, ?)"+
			" ON CONFLICT (tenant, hour, project, stage, metric) DO UPDATE SET quantity = usage_hours.quantity + excluded.quantity",
			a.Scope.Tenant, a.Hour.UTC().Format(hourForm), a.Scope.Project, a.Scope.Stage, string(a.Metric), a.Quantity).Exec(ctx)
		if err != nil {
			return db.Map(err, what)
		}
	}
	return nil
}

// AddActors keeps who was active, each once.
func (s *Store) AddActors(ctx context.Context, hour time.Time, actors []usage.Actor) error {
	for _, a := range actors {
		if _, err := s.db.Conn(ctx).NewRaw("INSERT INTO usage_actors (hour, tenant, actor) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", hour.UTC().Format(hourForm), a.Tenant, a.ID).Exec(ctx); err != nil {
			return db.Map(err, what)
		}
	}
	return nil
}

// Actors counts who was active up to the end of an hour, by tenant, and forgets them.
func (s *Store) Actors(ctx context.Context, hour time.Time) (map[string]int64, error) {
	var rows []struct {
		Tenant string
		N      int64
	}
	at := hour.UTC().Format(hourForm)
	if err := s.db.Reader(ctx).NewRaw("SELECT tenant, COUNT(DISTINCT actor) AS n FROM usage_actors WHERE hour <= ? GROUP BY tenant", at).Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, what)
	}
	counts := map[string]int64{}
	for _, r := range rows {
		counts[r.Tenant] = r.N
	}
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM usage_actors WHERE hour <= ?", at).Exec(ctx)
	return counts, db.Map(err, what)
}

type row struct {
	Tenant, Hour, Project, Stage, Metric string
	Quantity                             int64
}

// OfHour returns all of an hour.
func (s *Store) OfHour(ctx context.Context, hour time.Time) ([]usage.Amount, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, stage, metric, quantity FROM usage_hours WHERE hour = ? ORDER BY tenant, project, stage, metric", hour.UTC().Format(hourForm)).Scan(ctx, &rows)
	all := make([]usage.Amount, len(rows))
	for i, r := range rows {
		all[i] = usage.Amount{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Hour: hour, Metric: usage.Metric(r.Metric), Quantity: r.Quantity}
	}
	return all, db.Map(err, what)
}

// form is how a window is written, and step returns its end.
func form(by usage.Window) (layout string, step func(time.Time) time.Time) {
	switch by {
	case usage.Hour:
		return hourForm, func(t time.Time) time.Time { return t.Add(time.Hour) }
	case usage.Day:
		return hourForm[:10], func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	default:
		return hourForm[:7], func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	}
}

// Rows returns what a tenant used in a month, by window.
func (s *Store) Rows(ctx context.Context, scope kernel.Scope, month time.Time, by usage.Window, page kernel.PageRequest) (kernel.Page[usage.Row], error) {
	layout, step := form(by)
	// No name has a blank, which comes before every character of one.
	const key = "(w || ' ' || project || ' ' || stage || ' ' || metric)"
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT w AS hour, project, stage, metric, quantity FROM ("+
		"SELECT SUBSTR(hour, 1, ?) AS w, project, stage, metric, CAST(CASE WHEN metric IN (?, ?, ?) THEN MAX(quantity) ELSE SUM(quantity) END AS BIGINT) AS quantity"+
		" FROM usage_hours WHERE tenant = ? AND hour >= ? AND hour < ? AND (? = '' OR project = ?) GROUP BY 1, 2, 3, 4) AS u"+
		" WHERE "+key+" > ? ORDER BY "+key+" LIMIT ?",
		len(layout), string(usage.ActiveUsers), string(usage.StoredBytes), string(usage.Stacks),
		scope.Tenant, month.Format(hourForm), month.AddDate(0, 1, 0).Format(hourForm), scope.Project, scope.Project, page.Cursor, page.Size()+1).Scan(ctx, &rows)
	if err != nil {
		return kernel.Page[usage.Row]{}, db.Map(err, what)
	}
	list := make([]usage.Row, len(rows))
	for i, r := range rows {
		from, err := time.Parse(layout, r.Hour)
		if err != nil {
			return kernel.Page[usage.Row]{}, fmt.Errorf("read usage: %w", err)
		}
		m := usage.Metric(r.Metric)
		list[i] = usage.Row{Tenant: scope.Tenant, Project: r.Project, Stage: r.Stage, From: from, To: step(from), Metric: m, Quantity: m.Of(r.Quantity), Unit: m.Unit()}
	}
	return kernel.PageOf(list, page, func(r usage.Row) string {
		return strings.Join([]string{r.From.Format(layout), r.Project, r.Stage, string(r.Metric)}, " ")
	}), nil
}
