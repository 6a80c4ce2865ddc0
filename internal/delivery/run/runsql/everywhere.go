package runsql

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type placeRow struct {
	Tenant, Project, Workload, Stage string
}

// Everywhere returns where something is deployed, of all tenants: scope and
// workload alone. It is for the platform's own work, which is about all of them.
func (s *Store) Everywhere(ctx context.Context) ([]run.Deployment, error) {
	var rows []placeRow
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, workload, stage FROM run_deployments").Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "deployments")
	}
	all := make([]run.Deployment, len(rows))
	for i, r := range rows {
		scope := kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}
		all[i] = run.Deployment{Scope: scope, Workload: r.Workload, Stack: kernel.StackID(scope, r.Workload)}
	}
	return all, nil
}

// Unended returns those of the runs, of any tenant, that have not ended. It is for the
// platform's own work.
func (s *Store) Unended(ctx context.Context, runs []string) ([]string, error) {
	var ids []string
	for part := range slices.Chunk(runs, idsAtOnce) {
		var found []string
		err := s.db.Reader(ctx).NewRaw("SELECT id FROM runs WHERE NOT ended AND id IN (?)", bun.List(part)).Scan(ctx, &found)
		if err != nil {
			return nil, db.Map(err, "runs that have not ended")
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

// idsAtOnce bounds how many ids one query names.
const idsAtOnce = 500
