package runsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// stacks are the stacks that are deployed, and those of runs that are about to deploy one.
const stacks = "SELECT project, workload, stage FROM run_deployments WHERE tenant = ? AND (? = '' OR project = ?)" +
	" UNION SELECT project, workload, stage FROM runs WHERE tenant = ? AND (? = '' OR project = ?) AND NOT ended AND NOT dry AND operation <> 'destroy'"

// CountStacks returns how many stacks the tenant, or the project, has, and of how many workloads.
func (s *Store) CountStacks(ctx context.Context, scope kernel.Scope) (all, workloads int64, err error) {
	t, p := scope.Tenant, scope.Project
	var n struct{ Stacks, Workloads int64 }
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) AS stacks, COUNT(DISTINCT project || '/' || workload) AS workloads FROM ("+stacks+") AS s", t, p, p, t, p, p).Scan(ctx, &n)
	return n.Stacks, n.Workloads, db.Map(err, "the stacks")
}

// HasStack reports whether the workload is deployed, or about to be, beside what the run
// brings: in the scope's stage, or in any where it has none.
func (s *Store) HasStack(ctx context.Context, scope kernel.Scope, workload, but string) (bool, error) {
	var n int64
	err := s.db.Reader(ctx).NewRaw("SELECT (SELECT COUNT(*) FROM run_deployments WHERE tenant = ? AND project = ? AND workload = ? AND (? = '' OR stage = ?))"+
		" + (SELECT COUNT(*) FROM runs WHERE tenant = ? AND project = ? AND workload = ? AND (? = '' OR stage = ?) AND NOT ended AND NOT dry AND operation <> 'destroy' AND id <> ?)",
		scope.Tenant, scope.Project, workload, scope.Stage, scope.Stage, scope.Tenant, scope.Project, workload, scope.Stage, scope.Stage, but).Scan(ctx, &n)
	return n > 0, db.Map(err, "the stacks of "+workload)
}

// CountRuns returns how many runs of the tenant, or of the project, nobody has begun, and
// how many somebody executes or may go on with.
func (s *Store) CountRuns(ctx context.Context, scope kernel.Scope) (queued, begun int64, err error) {
	var n struct{ Queued, Begun int64 }
	err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(SUM(CASE WHEN status = 'queued' THEN 1 ELSE 0 END), 0) AS queued,"+
		" COALESCE(SUM(CASE WHEN status IN ('planning', 'applying', 'verifying') THEN 1 ELSE 0 END), 0) AS begun"+
		" FROM runs WHERE tenant = ? AND (? = '' OR project = ?) AND NOT ended", scope.Tenant, scope.Project, scope.Project).Scan(ctx, &n)
	return n.Queued, n.Begun, db.Map(err, "the runs")
}

// StacksOfAll returns how many stacks are deployed, by stage of each project, of all tenants.
func (s *Store) StacksOfAll(ctx context.Context) (map[kernel.Scope]int64, error) {
	var rows []struct {
		Tenant, Project, Stage string
		N                      int64
	}
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, stage, COUNT(*) AS n FROM run_deployments GROUP BY tenant, project, stage").Scan(ctx, &rows)
	all := map[kernel.Scope]int64{}
	for _, r := range rows {
		all[kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}] = r.N
	}
	return all, db.Map(err, "the stacks")
}
