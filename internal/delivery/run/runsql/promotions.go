package runsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// dueAtOnce bounds how many promotions one look takes up.
const dueAtOnce = 200

// PutReleaseApproval writes over the one of the release and stage.
func (s *Store) PutReleaseApproval(ctx context.Context, a run.ReleaseApproval) error {
	body, err := db.Encode(a, "approval")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_release_approvals (tenant, project, workload, stage, release_id, release_number, body) VALUES (?, ?, ?, ?, ?, ?, ?)"+
			" ON CONFLICT (tenant, project, workload, stage, release_id) DO UPDATE SET body = excluded.body",
		a.Scope.Tenant, a.Scope.Project, a.Workload, a.Scope.Stage, a.Release.ID, a.Release.Number, body).Exec(ctx)
	return db.Map(err, "approval of "+a.Release.ID)
}

// ReleaseApprovals returns those of the scope's stage, the highest release first.
func (s *Store) ReleaseApprovals(ctx context.Context, scope kernel.Scope, workload string) ([]run.ReleaseApproval, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw(
		"SELECT body FROM run_release_approvals WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? ORDER BY release_number DESC",
		scope.Tenant, scope.Project, workload, scope.Stage).Scan(ctx, &bodies)
	return db.Bodies[run.ReleaseApproval](bodies, err, "approvals of releases of "+workload)
}

// PutPromotion notes when to look; the earlier of two moments holds.
func (s *Store) PutPromotion(ctx context.Context, p run.Promotion) error {
	return s.putPromotion(ctx, p, "CASE WHEN excluded.due < run_promotions.due THEN excluded.due ELSE run_promotions.due END")
}

// MovePromotion sets when to look again.
func (s *Store) MovePromotion(ctx context.Context, p run.Promotion) error {
	return s.putPromotion(ctx, p, "excluded.due")
}

func (s *Store) putPromotion(ctx context.Context, p run.Promotion, due string) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_promotions (tenant, project, workload, stage, due) VALUES (?, ?, ?, ?, ?)"+
			" ON CONFLICT (tenant, project, workload, stage) DO UPDATE SET due = "+due,
		p.Scope.Tenant, p.Scope.Project, p.Workload, p.Scope.Stage, p.Due.UTC()).Exec(ctx)
	return db.Map(err, "promotion of "+p.Workload)
}

// DeletePromotion ends the look at a workload and a stage.
func (s *Store) DeletePromotion(ctx context.Context, p run.Promotion) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM run_promotions WHERE tenant = ? AND project = ? AND workload = ? AND stage = ?",
		p.Scope.Tenant, p.Scope.Project, p.Workload, p.Scope.Stage).Exec(ctx)
	return db.Map(err, "promotion of "+p.Workload)
}

type promotionRow struct {
	Tenant, Project, Workload, Stage string
	Due                              time.Time
}

// DuePromotions returns those of all tenants that are due, the longest due first.
func (s *Store) DuePromotions(ctx context.Context, now time.Time) ([]run.Promotion, error) {
	var rows []promotionRow
	err := s.db.Reader(ctx).NewRaw(
		"SELECT tenant, project, workload, stage, due FROM run_promotions WHERE due <= ? ORDER BY due LIMIT ?", now.UTC(), dueAtOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "promotions")
	}
	all := make([]run.Promotion, len(rows))
	for i, r := range rows {
		all[i] = run.Promotion{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Workload: r.Workload, Due: r.Due.UTC()}
	}
	return all, nil
}

// SeedPromotions notes every workload with a verified release in the stage before.
func (s *Store) SeedPromotions(ctx context.Context, before, stage string, due time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_promotions (tenant, project, workload, stage, due) SELECT tenant, project, workload, ?, ?"+
			" FROM (SELECT DISTINCT tenant, project, workload FROM run_verified WHERE stage = ?) AS known WHERE true ON CONFLICT DO NOTHING", stage, due.UTC(), before).Exec(ctx)
	return db.Map(err, "promotions to "+stage)
}
