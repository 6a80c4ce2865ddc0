// Package tuningsql keeps what the firewall found in the database.
//
// It owns the tables waf_findings and waf_scores. It decides nothing; package
// tuning does.
package tuningsql

import (
	"context"
	"embed"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "waf", Files: files} }

// Store is a tuning.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ tuning.Store = (*Store)(nil)

const (
	ofRoute  = "tenant = ? AND project = ? AND stage = ? AND route = ?"
	findings = "what the firewall found"
)

// Known returns what is kept of a route's day.
func (s *Store) Known(ctx context.Context, p tuning.Place, day string) ([]tuning.Key, error) {
	var rows []struct {
		Rule   int
		Target string
	}
	err := s.db.Reader(ctx).NewSelect().TableExpr("waf_findings").Column("rule", "target").
		Where(ofRoute+" AND day = ?", p.Scope.Tenant, p.Scope.Project, p.Scope.Stage, p.Route, day).Scan(ctx, &rows)
	out := make([]tuning.Key, len(rows))
	for i, r := range rows {
		out[i] = tuning.Key{Rule: r.Rule, Target: r.Target}
	}
	return out, db.Map(err, findings)
}

// Add adds to what is kept, all of it or nothing.
func (s *Store) Add(ctx context.Context, all []tuning.Batch) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, b := range all {
			if err := s.add(ctx, b); err != nil {
				return db.Map(err, findings)
			}
		}
		return nil
	})
}

func (s *Store) add(ctx context.Context, b tuning.Batch) error {
	for _, f := range b.Found {
		_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO waf_findings (tenant, project, stage, route, day, rule, target, message, sample, points, requests, refused, lowest, highest, seen)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (tenant, project, stage, route, day, rule, target) DO UPDATE SET message = EXCLUDED.message, points = EXCLUDED.points,
				requests = waf_findings.requests + EXCLUDED.requests, refused = waf_findings.refused + EXCLUDED.refused,
				lowest = CASE WHEN EXCLUDED.lowest < waf_findings.lowest THEN EXCLUDED.lowest ELSE waf_findings.lowest END,
				highest = CASE WHEN EXCLUDED.highest > waf_findings.highest THEN EXCLUDED.highest ELSE waf_findings.highest END,
				seen = CASE WHEN EXCLUDED.seen > waf_findings.seen THEN EXCLUDED.seen ELSE waf_findings.seen END`,
			b.Scope.Tenant, b.Scope.Project, b.Scope.Stage, b.Route, b.Day, f.Rule, f.Target, f.Message, f.Sample, f.Points, f.Requests, f.Refused, f.Lowest, f.Highest, seen(f)).Exec(ctx)
		if err != nil {
			return err //nolint:wrapcheck // Add maps it
		}
	}
	for _, bar := range b.Bars {
		_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO waf_scores (tenant, project, stage, route, day, level, score, requests, refused, denied) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (tenant, project, stage, route, day, level, score) DO UPDATE SET requests = waf_scores.requests + EXCLUDED.requests,
				refused = waf_scores.refused + EXCLUDED.refused, denied = waf_scores.denied + EXCLUDED.denied`,
			b.Scope.Tenant, b.Scope.Project, b.Scope.Stage, b.Route, b.Day, bar.Level, bar.Score, bar.Requests, bar.Refused, bar.Denied).Exec(ctx)
		if err != nil {
			return err //nolint:wrapcheck // Add maps it
		}
	}
	return nil
}

// seen is when something was last, and in which requests, so that the greatest
// is the last.
func seen(f tuning.Found) string {
	return strings.Join(append([]string{f.Last.UTC().Format(time.RFC3339)}, f.Examples...), " ")
}

// asked narrows a query to what is asked.
func (s *Store) asked(ctx context.Context, table string, q tuning.Query) *bun.SelectQuery {
	sel := s.db.Reader(ctx).NewSelect().TableExpr(table).Where("tenant = ? AND day >= ?", q.Scope.Tenant, q.Since)
	for column, value := range map[string]string{"project": q.Scope.Project, "stage": q.Scope.Stage, "route": q.Route} {
		if value != "" {
			sel = sel.Where("? = ?", bun.Ident(column), value)
		}
	}
	return db.Within(sel, q.Within, "project", "stage")
}

// cursor parts a cursor at its slashes, which only the last part may have.
func cursor(text string, parts int) ([]string, error) {
	at := strings.SplitN(text, "/", parts)
	if len(at) != parts {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no place in the list", text).WithFix("ask without a cursor, then with the next of each page")
	}
	return at, nil
}

