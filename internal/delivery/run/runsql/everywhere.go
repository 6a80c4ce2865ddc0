package runsql

import (
	"context"

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
