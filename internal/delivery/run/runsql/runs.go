package runsql

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Insert adds a run with revision 0.
func (s *Store) Insert(ctx context.Context, r run.Run) error {
	body, err := db.Encode(r, "run")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO runs (id, tenant, project, stage, workload, release_id, stack, status, ended, operation, follows, dry, revision, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
		r.ID, r.Scope.Tenant, r.Scope.Project, r.Scope.Stage, r.Workload, r.Release.ID, r.Stack, string(r.Status), r.Status.Terminal(), string(r.Operation), list(r.Follows()), r.DryRun, r.CreatedAt, body,
	).Exec(ctx)
	return db.Map(err, "run "+r.ID)
}

// Save writes r over the revision that it was read with.
func (s *Store) Save(ctx context.Context, r run.Run) error { return s.save(ctx, r, "") }

// SaveHeld writes r over the revision that it was read with, while l holds its stack.
func (s *Store) SaveHeld(ctx context.Context, r run.Run, l run.Lease) error {
	return s.save(ctx, r, " AND EXISTS (SELECT 1 FROM run_stacks WHERE stack = ? AND fence = ? AND run = ? AND process = ?)",
		r.Stack, l.Fence, l.Run, l.Process)
}

// save writes r where what is demanded holds, too.
func (s *Store) save(ctx context.Context, r run.Run, demanded string, args ...any) error {
	body, err := db.Encode(r, "run")
	if err != nil {
		return err
	}
	all := []any{string(r.Status), r.Status.Terminal(), deferredUntil(r), lapses(r), body, r.ID, r.Scope.Tenant, r.Scope.Project, r.Revision}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE runs SET status = ?, ended = ?, held_until = ?, approval_lapses = ?, revision = revision + 1, body = ? WHERE id = ? AND tenant = ? AND project = ? AND revision = ?"+demanded,
		append(all, args...)...).Exec(ctx)
	if err != nil {
		return db.Map(err, "run "+r.ID)
	}
	return swapped(result, "run "+r.ID)
}

type affected interface{ RowsAffected() (int64, error) }

// swapped turns an update that met no row into Stale.
func swapped(result affected, what string) error {
	n, err := result.RowsAffected()
	if err != nil {
		return db.Map(err, what)
	}
	if n == 0 {
		return kernel.Errorf(kernel.Stale, "%s has changed meanwhile", what)
	}
	return nil
}

// row is a stored run.
type row struct {
	Revision int64
	Body     string
}

func (r row) run() (run.Run, error) {
	var out run.Run
	if err := db.Decode(r.Body, &out, "run"); err != nil {
		return out, err
	}
	out.Revision = r.Revision
	return out, nil
}

func runsOf(rows []row, err error, what string) ([]run.Run, error) {
	return db.Each(rows, err, what, row.run)
}

// Get returns a run of the scope's project.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, id string) (run.Run, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM runs WHERE id = ? AND tenant = ? AND project = ?",
		id, scope.Tenant, scope.Project).Scan(ctx, &r)
	if err != nil {
		return run.Run{}, db.Map(err, "run "+id)
	}
	return r.run()
}

// List returns runs of the scope's project, the newest first.
func (s *Store) List(ctx context.Context, scope kernel.Scope, f run.Filter, page kernel.PageRequest) (kernel.Page[run.Run], error) {
	matching := func(columns ...string) *bun.SelectQuery {
		q := s.db.Reader(ctx).NewSelect().TableExpr("runs").Column(columns...).
			Where("tenant = ?", scope.Tenant).Where("project = ?", scope.Project)
		return where(q, map[string]string{"workload = ?": f.Workload, "stage = ?": f.Stage, "status = ?": string(f.Status), "id < ?": page.Cursor})
	}
	q := matching("revision", "body")
	if f.Within != nil {
		q = inStages(q, f.Within.StagesOf(scope.Project), func(stage string) *bun.SelectQuery {
			return matching("id").Where("stage = ?", stage).OrderExpr("id DESC").Limit(int64(page.Size()) + 1)
		})
	}
	var rows []row
	err := q.OrderExpr("id DESC").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	runs, err := runsOf(rows, err, "runs")
	return kernel.PageOf(runs, page, func(r run.Run) string { return r.ID }), err
}

// inStages narrows a query to what newest selects of each stage: the index of a stage is
// read from its end, and no further than the page.
func inStages(q *bun.SelectQuery, stages []string, newest func(stage string) *bun.SelectQuery) *bun.SelectQuery {
	if len(stages) == 0 {
		return q.Where("1 = 0")
	}
	var parts []string
	var args []any
	for i, name := range stages {
		parts = append(parts, fmt.Sprintf("SELECT id FROM (?) AS s%d", i))
		args = append(args, newest(name))
	}
	return q.Where("id IN ("+strings.Join(parts, " UNION ALL ")+")", args...)
}

func where(q *bun.SelectQuery, conditions map[string]string) *bun.SelectQuery {
	for condition, value := range conditions {
		if value != "" {
			q = q.Where(condition, value)
		}
	}
	return q
}

