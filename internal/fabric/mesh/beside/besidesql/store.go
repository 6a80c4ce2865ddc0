// Package besidesql keeps which sidecars the daemons of an installation know in the database.
//
// It owns the tables mesh_daemons, with the lease of each, and mesh_sidecars, and decides nothing.
package besidesql

import (
	"context"
	"embed"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "meshbeside", Files: files} }

// Store is a beside.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ beside.Store = (*Store)(nil)

type row struct {
	bun.BaseModel `bun:"table:mesh_sidecars"`

	Tenant   string `bun:",pk"`
	Project  string `bun:",pk"`
	Stage    string `bun:",pk"`
	Workload string `bun:",pk"`
	Addr     string `bun:",pk"`
	Daemon   string `bun:",pk"`
	GRPC     bool   `bun:"grpc"`
	Serves   uint16
	Release  string
	Envoy    bool
	Since    time.Time
}

const (
	what = "which sidecars there are"
	// atOnce is how many rows a statement writes at most.
	atOnce = 500
)

func rowOf(daemon string, r beside.Record) row {
	return row{
		Tenant: r.Scope.Tenant, Project: r.Scope.Project, Stage: r.Scope.Stage, Workload: r.Workload, Addr: r.Addr, Daemon: daemon,
		GRPC: r.GRPC, Serves: r.Serves, Release: r.Release, Envoy: r.Envoy, Since: r.Since,
	}
}

func (r row) record() beside.Record {
	return beside.Record{
		Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Workload: r.Workload,
		Standing: beside.Standing{Addr: r.Addr, GRPC: r.GRPC, Serves: r.Serves, Release: r.Release}, Envoy: r.Envoy, Since: r.Since.UTC(),
	}
}

// Begin implements beside.Store. The revision of a daemon begins with the time, so that it is
// none that it had before.
func (s *Store) Begin(ctx context.Context, daemon string, all []beside.Record, now time.Time) error {
	_, err := s.exec(ctx, "INSERT INTO mesh_daemons (daemon, revision, seen_at) VALUES (?, ?, ?) "+
		"ON CONFLICT (daemon) DO UPDATE SET revision = mesh_daemons.revision + 1, seen_at = EXCLUDED.seen_at", daemon, now.UnixMicro(), now.UnixMicro())
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, "DELETE FROM mesh_sidecars WHERE daemon = ?", daemon); err != nil {
		return err
	}
	return s.put(ctx, daemon, all)
}

// Change implements beside.Store.
func (s *Store) Change(ctx context.Context, daemon string, put []beside.Record, gone []beside.Key, now time.Time) (bool, error) {
	held, err := s.exec(ctx, "UPDATE mesh_daemons SET revision = revision + 1, seen_at = ? WHERE daemon = ?", now.UnixMicro(), daemon)
	if err != nil || !held {
		return false, err
	}
	for _, k := range gone {
		_, err := s.exec(ctx, "DELETE FROM mesh_sidecars WHERE tenant = ? AND project = ? AND stage = ? AND workload = ? AND addr = ? AND daemon = ?",
			k.Scope.Tenant, k.Scope.Project, k.Scope.Stage, k.Workload, k.Addr, daemon)
		if err != nil {
			return false, err
		}
	}
	return true, s.put(ctx, daemon, put)
}

func (s *Store) put(ctx context.Context, daemon string, all []beside.Record) error {
	for some := range slices.Chunk(all, atOnce) {
		rows := make([]row, 0, len(some))
		for _, r := range some {
			rows = append(rows, rowOf(daemon, r))
		}
		_, err := s.db.Conn(ctx).NewInsert().Model(&rows).On("CONFLICT (tenant, project, stage, workload, addr, daemon) DO UPDATE").
			Set("grpc = EXCLUDED.grpc, serves = EXCLUDED.serves, release = EXCLUDED.release, envoy = EXCLUDED.envoy, since = EXCLUDED.since").Exec(ctx)
		if err != nil {
			return db.Map(err, what)
		}
	}
	return nil
}

// Renew implements beside.Store.
func (s *Store) Renew(ctx context.Context, daemon string, now time.Time) (bool, error) {
	return s.exec(ctx, "UPDATE mesh_daemons SET seen_at = ? WHERE daemon = ?", now.UnixMicro(), daemon)
}

// Daemons implements beside.Store.
func (s *Store) Daemons(ctx context.Context) ([]beside.Daemon, error) {
	var rows []struct {
		Daemon   string `bun:"daemon"`
		Revision int64  `bun:"revision"`
		SeenAt   int64  `bun:"seen_at"`
	}
	if err := s.db.Reader(ctx).NewRaw("SELECT daemon, revision, seen_at FROM mesh_daemons").Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, "the daemons")
	}
	out := make([]beside.Daemon, 0, len(rows))
	for _, r := range rows {
		out = append(out, beside.Daemon{Name: r.Daemon, Revision: r.Revision, SeenAt: time.UnixMicro(r.SeenAt).UTC()})
	}
	return out, nil
}

// Records implements beside.Store.
func (s *Store) Records(ctx context.Context, daemons []string) (map[string][]beside.Record, error) {
	var rows []row
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("daemon IN (?)", bun.List(daemons)).Scan(ctx); err != nil {
		return nil, db.Map(err, what)
	}
	out := map[string][]beside.Record{}
	for _, r := range rows {
		out[r.Daemon] = append(out[r.Daemon], r.record())
	}
	return out, nil
}

// Drop implements beside.Store.
func (s *Store) Drop(ctx context.Context, d beside.Daemon) error {
	gone, err := s.exec(ctx, "DELETE FROM mesh_daemons WHERE daemon = ? AND seen_at = ?", d.Name, d.SeenAt.UnixMicro())
	if err != nil || !gone {
		return err
	}
	_, err = s.exec(ctx, "DELETE FROM mesh_sidecars WHERE daemon = ?", d.Name)
	return err
}

// exec executes a statement, and tells whether it has found rows.
func (s *Store) exec(ctx context.Context, query string, args ...any) (bool, error) {
	result, err := s.db.Conn(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return false, db.Map(err, what)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, what)
}
