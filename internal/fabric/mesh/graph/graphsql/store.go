// Package graphsql keeps what the sidecars of the mesh count in the database.
//
// It owns the tables mesh_traffic, by the minute for some hours and by the hour for a month, and
// mesh_reports, by which each report of a sidecar is taken once. How counts are added up is that
// of the gateway's traffic, whose columns the first one has.
package graphsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic/trafficsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "meshgraph", Files: files} }

// remembered is how long a process is remembered that reports no more.
const remembered = time.Hour

// Store is a graph.Store.
type Store struct {
	*trafficsql.Store

	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{trafficsql.NewStoreIn(d, "mesh_traffic"), d} }

var _ graph.Store = (*Store)(nil)

// Take implements graph.Store.
func (s *Store) Take(ctx context.Context, scope kernel.Scope, workload, process string, number int64, now time.Time) (bool, error) {
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
func (s *Store) Tidy(ctx context.Context, now time.Time) error {
	if _, err := s.db.Conn(ctx).ExecContext(ctx, "DELETE FROM mesh_reports WHERE at < ?", now.Add(-remembered).Unix()); err != nil {
		return db.Map(err, "which reports were taken")
	}
	return s.Store.Tidy(ctx, now)
}
