// Package gatewaysql keeps the gateway's routes in the database.
//
// It owns the tables gateway_hosts, gateway_routes and gateway_revision, and
// decides only that a host belongs to one scope at a time.
package gatewaysql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "gateway", Files: migrations} }

// Store is a gateway.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type hostRow struct {
	bun.BaseModel `bun:"table:gateway_hosts"`

	Host    string `bun:",pk"`
	Tenant  string
	Project string
	Stage   string
}

type routeRow struct {
	bun.BaseModel `bun:"table:gateway_routes"`

	Tenant    string `bun:",pk"`
	Project   string `bun:",pk"`
	Stage     string `bun:",pk"`
	Name      string `bun:",pk"`
	Host      string
	Path      string
	Service   string
	Port      string
	UpdatedAt time.Time
}

const (
	inScope = "tenant = ? AND project = ? AND stage = ?"
	isNamed = inScope + " AND name = ?"
)

// Put keeps a route, replacing the one of its name, and claims its host.
func (s *Store) Put(ctx context.Context, r gateway.Route) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.claim(ctx, r.Scope, r.Host); err != nil {
		return err
	}
	if err := s.checkPlace(ctx, r); err != nil {
		return err
	}
	row := routeRow{
		Tenant: r.Scope.Tenant, Project: r.Scope.Project, Stage: r.Scope.Stage, Name: r.Name,
		Host: r.Host, Path: r.Path, Service: r.Service, Port: r.Port, UpdatedAt: r.UpdatedAt,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, stage, name) DO UPDATE").
		Set("host = EXCLUDED.host, path = EXCLUDED.path, service = EXCLUDED.service, port = EXCLUDED.port, updated_at = EXCLUDED.updated_at").
		Exec(ctx)
	if err != nil {
		return db.Map(err, "a route for "+r.Host+r.Path)
	}
	return s.freeHosts(ctx, r.Scope)
}

// begin counts the write. Its row lock also puts writes one after the other,
// so that a host is not freed while another write takes it.
func (s *Store) begin(ctx context.Context) error {
	_, err := s.db.Conn(ctx).ExecContext(ctx, "UPDATE gateway_revision SET revision = revision + 1 WHERE id = 1")
	return db.Map(err, "the revision of the routes")
}

// claim takes a host for the scope, unless another scope has it.
func (s *Store) claim(ctx context.Context, scope kernel.Scope, host string) error {
	conn := s.db.Conn(ctx)
	row := hostRow{Host: host, Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage}
	if _, err := conn.NewInsert().Model(&row).On("CONFLICT (host) DO NOTHING").Exec(ctx); err != nil {
		return db.Map(err, "host "+host)
	}
	var owner hostRow
	if err := conn.NewSelect().Model(&owner).Where("host = ?", host).Scan(ctx); err != nil {
		return db.Map(err, "host "+host)
	}
	if owner == row {
		return nil
	}
	who := "someone else"
	if owner.Tenant == scope.Tenant {
		who = kernel.Scope{Tenant: owner.Tenant, Project: owner.Project, Stage: owner.Stage}.String()
	}
	return kernel.Errorf(kernel.Conflict, "host %s is taken by %s", host, who).
		WithFix("choose another host, or delete the routes that have it")
}

// checkPlace refuses a host and path that another route of the scope has.
func (s *Store) checkPlace(ctx context.Context, r gateway.Route) error {
	var names []string
	err := s.db.Conn(ctx).NewSelect().Model((*routeRow)(nil)).Column("name").
		Where("host = ? AND path = ? AND name <> ?", r.Host, r.Path, r.Name).Scan(ctx, &names)
	if err != nil {
		return db.Map(err, "route "+r.Name)
	}
	if len(names) > 0 {
		return kernel.Errorf(kernel.Conflict, "%s%s is routed by %s already", r.Host, r.Path, names[0]).
			WithFix("choose another host or path, or delete route %s", names[0])
	}
	return nil
}

// freeHosts frees the scope's hosts without routes.
func (s *Store) freeHosts(ctx context.Context, scope kernel.Scope) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*hostRow)(nil)).Where(inScope, scope.Tenant, scope.Project, scope.Stage).
		Where("host NOT IN (SELECT host FROM gateway_routes WHERE "+inScope+")", scope.Tenant, scope.Project, scope.Stage).Exec(ctx)
	return db.Map(err, "the hosts of "+scope.String())
}

// Delete removes a route if it is there, and frees a host without routes.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	_, err := s.db.Conn(ctx).NewDelete().Model((*routeRow)(nil)).
		Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err != nil {
		return db.Map(err, "route "+name)
	}
	return s.freeHosts(ctx, scope)
}

// Get returns a route, or NotFound.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, name string) (gateway.Route, error) {
	var row routeRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).Scan(ctx)
	if err != nil {
		return gateway.Route{}, db.Map(err, "route "+name)
	}
	return row.route(), nil
}

// All returns every route of every tenant.
func (s *Store) All(ctx context.Context) ([]gateway.Route, error) {
	var rows []routeRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("host", "path").Scan(ctx); err != nil {
		return nil, db.Map(err, "the routes")
	}
	return routes(rows), nil
}

// Revision returns how many writes there have been.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var revision int64
	err := s.db.Reader(ctx).QueryRowContext(ctx, "SELECT revision FROM gateway_revision WHERE id = 1").Scan(&revision)
	return revision, db.Map(err, "the revision of the routes")
}

func routes(rows []routeRow) []gateway.Route {
	out := make([]gateway.Route, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.route())
	}
	return out
}

func (r routeRow) route() gateway.Route {
	return gateway.Route{
		Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage},
		Name:  r.Name, Host: r.Host, Path: r.Path, Service: r.Service, Port: r.Port, UpdatedAt: r.UpdatedAt.UTC(),
	}
}
