package runsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// verificationsAtOnce bounds how many open or due verifications one look finds.
const verificationsAtOnce = 200

// InsertVerification adds a verification with revision 0.
func (s *Store) InsertVerification(ctx context.Context, v run.Verification) error {
	body, err := db.Encode(v, "verification")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_verifications (id, tenant, project, stage, workload, run, ended, routine, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
		v.ID, v.Scope.Tenant, v.Scope.Project, v.Scope.Stage, v.Workload, v.Run, v.Status.Ended(), routine(v), body).Exec(ctx)
	return db.Map(err, "verification "+v.ID)
}

// routine reports whether nobody waits for the verification, and nobody would
// miss it once it has ended and there is a newer one.
func routine(v run.Verification) bool {
	return v.Trigger == run.OnSchedule && !v.Changed
}

// SaveVerification writes v over the revision that it was read with.
func (s *Store) SaveVerification(ctx context.Context, v run.Verification) error {
	body, err := db.Encode(v, "verification")
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE run_verifications SET ended = ?, routine = ?, revision = revision + 1, body = ? WHERE id = ? AND tenant = ? AND project = ? AND revision = ?",
		v.Status.Ended(), routine(v), body, v.ID, v.Scope.Tenant, v.Scope.Project, v.Revision).Exec(ctx)
	if err != nil {
		return db.Map(err, "verification "+v.ID)
	}
	return swapped(result, "verification "+v.ID)
}

// verification reads a stored one.
func (r row) verification() (v run.Verification, err error) {
	err = db.Decode(r.Body, &v, "verification")
	v.Revision = r.Revision
	return v, err
}

// Verification returns one of the scope's project.
func (s *Store) Verification(ctx context.Context, scope kernel.Scope, id string) (run.Verification, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM run_verifications WHERE id = ? AND tenant = ? AND project = ?",
		id, scope.Tenant, scope.Project).Scan(ctx, &r)
	if err != nil {
		return run.Verification{}, db.Map(err, "verification "+id)
	}
	return r.verification()
}

// Verifications returns those of the scope's project, the newest first.
func (s *Store) Verifications(ctx context.Context, scope kernel.Scope, f run.VerificationFilter, page kernel.PageRequest) (kernel.Page[run.Verification], error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("run_verifications").Column("revision", "body").
		Where("tenant = ?", scope.Tenant).Where("project = ?", scope.Project)
	q = where(q, map[string]string{"workload = ?": f.Workload, "stage = ?": f.Stage, "run = ?": f.Run, "id < ?": page.Cursor})
	if f.Within != nil {
		q = db.Within(q, *f.Within, "project", "stage")
	}
	var rows []row
	err := q.OrderExpr("id DESC").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "verifications", row.verification)
	return kernel.PageOf(all, page, func(v run.Verification) string { return v.ID }), err
}

// OpenVerifications returns those of all tenants that have not ended: what
// somebody waits for before what is on schedule, the oldest first.
func (s *Store) OpenVerifications(ctx context.Context) ([]run.Verification, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM run_verifications WHERE NOT ended ORDER BY routine, id LIMIT ?", verificationsAtOnce).Scan(ctx, &rows)
	return db.Each(rows, err, "verifications", row.verification)
}

// ForgetVerifications removes those on schedule of a deployment that changed
// nothing and are older than the one with the id.
func (s *Store) ForgetVerifications(ctx context.Context, scope kernel.Scope, workload, before string) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"DELETE FROM run_verifications WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? AND id < ? AND routine AND ended",
		scope.Tenant, scope.Project, workload, scope.Stage, before).Exec(ctx)
	return db.Map(err, "verifications of "+workload)
}

type dueRow struct {
	Tenant, Project, Workload, Stage string
	VerifyDue                        *time.Time
}

// DueVerifications returns deployments of the stage, of all tenants, that are
// due or for which no moment was set yet.
func (s *Store) DueVerifications(ctx context.Context, stage string, now time.Time) ([]run.DueVerification, error) {
	var rows []dueRow
	err := s.db.Reader(ctx).NewRaw(
		"SELECT tenant, project, workload, stage, verify_due FROM run_deployments WHERE stage = ? AND (verify_due IS NULL OR verify_due <= ?) ORDER BY verify_due LIMIT ?",
		stage, now.UTC(), verificationsAtOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "due verifications")
	}
	due := make([]run.DueVerification, 0, len(rows))
	for _, r := range rows {
		due = append(due, run.DueVerification{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Workload: r.Workload, Due: r.VerifyDue})
	}
	return due, nil
}

// MoveDueVerification sets when a deployment is due next, if it still is due then.
func (s *Store) MoveDueVerification(ctx context.Context, d run.DueVerification, next time.Time) error {
	query := "UPDATE run_deployments SET verify_due = ? WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? AND verify_due "
	args := []any{next.UTC(), d.Scope.Tenant, d.Scope.Project, d.Workload, d.Scope.Stage}
	if d.Due == nil {
		query += "IS NULL"
	} else {
		query += "= ?"
		args = append(args, d.Due.UTC())
	}
	result, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return db.Map(err, "due verification of "+d.Workload)
	}
	return swapped(result, "due verification of "+d.Workload)
}

// SwapDeployment writes d over old: the run and the status must still be old's.
func (s *Store) SwapDeployment(ctx context.Context, old, d run.Deployment) error {
	body, err := db.Encode(d, "deployment")
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE run_deployments SET release_id = ?, run = ?, status = ?, body = ? WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? AND run = ? AND status = ?",
		d.Release.ID, d.Run, string(d.Status), body, d.Scope.Tenant, d.Scope.Project, d.Workload, d.Scope.Stage, old.Run, string(old.Status)).Exec(ctx)
	if err != nil {
		return db.Map(err, "deployment of "+d.Workload)
	}
	return swapped(result, "deployment of "+d.Workload)
}
