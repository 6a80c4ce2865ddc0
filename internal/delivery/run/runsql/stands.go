package runsql

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// DeploymentsOf returns what is deployed of workloads of the scope's project in stages.
func (s *Store) DeploymentsOf(ctx context.Context, scope kernel.Scope, workloads, stages []string) (all []run.Deployment, err error) {
	if len(stages) == 0 {
		return nil, nil
	}
	for part := range slices.Chunk(workloads, idsAtOnce) {
		var bodies []string
		err := s.db.Reader(ctx).NewRaw("SELECT body FROM run_deployments WHERE tenant = ? AND project = ? AND workload IN (?) AND stage IN (?)",
			scope.Tenant, scope.Project, bun.List(part), bun.List(stages)).Scan(ctx, &bodies)
		found, err := db.Bodies[run.Deployment](bodies, err, "deployments")
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// NewestOf returns the newest run of each of workloads of the scope's project in each of
// stages, dry ones apart. Each is one step in an index.
func (s *Store) NewestOf(ctx context.Context, scope kernel.Scope, workloads, stages []string) (all []run.Run, err error) {
	if len(stages) == 0 {
		return nil, nil
	}
	for part := range slices.Chunk(workloads, idsAtOnce) {
		var rows []row
		err := s.db.Reader(ctx).NewRaw(
			"SELECT revision, body FROM runs WHERE id IN (SELECT (SELECT MAX(r.id) FROM runs r WHERE r.tenant = ? AND r.project = ? AND r.workload = w.column1 AND r.stage = s.column1 AND NOT r.dry)"+
				" FROM (VALUES "+rowsOf(part)+") AS w CROSS JOIN (VALUES "+rowsOf(stages)+") AS s)",
			append(append([]any{scope.Tenant, scope.Project}, anyOf(part)...), anyOf(stages)...)...).Scan(ctx, &rows)
		found, err := runsOf(rows, err, "newest runs")
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// rowsOf are the places of values in a list of rows of one column.
func rowsOf(values []string) string {
	return strings.TrimSuffix(strings.Repeat("(?), ", len(values)), ", ")
}

func anyOf(values []string) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}
