// Package gatewaysql keeps the gateway's routes in the database.
//
// It owns the tables gateway_hosts, gateway_routes, gateway_route_hosts, gateway_policies, gateway_products,
// gateway_versions, gateway_session_keys and gateway_revision, and decides only that a host belongs to one
// scope at a time.
package gatewaysql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
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
type Store struct {
	db *db.DB

	// Clock says when something was deleted; nil is the system's.
	Clock kernel.Clock
}

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
	Document  string
	Owner     string
	UpdatedAt time.Time
}

type routeHostRow struct {
	bun.BaseModel `bun:"table:gateway_route_hosts"`

	Host    string `bun:",pk"`
	Tenant  string `bun:",pk"`
	Project string `bun:",pk"`
	Stage   string `bun:",pk"`
	Route   string `bun:",pk"`
}

const (
	inScope = "tenant = ? AND project = ? AND stage = ?"
	isNamed = inScope + " AND name = ?"
)

// Put keeps a route, replacing the one of its name, and claims its hosts. It returns what
// those that the scope did not have before overlap with.
func (s *Store) Put(ctx context.Context, r gateway.Route) (overlaps []gateway.Overlap, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	for _, host := range r.Hosts {
		taken, err := s.claim(ctx, r.Scope, host)
		if err != nil {
			return nil, err
		}
		if !taken {
			continue
		}
		others, err := s.overlaps(ctx, r.Scope, host)
		if err != nil {
			return nil, err
		}
		overlaps = append(overlaps, others...)
	}
	return overlaps, s.write(ctx, r)
}

// write keeps a route whose hosts are its scope's.
func (s *Store) write(ctx context.Context, r gateway.Route) error {
	document, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write route %s: %w", r.Name, err)
	}
	row := routeRow{
		Tenant: r.Scope.Tenant, Project: r.Scope.Project, Stage: r.Scope.Stage, Name: r.Name,
		Document: string(document), Owner: r.Owner, UpdatedAt: r.UpdatedAt,
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, stage, name) DO UPDATE").
		Set("document = EXCLUDED.document, owner = EXCLUDED.owner, updated_at = EXCLUDED.updated_at").Exec(ctx)
	if err != nil {
		return db.Map(err, "route "+r.Name)
	}
	if err := s.remember(ctx, r.Scope, gateway.ClassRoute, r.Name, gateway.Version{Kind: "Route", Document: document, At: r.UpdatedAt}); err != nil {
		return err
	}
	if err := s.place(ctx, r.Scope, r.Name, r.Hosts); err != nil {
		return err
	}
	return s.freeHosts(ctx, r.Scope)
}

// place notes the hosts of a route, in place of those that it had.
func (s *Store) place(ctx context.Context, scope kernel.Scope, name string, hosts []string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*routeHostRow)(nil)).
		Where(inScope+" AND route = ?", scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err != nil || len(hosts) == 0 {
		return db.Map(err, "the hosts of route "+name)
	}
	rows := make([]routeHostRow, 0, len(hosts))
	for _, host := range hosts {
		rows = append(rows, routeHostRow{Host: host, Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage, Route: name})
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&rows).Exec(ctx)
	return db.Map(err, "the hosts of route "+name)
}

// begin counts the write. Its row lock also puts writes one after the other,
// so that a host is not freed while another write takes it.
func (s *Store) begin(ctx context.Context) error {
	_, err := s.db.Conn(ctx).ExecContext(ctx, "UPDATE gateway_revision SET revision = revision + 1 WHERE id = 1")
	return db.Map(err, "the revision of the routes")
}

// claim takes a host for the scope, unless another scope has it. It tells whether the scope
// did not have it before.
func (s *Store) claim(ctx context.Context, scope kernel.Scope, host string) (taken bool, err error) {
	conn := s.db.Conn(ctx)
	row := hostRow{Host: host, Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage}
	result, err := conn.NewInsert().Model(&row).On("CONFLICT (host) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, db.Map(err, "host "+host)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return true, db.Map(err, "host "+host)
	}
	var owner hostRow
	if err := conn.NewSelect().Model(&owner).Where("host = ?", host).Scan(ctx); err != nil {
		return false, db.Map(err, "host "+host)
	}
	if owner != row {
		return false, takenBy(host, scope, owner)
	}
	return false, nil
}