// Findings returns sums by route, rule and target.
func (s *Store) Findings(ctx context.Context, q tuning.Query, page kernel.PageRequest) (kernel.Page[tuning.Finding], error) {
	none := kernel.Page[tuning.Finding]{}
	sel := s.asked(ctx, "waf_findings", q).Column("project", "stage", "route", "rule", "target").
		ColumnExpr("MAX(message) AS message, MAX(sample) AS sample, MAX(points) AS points, SUM(requests) AS requests, SUM(refused) AS refused").
		ColumnExpr("MIN(lowest) AS lowest, MAX(highest) AS highest, MAX(seen) AS seen")
	if q.Rule > 0 {
		sel = sel.Where("rule = ?", q.Rule)
	}
	if page.Cursor != "" {
		at, err := cursor(page.Cursor, 5)
		if err != nil {
			return none, err
		}
		rule, err := strconv.Atoi(at[3])
		if err != nil {
			return none, kernel.Errorf(kernel.Invalid, "%q is no place in the list", page.Cursor).WithFix("ask without a cursor, then with the next of each page")
		}
		sel = sel.Where("(project, stage, route, rule, target) > (?, ?, ?, ?, ?)", at[0], at[1], at[2], rule, at[4])
	}
	var rows []struct {
		Project, Stage, Route, Target, Message, Sample, Seen string
		Rule, Points, Lowest, Highest                        int
		Requests, Refused                                    int64
	}
	err := sel.Group("project", "stage", "route", "rule", "target").OrderExpr("project, stage, route, rule, target").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	out := make([]tuning.Finding, len(rows))
	for i, r := range rows {
		words := strings.Fields(r.Seen)
		out[i] = tuning.Finding{
			Project: r.Project, Stage: r.Stage, Route: r.Route, Rule: r.Rule, Message: r.Message, Target: r.Target, Points: r.Points, Requests: r.Requests,
			Refused: r.Refused, Lowest: r.Lowest, Highest: r.Highest, Sample: r.Sample, Examples: []string{},
		}
		if len(words) > 0 {
			out[i].Last, _ = time.Parse(time.RFC3339, words[0])
			out[i].Examples = words[1:]
		}
	}
	return kernel.PageOf(out, page, func(f tuning.Finding) string {
		return strings.Join([]string{f.Project, f.Stage, f.Route, strconv.Itoa(f.Rule), f.Target}, "/")
	}), db.Map(err, findings)
}

// Bars returns sums by level and score of a page of routes.
func (s *Store) Bars(ctx context.Context, q tuning.Query, page kernel.PageRequest) (kernel.Page[tuning.Histogram], error) {
	none := kernel.Page[tuning.Histogram]{}
	places := s.asked(ctx, "waf_scores", q).Column("project", "stage", "route")
	if page.Cursor != "" {
		at, err := cursor(page.Cursor, 3)
		if err != nil {
			return none, err
		}
		places = places.Where("(project, stage, route) > (?, ?, ?)", at[0], at[1], at[2])
	}
	var found []struct{ Project, Stage, Route string }
	if err := places.Group("project", "stage", "route").OrderExpr("project, stage, route").Limit(int64(page.Size())+1).Scan(ctx, &found); err != nil {
		return none, db.Map(err, findings)
	}
	out := make([]tuning.Histogram, len(found))
	for i, p := range found {
		out[i].Place = tuning.Place{Scope: kernel.Scope{Tenant: q.Scope.Tenant, Project: p.Project, Stage: p.Stage}, Route: p.Route}
	}
	cut := kernel.PageOf(out, page, func(h tuning.Histogram) string {
		return strings.Join([]string{h.Scope.Project, h.Scope.Stage, h.Route}, "/")
	})
	for i := range cut.Items {
		h := &cut.Items[i]
		err := s.asked(ctx, "waf_scores", q).Column("level", "score").
			ColumnExpr("SUM(requests) AS requests, SUM(refused) AS refused, SUM(denied) AS denied").
			Where("project = ? AND stage = ? AND route = ?", h.Scope.Project, h.Scope.Stage, h.Route).
			Group("level", "score").OrderExpr("level, score").Scan(ctx, &h.Bars)
		if err != nil {
			return none, db.Map(err, findings)
		}
	}
	return cut, nil
}

// Places returns the routes of which something is kept.
func (s *Store) Places(ctx context.Context) ([]tuning.Place, error) {
	var rows []struct{ Tenant, Project, Stage, Route string }
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, stage, route FROM waf_scores UNION SELECT tenant, project, stage, route FROM waf_findings").Scan(ctx, &rows)
	out := make([]tuning.Place, len(rows))
	for i, r := range rows {
		out[i] = tuning.Place{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Route: r.Route}
	}
	return out, db.Map(err, findings)
}

// Drop removes all that is kept of a route.
func (s *Store) Drop(ctx context.Context, p tuning.Place) error {
	return s.remove(ctx, ofRoute, p.Scope.Tenant, p.Scope.Project, p.Scope.Stage, p.Route)
}

// DropBefore removes days before one.
func (s *Store) DropBefore(ctx context.Context, day string) error {
	return s.remove(ctx, "day < ?", day)
}

func (s *Store) remove(ctx context.Context, which string, args ...any) error {
	for _, table := range []string{"waf_findings", "waf_scores"} {
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM "+table+" WHERE "+which, args...).Exec(ctx); err != nil {
			return db.Map(err, findings)
		}
	}
	return nil
}
