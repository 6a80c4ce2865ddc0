package apispecsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// AddCalls adds to what is counted of each.
func (s *Store) AddCalls(ctx context.Context, all []apispec.Call) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, c := range all {
			_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO apispec_calls (tenant, project, api, version, stage, operation, consumer, day, calls, errors) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (tenant, project, api, version, stage, operation, consumer, day) DO UPDATE SET calls = apispec_calls.calls + EXCLUDED.calls, errors = apispec_calls.errors + EXCLUDED.errors`,
				c.Tenant, c.Project, c.API, c.Version, c.Stage, c.Operation, c.Consumer, c.Day, c.Calls, c.Errors).Exec(ctx)
			if err != nil {
				return db.Map(err, "the calls of "+c.Key.String())
			}
		}
		return nil
	})
}

// Calls returns the sums of a version's calls that are reached since a day, the most first.
func (s *Store) Calls(ctx context.Context, k apispec.Key, within kernel.Reach, stage, since string, most int) ([]apispec.Call, error) {
	var rows []struct {
		Stage, Operation, Consumer, Day string
		Calls, Errors                   int64
	}
	q := s.db.Reader(ctx).NewSelect().TableExpr("apispec_calls").Column("stage", "operation", "consumer").
		ColumnExpr("MAX(day) AS day").ColumnExpr("SUM(calls) AS calls").ColumnExpr("SUM(errors) AS errors").
		Where(ofVersion+" AND (stage = ? OR ? = '') AND day >= ?", k.Tenant, k.Project, k.API, k.Version, stage, stage, since)
	err := db.Within(q, within, "project", "stage").Group("stage", "operation", "consumer").OrderExpr("5 DESC, stage, operation, consumer").Limit(int64(most)).Scan(ctx, &rows)
	out := make([]apispec.Call, len(rows))
	for i, r := range rows {
		out[i] = apispec.Call{Key: k, Stage: r.Stage, Operation: r.Operation, Consumer: r.Consumer, Day: r.Day, Calls: r.Calls, Errors: r.Errors}
	}
	return out, db.Map(err, "the calls of "+k.String())
}

// DropCalls removes days before one.
func (s *Store) DropCalls(ctx context.Context, before string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM apispec_calls WHERE day < ?", before).Exec(ctx)
	return db.Map(err, "old calls")
}
