// Package slosql keeps in the database which alerts on objectives hold, so that each is
// told once by all replicas together.
//
// It owns the table gateway_slo_alerts.
package slosql

import (
	"context"
	"database/sql"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "gatewayslo", Files: migrations} }

// Store is a slo.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type alertRow struct {
	bun.BaseModel `bun:"table:gateway_slo_alerts"`

	Tenant    string `bun:",pk"`
	Project   string `bun:",pk"`
	Stage     string `bun:",pk"`
	Route     string `bun:",pk"`
	Objective string `bun:",pk"`
	Severity  string `bun:",pk"`
	Since     time.Time
}

const what = "alerts on objectives"

// Alerts implements slo.Store.
func (s *Store) Alerts(ctx context.Context, tenant string) ([]slo.Alert, error) {
	var rows []alertRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows)
	if tenant != "" {
		q = q.Where("tenant = ?", tenant)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Map(err, what)
	}
	out := make([]slo.Alert, 0, len(rows))
	for _, r := range rows {
		out = append(out, slo.Alert{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage, Route: r.Route, Objective: r.Objective, Severity: r.Severity, Since: r.Since.UTC()})
	}
	return out, nil
}

// Begin implements slo.Store.
func (s *Store) Begin(ctx context.Context, a slo.Alert) (bool, error) {
	row := alertRow{Tenant: a.Tenant, Project: a.Project, Stage: a.Stage, Route: a.Route, Objective: a.Objective, Severity: a.Severity, Since: a.Since}
	result, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, stage, route, objective, severity) DO NOTHING").Exec(ctx)
	return changed(result, err)
}

// End implements slo.Store.
func (s *Store) End(ctx context.Context, a slo.Alert) (bool, error) {
	result, err := s.db.Conn(ctx).NewDelete().Model((*alertRow)(nil)).
		Where("tenant = ? AND project = ? AND stage = ? AND route = ? AND objective = ? AND severity = ?", a.Tenant, a.Project, a.Stage, a.Route, a.Objective, a.Severity).Exec(ctx)
	return changed(result, err)
}

func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, db.Map(err, what)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, what)
}
