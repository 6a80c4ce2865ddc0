package driftsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const (
	// expiredAtOnce bounds how many ignores one round ends.
	expiredAtOnce = 200
	// endedAtOnce bounds how many resolved findings of a stack are looked at.
	endedAtOnce = 100
)

type findingRow struct {
	Revision int64
	Body     string
}

func findings(rows []findingRow) ([]drift.Drift, error) {
	all := make([]drift.Drift, 0, len(rows))
	for _, r := range rows {
		var d drift.Drift
		if err := db.Decode(r.Body, &d, "drift"); err != nil {
			return nil, err
		}
		d.Revision = r.Revision
		all = append(all, d)
	}
	return all, nil
}

// wakes is when the finding is open again, nil for never.
func wakes(d drift.Drift) *time.Time {
	at := d.Wake()
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// Insert adds a finding with revision 0.
func (s *Store) Insert(ctx context.Context, d drift.Drift) error {
	body, err := db.Encode(d, "drift")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO drift_findings (id, tenant, project, stage, workload, stack, address, status, severity, resolved, wake, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
		d.ID, d.Scope.Tenant, d.Scope.Project, d.Scope.Stage, d.Workload, d.Stack, d.Address,
		string(d.Status), string(d.Severity), d.Status == drift.Resolved, wakes(d), body).Exec(ctx)
	return db.Map(err, "drift "+d.ID)
}

// Save writes d over the revision that it was read with.
func (s *Store) Save(ctx context.Context, d drift.Drift) error {
	body, err := db.Encode(d, "drift")
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE drift_findings SET status = ?, severity = ?, resolved = ?, wake = ?, revision = revision + 1, body = ? WHERE id = ? AND tenant = ? AND project = ? AND revision = ?",
		string(d.Status), string(d.Severity), d.Status == drift.Resolved, wakes(d), body, d.ID, d.Scope.Tenant, d.Scope.Project, d.Revision).Exec(ctx)
	return swapped(result, err, "drift "+d.ID)
}

func (s *Store) query(ctx context.Context) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().TableExpr("drift_findings").Column("revision", "body")
}

func scan(ctx context.Context, q *bun.SelectQuery) ([]drift.Drift, error) {
	var rows []findingRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, "drift")
	}
	return findings(rows)
}

// Get returns a finding of the scope's project.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, id string) (drift.Drift, error) {
	all, err := scan(ctx, s.query(ctx).Where("id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project))
	if err != nil {
		return drift.Drift{}, err
	}
	if len(all) == 0 {
		return drift.Drift{}, kernel.Errorf(kernel.NotFound, "there is no drift %s", id)
	}
	return all[0], nil
}

// List returns findings of the scope's project within a reach, the newest first.
func (s *Store) List(ctx context.Context, scope kernel.Scope, within kernel.Reach, f drift.Filter, page kernel.PageRequest) (kernel.Page[drift.Drift], error) {
	q := s.query(ctx).Where("tenant = ? AND project = ?", scope.Tenant, scope.Project)
	q = where(db.Within(q, within, "project", "stage"), map[string]string{
		"workload = ?": f.Workload, "stage = ?": f.Stage, "status = ?": string(f.Status), "severity = ?": string(f.Severity), "id < ?": page.Cursor,
	})
	if f.Status == "" && !f.All {
		q = q.Where("NOT resolved")
	}
	all, err := scan(ctx, q.OrderExpr("id DESC").Limit(int64(page.Size())+1))
	return kernel.PageOf(all, page, func(d drift.Drift) string { return d.ID }), err
}

// Unresolved returns those of a stack that are not resolved.
func (s *Store) Unresolved(ctx context.Context, stack string) ([]drift.Drift, error) {
	return scan(ctx, s.query(ctx).Where("stack = ? AND NOT resolved", stack).Order("id"))
}

// Ended returns the newest of a stack that are resolved.
func (s *Store) Ended(ctx context.Context, stack string) ([]drift.Drift, error) {
	return scan(ctx, s.query(ctx).Where("stack = ? AND resolved", stack).OrderExpr("id DESC").Limit(endedAtOnce))
}

// Expired returns ignored findings whose ignore has ended.
func (s *Store) Expired(ctx context.Context, now time.Time) ([]drift.Drift, error) {
	return scan(ctx, s.query(ctx).Where("wake IS NOT NULL AND wake <= ?", now.UTC()).Order("wake").Limit(expiredAtOnce))
}

// Counts counts the unresolved findings of a project within a reach.
func (s *Store) Counts(ctx context.Context, scope kernel.Scope, within kernel.Reach) ([]drift.Count, error) {
	counts := []drift.Count{}
	q := s.db.Reader(ctx).NewSelect().TableExpr("drift_findings").Column("workload", "stage", "severity", "status").ColumnExpr("COUNT(*) AS count").
		Where("tenant = ? AND project = ? AND NOT resolved", scope.Tenant, scope.Project).
		Group("workload", "stage", "severity", "status").Order("workload", "stage", "severity", "status")
	return counts, db.Map(db.Within(q, within, "project", "stage").Scan(ctx, &counts), "drift")
}