// ofStack are the runs of a stack that have not ended.
const ofStack = " FROM runs WHERE tenant = ? AND project = ? AND stack = ? AND NOT ended"

// Open returns the runs of a stack that have not ended: those that have begun
// before those that are queued, the oldest first.
func (s *Store) Open(ctx context.Context, scope kernel.Scope, stack string) ([]run.Run, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(
		"SELECT revision, body"+ofStack+" ORDER BY CASE status WHEN 'queued' THEN 1 ELSE 0 END, id",
		scope.Tenant, scope.Project, stack).Scan(ctx, &rows)
	return runsOf(rows, err, "runs of "+stack)
}

// Crowded reports whether a stack has several runs that have not ended.
func (s *Store) Crowded(ctx context.Context, scope kernel.Scope, stack string) (bool, error) {
	var n int
	err := s.db.Reader(ctx).NewRaw("SELECT COUNT(*)"+ofStack,
		scope.Tenant, scope.Project, stack).Scan(ctx, &n)
	return n > 1, db.Map(err, "runs of "+stack)
}

// RunsOf returns the runs that carry a release to the scope's stage. Those of
// before releases had a column are found by what they say.
func (s *Store) RunsOf(ctx context.Context, scope kernel.Scope, workload, release string) ([]run.Run, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(
		"SELECT revision, body FROM runs WHERE tenant = ? AND project = ? AND workload = ? AND stage = ? AND release_id IN (?, '') ORDER BY id",
		scope.Tenant, scope.Project, workload, scope.Stage, release).Scan(ctx, &rows)
	runs, err := runsOf(rows, err, "runs of "+release)
	return slices.DeleteFunc(runs, func(r run.Run) bool { return r.Release.ID != release }), err
}

// Workloads returns the names of the project's workloads. It goes from name to name in an
// index, not through the runs.
func (s *Store) Workloads(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[string], error) {
	var names []string
	err := s.db.Reader(ctx).NewRaw(
		"WITH RECURSIVE has (workload, n) AS (SELECT MIN(workload), 1 FROM runs WHERE tenant = ? AND project = ? AND workload > ? UNION ALL "+
			"SELECT (SELECT MIN(workload) FROM runs WHERE tenant = ? AND project = ? AND workload > has.workload), n + 1 FROM has WHERE has.workload IS NOT NULL AND n <= ?) "+
			"SELECT workload FROM has WHERE workload IS NOT NULL ORDER BY workload",
		scope.Tenant, scope.Project, page.Cursor, scope.Tenant, scope.Project, page.Size()).Scan(ctx, &names)
	if err != nil {
		return kernel.Page[string]{}, db.Map(err, "workloads")
	}
	return kernel.PageOf(names, page, func(name string) string { return name }), nil
}

// ProjectsOf returns the projects of the tenant in which there ever was a run of a
// workload. It goes from project to project in an index, not through the runs.
func (s *Store) ProjectsOf(ctx context.Context, tenant, workload string) (projects []string, err error) {
	err = s.db.Reader(ctx).NewRaw(
		"WITH RECURSIVE has (project) AS (SELECT MIN(project) FROM runs WHERE tenant = ? UNION ALL "+
			"SELECT (SELECT MIN(project) FROM runs WHERE tenant = ? AND project > has.project) FROM has WHERE has.project IS NOT NULL) "+
			"SELECT project FROM has WHERE EXISTS (SELECT 1 FROM runs r WHERE r.tenant = ? AND r.project = has.project AND r.workload = ?) ORDER BY project",
		tenant, tenant, tenant, workload).Scan(ctx, &projects)
	return projects, db.Map(err, "projects of "+workload)
}

// PutDossier keeps a dossier; the same one again changes nothing.
func (s *Store) PutDossier(ctx context.Context, scope kernel.Scope, id string, digest kernel.Digest, d run.Dossier) error {
	body, err := db.Encode(d, "dossier")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_dossiers (tenant, project, run, digest, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		scope.Tenant, scope.Project, id, string(digest), body).Exec(ctx)
	return db.Map(err, "dossier of "+id)
}

// Dossier returns the dossier with the digest.
func (s *Store) Dossier(ctx context.Context, scope kernel.Scope, id string, digest kernel.Digest) (d run.Dossier, err error) {
	body, err := s.DossierContent(ctx, scope, id, digest)
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return d, fmt.Errorf("read dossier: %w", err)
	}
	return d, nil
}

// DossierContent returns the dossier with the digest as it is kept.
func (s *Store) DossierContent(ctx context.Context, scope kernel.Scope, id string, digest kernel.Digest) ([]byte, error) {
	var body string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM run_dossiers WHERE tenant = ? AND project = ? AND run = ? AND digest = ?",
		scope.Tenant, scope.Project, id, string(digest)).Scan(ctx, &body)
	return []byte(body), db.Map(err, "dossier of "+id)
}