// overlaps returns the hosts of other scopes that a host takes in, or that take it in.
func (s *Store) overlaps(ctx context.Context, scope kernel.Scope, host string) ([]gateway.Overlap, error) {
	var others []hostRow
	err := s.db.Conn(ctx).NewSelect().Model(&others).Where("NOT ("+inScope+")", scope.Tenant, scope.Project, scope.Stage).
		WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return overlapping(q, host) }).Order("host").Scan(ctx)
	return db.Each(others, err, "host "+host, func(o hostRow) (gateway.Overlap, error) {
		return gateway.Overlap{Host: host, Other: o.Host, Scope: kernel.Scope{Tenant: o.Tenant, Project: o.Project, Stage: o.Stage}}, nil
	})
}

// overlapping narrows to hosts that a wildcard of them, or host as one, takes in.
func overlapping(q *bun.SelectQuery, host string) *bun.SelectQuery {
	bare, wild := strings.CutPrefix(host, "*.")
	if wild {
		q = q.Where("host LIKE ?", "%."+bare)
	}
	wildcards := []string{}
	for rest := bare; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			break
		}
		rest = after
		wildcards = append(wildcards, "*."+rest)
	}
	return q.WhereOr("host IN (?)", bun.List(append(wildcards, "")))
}

func takenBy(host string, scope kernel.Scope, owner hostRow) error {
	who := "someone else"
	if owner.Tenant == scope.Tenant {
		who = kernel.Scope{Tenant: owner.Tenant, Project: owner.Project, Stage: owner.Stage}.String()
	}
	return kernel.Errorf(kernel.Conflict, "host %s is taken by %s", host, who).
		WithFix("choose another host, or delete the routes that have it")
}

// freeHosts frees the scope's hosts without routes.
func (s *Store) freeHosts(ctx context.Context, scope kernel.Scope) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*hostRow)(nil)).Where(inScope, scope.Tenant, scope.Project, scope.Stage).
		Where("host NOT IN (SELECT host FROM gateway_route_hosts WHERE "+inScope+")", scope.Tenant, scope.Project, scope.Stage).Exec(ctx)
	return db.Map(err, "the hosts of "+scope.String())
}

// Delete removes a route if it is there, and frees a host without routes.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewDelete().Model((*routeRow)(nil)).
		Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err := s.gone(ctx, result, err, scope, gateway.ClassRoute, name); err != nil {
		return err
	}
	if err := s.place(ctx, scope, name, nil); err != nil {
		return err
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
	return row.route()
}

// Routes returns those of a scope, by name.
func (s *Store) Routes(ctx context.Context, scope kernel.Scope) ([]gateway.Route, error) {
	var rows []routeRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where(inScope, scope.Tenant, scope.Project, scope.Stage).Order("name").Scan(ctx)
	if err != nil {
		return nil, db.Map(err, "the routes of "+scope.String())
	}
	return routes(rows)
}

// All returns every route of every tenant.
func (s *Store) All(ctx context.Context) ([]gateway.Route, error) {
	var rows []routeRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("tenant", "project", "stage", "name").Scan(ctx); err != nil {
		return nil, db.Map(err, "the routes")
	}
	return routes(rows)
}

// Revision returns how many writes there have been.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var revision int64
	err := s.db.Reader(ctx).QueryRowContext(ctx, "SELECT revision FROM gateway_revision WHERE id = 1").Scan(&revision)
	return revision, db.Map(err, "the revision of the routes")
}

func routes(rows []routeRow) ([]gateway.Route, error) {
	out := make([]gateway.Route, 0, len(rows))
	for _, row := range rows {
		r, err := row.route()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (r routeRow) route() (gateway.Route, error) {
	var out gateway.Route
	if err := json.Unmarshal([]byte(r.Document), &out); err != nil {
		return out, fmt.Errorf("read route %s: %w", r.Name, err)
	}
	out.Scope, out.Name = kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Name
	out.Owner, out.UpdatedAt = r.Owner, r.UpdatedAt.UTC()
	return out, nil
}
