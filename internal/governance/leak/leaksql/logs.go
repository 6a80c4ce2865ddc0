package leaksql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Logs keep which logs of runs are to be looked at.
type Logs struct{ db *db.DB }

// NewLogs returns them as d has them.
func NewLogs(d *db.DB) *Logs { return &Logs{db: d} }

var _ leaklog.Store = (*Logs)(nil)

// stored is a moment as both databases keep it.
func stored(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// Add has the log of a run looked at, in the transaction that ends the run.
func (s *Logs) Add(ctx context.Context, e leaklog.Ended) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_logs (tenant, project, stage, run, workload, node, ended, due, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
		e.Scope.Tenant, e.Scope.Project, e.Scope.Stage, e.Run, e.Workload, e.Node, stored(e.At), stored(e.Due)).Exec(ctx)
	return db.Map(err, "the log of "+e.Run)
}

// Next returns the log that is due the longest, of tenants that are not busy and not of
// the runs in without: of a run that ended on the node, or before left.
func (s *Logs) Next(ctx context.Context, now, left time.Time, node string, busy, without []string) (leaklog.Ended, bool, error) {
	var rows []struct {
		Tenant, Project, Stage, Run, Workload, Node string
		Ended, Due                                  time.Time
		Attempts                                    int64
	}
	q := s.db.Reader(ctx).NewSelect().TableExpr("leak_logs").Column("tenant", "project", "stage", "run", "workload", "node", "ended", "due", "attempts").
		Where("due <= ? AND (node = ? OR ended <= ?)", stored(now), node, stored(left)).Order("due", "run").Limit(1)
	if len(busy) > 0 {
		q = q.Where("tenant NOT IN (?)", bun.List(busy))
	}
	if len(without) > 0 {
		q = q.Where("run NOT IN (?)", bun.List(without))
	}
	if err := q.Scan(ctx, &rows); err != nil || len(rows) == 0 {
		return leaklog.Ended{}, false, db.Map(err, "the logs of runs")
	}
	r := rows[0]
	return leaklog.Ended{
		Log:  leaklog.Log{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Run: r.Run, Workload: r.Workload},
		Node: r.Node, At: r.Ended, Due: r.Due, Attempts: int(r.Attempts),
	}, true, nil
}

const isLog = "tenant = ? AND run = ? AND due = ?"

// Take has a log due later, where nobody else has taken it, and tells whether it has.
func (s *Logs) Take(ctx context.Context, e leaklog.Ended, due time.Time, attempts int) (leaklog.Ended, bool, error) {
	due = stored(due)
	result, err := s.db.Conn(ctx).NewRaw("UPDATE leak_logs SET due = ?, attempts = ? WHERE "+isLog, due, attempts, e.Scope.Tenant, e.Run, stored(e.Due)).Exec(ctx)
	if err != nil {
		return e, false, db.Map(err, "the log of "+e.Run)
	}
	n, err := result.RowsAffected()
	e.Due, e.Attempts = due, attempts
	return e, n > 0, db.Map(err, "the log of "+e.Run)
}

// Done forgets a log that was looked at.
func (s *Logs) Done(ctx context.Context, e leaklog.Ended) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_logs WHERE "+isLog, e.Scope.Tenant, e.Run, stored(e.Due)).Exec(ctx)
	return db.Map(err, "the log of "+e.Run)
}
