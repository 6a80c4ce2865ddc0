package driftsql

import (
	"context"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// watchingAtOnce bounds a page of the schedule.
const watchingAtOnce = 1000

type watchRow struct {
	Stack, Tenant, Project, Stage, Workload string
	Due                                     time.Time
	Claim, CheckID, Pending                 string
	Failures                                int
	CleanAt                                 time.Time
}

const watchColumns = "stack, tenant, project, stage, workload, due, claim, check_id, pending, failures, clean_at"

func (r watchRow) watch() drift.Watch {
	return drift.Watch{
		Deployed: drift.Deployed{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Workload: r.Workload},
		Due:      r.Due.UTC(), Claim: r.Claim, Check: r.CheckID, Pending: r.Pending, Failures: r.Failures, CleanAt: r.CleanAt.UTC(),
	}
}

func watches(rows []watchRow) []drift.Watch {
	all := make([]drift.Watch, len(rows))
	for i, r := range rows {
		all[i] = r.watch()
	}
	return all
}

// Watch adds stacks unless they are there.
func (s *Store) Watch(ctx context.Context, all ...drift.Turn) error {
	values := make([]any, 0, 7*len(all))
	for _, t := range all {
		values = append(values, t.Stack(), t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Workload, t.Due.UTC(), time.Time{})
	}
	const row = ", (?, ?, ?, ?, ?, ?, '', '', '', 0, ?)"
	rows := strings.TrimPrefix(strings.Repeat(row, len(all)), ", ")
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO drift_watches ("+watchColumns+") VALUES "+rows+" ON CONFLICT DO NOTHING", values...).Exec(ctx)
	return db.Map(err, "schedule")
}

// Reschedule moves a stack that nobody checks and nobody asked for.
func (s *Store) Reschedule(ctx context.Context, stack string, due time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE drift_watches SET due = ? WHERE stack = ? AND claim = '' AND pending = ''", due.UTC(), stack).Exec(ctx)
	return db.Map(err, "schedule of "+stack)
}

// Unwatch removes a stack.
func (s *Store) Unwatch(ctx context.Context, stack string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM drift_watches WHERE stack = ?", stack).Exec(ctx)
	return db.Map(err, "schedule of "+stack)
}

// Watched returns a stack.
func (s *Store) Watched(ctx context.Context, stack string) (drift.Watch, error) {
	var r watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM drift_watches WHERE stack = ?", stack).Scan(ctx, &r)
	return r.watch(), db.Map(err, "schedule of "+stack)
}

// Watching returns stacks in their order.
func (s *Store) Watching(ctx context.Context, after string) ([]drift.Watch, error) {
	var rows []watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM drift_watches WHERE stack > ? ORDER BY stack LIMIT ?", after, watchingAtOnce).Scan(ctx, &rows)
	return watches(rows), db.Map(err, "schedule")
}

// Due returns stacks whose moment has come.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]drift.Watch, error) {
	var rows []watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM drift_watches WHERE due <= ? ORDER BY due LIMIT ?", now.UTC(), limit).Scan(ctx, &rows)
	return watches(rows), db.Map(err, "schedule")
}

// Soonest returns when the next stack is due.
func (s *Store) Soonest(ctx context.Context) (time.Time, bool, error) {
	var rows []watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM drift_watches ORDER BY due LIMIT 1").Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return time.Time{}, false, db.Map(err, "schedule")
	}
	return rows[0].Due.UTC(), true, nil
}

// SwapWatch writes w over old.
func (s *Store) SwapWatch(ctx context.Context, old, w drift.Watch) error {
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE drift_watches SET due = ?, claim = ?, check_id = ?, pending = ?, failures = ?, clean_at = ? WHERE stack = ? AND due = ? AND claim = ? AND pending = ?",
		w.Due.UTC(), w.Claim, w.Check, w.Pending, w.Failures, w.CleanAt.UTC(), old.Stack(), old.Due.UTC(), old.Claim, old.Pending).Exec(ctx)
	return swapped(result, err, "schedule of "+old.Stack())
}
