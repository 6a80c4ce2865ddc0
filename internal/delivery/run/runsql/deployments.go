package runsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// PutDeployment writes what is on a stage.
func (s *Store) PutDeployment(ctx context.Context, d run.Deployment) error {
	body, err := db.Encode(d, "deployment")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_deployments (tenant, project, workload, stage, release_id, run, status, takes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"+
			" ON CONFLICT (tenant, project, workload, stage) DO UPDATE SET release_id = excluded.release_id, run = excluded.run, status = excluded.status, takes = excluded.takes, body = excluded.body",
		d.Scope.Tenant, d.Scope.Project, d.Workload, d.Scope.Stage, d.Release.ID, d.Run, string(d.Status), takesOf(d), body).Exec(ctx)
	return db.Map(err, "deployment of "+d.Workload)
}

// Deployment returns what is deployed of a workload in the scope's stage.
func (s *Store) Deployment(ctx context.Context, scope kernel.Scope, workload string) (run.Deployment, error) {
	var body string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM run_deployments WHERE tenant = ? AND project = ? AND workload = ? AND stage = ?",
		scope.Tenant, scope.Project, workload, scope.Stage).Scan(ctx, &body)
	if err != nil {
		return run.Deployment{}, db.Map(err, "deployment of "+workload+" in "+scope.Stage)
	}
	var d run.Deployment
	err = db.Decode(body, &d, "deployment")
	return d, err
}

// Deployments returns those of the scope's tenant, narrowed by its project and
// stage and by workload where they are not empty.
func (s *Store) Deployments(ctx context.Context, scope kernel.Scope, workload string) ([]run.Deployment, error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("run_deployments").Column("body").Where("tenant = ?", scope.Tenant)
	q = where(q, map[string]string{"project = ?": scope.Project, "stage = ?": scope.Stage, "workload = ?": workload})
	var bodies []string
	err := q.Order("project", "workload", "stage").Scan(ctx, &bodies)
	return db.Bodies[run.Deployment](bodies, err, "deployments")
}

// DeleteDeployment removes what is recorded of a workload in the scope's stage.
func (s *Store) DeleteDeployment(ctx context.Context, scope kernel.Scope, workload string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM run_deployments WHERE tenant = ? AND project = ? AND workload = ? AND stage = ?",
		scope.Tenant, scope.Project, workload, scope.Stage).Exec(ctx)
	return db.Map(err, "deployment of "+workload)
}

// PutVerified records that a release is verified in a stage. One that is
// verified already stays so since when it was.
func (s *Store) PutVerified(ctx context.Context, v run.Verified) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_verified (tenant, project, workload, stage, release_id, release_number, release_version, run, verified_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"+
			" ON CONFLICT (tenant, project, workload, stage, release_id) DO UPDATE SET run = excluded.run, last_at = excluded.last_at",
		v.Scope.Tenant, v.Scope.Project, v.Workload, v.Scope.Stage, v.Release.ID, v.Release.Number, v.Release.Version, v.Run, v.At.UTC(), v.At.UTC()).Exec(ctx)
	return db.Map(err, "verification of "+v.Release.ID)
}

type verifiedRow struct {
	ReleaseID      string
	ReleaseNumber  int
	ReleaseVersion string
	Run            string
	VerifiedAt     time.Time
	LastAt         *time.Time
}

// VerifiedReleases returns what is verified in the scope's stage, the highest release first.
func (s *Store) VerifiedReleases(ctx context.Context, scope kernel.Scope, workload string) ([]run.Verified, error) {
	var rows []verifiedRow
	err := s.db.Reader(ctx).NewRaw(
		"SELECT release_id, release_number, release_version, run, verified_at, last_at FROM run_verified"+
			" WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? ORDER BY release_number DESC",
		scope.Tenant, scope.Project, workload, scope.Stage).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "verified releases of "+workload)
	}
	all := make([]run.Verified, 0, len(rows))
	for _, r := range rows {
		last := r.VerifiedAt
		if r.LastAt != nil { // nil is from before it was kept
			last = *r.LastAt
		}
		all = append(all, run.Verified{
			Scope: scope, Workload: workload, Run: r.Run, At: r.VerifiedAt.UTC(), Last: last.UTC(),
			Release: run.ReleaseRef{ID: r.ReleaseID, Number: r.ReleaseNumber, Version: r.ReleaseVersion},
		})
	}
	return all, nil
}

// Revoke takes back that a release is verified in the scope's stage.
func (s *Store) Revoke(ctx context.Context, scope kernel.Scope, workload, release string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM run_verified WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? AND release_id = ?",
		scope.Tenant, scope.Project, workload, scope.Stage, release).Exec(ctx)
	return db.Map(err, "verification of "+release)
}

// StageUse tells what is deployed or under way on a stage, of whichever tenant,
// "" for nothing.
func (s *Store) StageUse(ctx context.Context, stage string) (string, error) {
	var used []struct{ Tenant, Project, Workload string }
	err := s.db.Reader(ctx).NewRaw(
		"SELECT tenant, project, workload FROM run_deployments WHERE stage = ?"+
			" UNION SELECT tenant, project, workload FROM runs WHERE stage = ? AND NOT ended ORDER BY 1, 2, 3 LIMIT 1", stage, stage).Scan(ctx, &used)
	if err != nil || len(used) == 0 {
		return "", db.Map(err, "uses of stage "+stage)
	}
	return "workload " + used[0].Workload + " of project " + used[0].Project, nil
}
