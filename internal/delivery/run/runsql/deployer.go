package runsql

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Deployer is who and what deployed a release, as far as it is known still.
type Deployer struct {
	// Release is the id of what is deployed.
	Release     string
	Operation   run.Operation
	RequestedBy kernel.Actor
}

// Deployer returns who deployed what is deployed of a workload in the scope's stage. It
// is for the platform's own work, and reads neither the deployment nor its run whole.
func (s *Store) Deployer(ctx context.Context, scope kernel.Scope, workload string) (Deployer, error) {
	var row struct{ ReleaseID, Body string }
	err := s.db.Reader(ctx).NewRaw("SELECT d.release_id, COALESCE(r.body, '{}') AS body FROM run_deployments d"+
		" LEFT JOIN runs r ON r.id = d.run AND r.tenant = d.tenant AND r.project = d.project"+
		" WHERE d.tenant = ? AND d.project = ? AND d.workload = ? AND d.stage = ?",
		scope.Tenant, scope.Project, workload, scope.Stage).Scan(ctx, &row)
	if err != nil {
		return Deployer{}, db.Map(err, "deployment of "+workload+" in "+scope.Stage)
	}
	d := Deployer{Release: row.ReleaseID}
	var r struct {
		Operation   run.Operation `json:"operation"`
		RequestedBy kernel.Actor  `json:"requestedBy"`
	}
	if err := json.Unmarshal([]byte(row.Body), &r); err != nil {
		return d, fmt.Errorf("read the run that deployed %s in %s: %w", workload, scope.Stage, err)
	}
	d.Operation, d.RequestedBy = r.Operation, r.RequestedBy
	return d, nil
}
