package runsql

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// list is how stacks stand in a column: each between spaces, which no name has.
func list(stacks []string) string {
	if len(stacks) == 0 {
		return ""
	}
	return " " + strings.Join(stacks, " ") + " "
}

// naming is the pattern of a list that has the stack of the workload.
func naming(scope kernel.Scope, workload string) string {
	plain := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)
	return "% " + plain.Replace(kernel.StackID(scope, workload)) + " %"
}

// unseen goes behind a pattern. SQLite looks at one that stands alone and compiles its
// statement again for each, in case that it knows a better way for what it begins with.
const unseen = " || ''"

// Takers returns the deployments of the tenant in the scope's stage that take from
// the workload.
func (s *Store) Takers(ctx context.Context, scope kernel.Scope, workload string) ([]run.Deployment, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw(
		`SELECT body FROM run_deployments WHERE tenant = ? AND stage = ? AND takes <> '' AND takes LIKE ?`+unseen+` ESCAPE '\' ORDER BY project, workload`,
		scope.Tenant, scope.Stage, naming(scope, workload)).Scan(ctx, &bodies)
	return db.Bodies[run.Deployment](bodies, err, "who takes from "+workload)
}

// OpenFollowers returns the tenant's runs in the scope's stage that have not ended
// and go after those of the workload.
func (s *Store) OpenFollowers(ctx context.Context, scope kernel.Scope, workload string) ([]run.Run, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(
		`SELECT revision, body FROM runs WHERE tenant = ? AND stage = ? AND NOT ended AND follows <> '' AND follows LIKE ?`+unseen+` ESCAPE '\' ORDER BY id`,
		scope.Tenant, scope.Stage, naming(scope, workload)).Scan(ctx, &rows)
	return runsOf(rows, err, "runs after those of "+workload)
}

// Underway returns the first run of each of the stacks that has not ended and is no
// dry run. The stacks' names have their tenants in them.
func (s *Store) Underway(ctx context.Context, stacks []string) (map[string]run.Run, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(
		"SELECT revision, body FROM runs WHERE stack IN (?) AND NOT ended ORDER BY CASE status WHEN 'queued' THEN 1 ELSE 0 END, id", bun.List(stacks)).Scan(ctx, &rows)
	open, err := runsOf(rows, err, "runs that others wait for")
	first := map[string]run.Run{}
	for _, r := range open {
		if _, known := first[r.Stack]; !known && !r.DryRun {
			first[r.Stack] = r
		}
	}
	return first, err
}

// takesOf are the stacks that a deployment takes from.
func takesOf(d run.Deployment) string {
	return list(run.Run{Scope: d.Scope, Takes: d.Takes}.Follows())
}
