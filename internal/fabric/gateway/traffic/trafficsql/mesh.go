package trafficsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// remembered is how long a process is remembered that reports no more.
const remembered = time.Hour

// MeshStore is a graph.Store.
type MeshStore struct{ *Store }

// NewMeshStore returns a store on d of what sidecars count.
func NewMeshStore(d *db.DB) *MeshStore { return &MeshStore{&Store{d, "mesh_traffic"}} }

// Take implements graph.Store.
func (s *MeshStore) Take(ctx context.Context, scope kernel.Scope, workload, process string, number int64, now time.Time) (bool, error) {
	result, err := s.db.Conn(ctx).ExecContext(ctx, "INSERT INTO mesh_reports (tenant, project, stage, workload, process, number, at) VALUES (?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (tenant, project, stage, workload, process) DO UPDATE SET number = EXCLUDED.number, at = EXCLUDED.at WHERE mesh_reports.number < EXCLUDED.number",
		scope.Tenant, scope.Project, scope.Stage, workload, process, number, now.Unix())
	if err != nil {
		return false, db.Map(err, "which reports were taken")
	}
	n, err := result.RowsAffected()
	return n == 1, db.Map(err, "which reports were taken")
}

// Tidy implements graph.Store.
func (s *MeshStore) Tidy(ctx context.Context, now time.Time) error {
	if _, err := s.db.Conn(ctx).ExecContext(ctx, "DELETE FROM mesh_reports WHERE at < ?", now.Add(-remembered).Unix()); err != nil {
		return db.Map(err, "which reports were taken")
	}
	return s.Store.Tidy(ctx, now)
}
