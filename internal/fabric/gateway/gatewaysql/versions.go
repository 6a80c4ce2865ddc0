package gatewaysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type versionRow struct {
	bun.BaseModel `bun:"table:gateway_versions"`

	Tenant   string `bun:",pk"`
	Project  string `bun:",pk"`
	Stage    string `bun:",pk"`
	Class    string `bun:",pk"`
	Name     string `bun:",pk"`
	Number   int64  `bun:",pk"`
	Kind     string
	Target   string
	Document string
	Author   string
	Revision string
	At       time.Time
}

const ofDocument = inScope + " AND class = ? AND name = ?"

// remember keeps a version, unless it says what the one before does, and forgets the
// oldest beyond those that are kept. begin has put writers one after the other.
func (s *Store) remember(ctx context.Context, scope kernel.Scope, class gateway.Class, name string, v gateway.Version) error {
	var last versionRow
	err := s.db.Conn(ctx).NewSelect().Model(&last).Where(ofDocument, scope.Tenant, scope.Project, scope.Stage, class, name).
		Order("number DESC").Limit(1).Scan(ctx)
	if err = db.Map(err, "the versions of "+name); err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	if err == nil && last.Kind == v.Kind && last.Target == v.Target && last.Document == string(v.Document) {
		return nil
	}
	actor, _ := kernel.ActorFrom(ctx)
	row := versionRow{
		Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage, Class: string(class), Name: name, Number: last.Number + 1,
		Kind: v.Kind, Target: v.Target, Document: string(v.Document), Author: actor.Name, Revision: gateway.CommitFrom(ctx), At: v.At,
	}
	if _, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx); err != nil {
		return db.Map(err, "the versions of "+name)
	}
	_, err = s.db.Conn(ctx).NewDelete().Model((*versionRow)(nil)).Where(ofDocument, scope.Tenant, scope.Project, scope.Stage, class, name).
		Where("number <= ?", row.Number-gateway.MaxVersions).Exec(ctx)
	return db.Map(err, "the versions of "+name)
}

// gone notes that something was deleted, if it was.
func (s *Store) gone(ctx context.Context, result sql.Result, err error, scope kernel.Scope, class gateway.Class, name string) error {
	if err = db.Changed(result, err, string(class)+" "+name); kernel.Is(err, kernel.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return s.remember(ctx, scope, class, name, gateway.Version{At: s.Clock.Now()})
}

// Versions returns the versions of a document, the newest first.
func (s *Store) Versions(ctx context.Context, scope kernel.Scope, class gateway.Class, name string, page kernel.PageRequest) (kernel.Page[gateway.Version], error) {
	var rows []versionRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where(ofDocument, scope.Tenant, scope.Project, scope.Stage, class, name)
	if before, err := strconv.ParseInt(page.Cursor, 10, 64); err == nil {
		q = q.Where("number < ?", before)
	}
	if err := q.Order("number DESC").Limit(int64(page.Size() + 1)).Scan(ctx); err != nil {
		return kernel.Page[gateway.Version]{}, db.Map(err, "the versions of "+name)
	}
	all := make([]gateway.Version, 0, len(rows))
	for _, r := range rows {
		all = append(all, gateway.Version{
			Number: r.Number, Kind: r.Kind, Target: r.Target, Document: json.RawMessage(r.Document), Deleted: r.Document == "", Author: r.Author, Commit: r.Revision, At: r.At.UTC(),
		})
	}
	return kernel.PageOf(all, page, func(v gateway.Version) string { return strconv.FormatInt(v.Number, 10) }), nil
}

// RoutesPage returns a part of a scope's routes, by name; host narrows to those that have it.
func (s *Store) RoutesPage(ctx context.Context, scope kernel.Scope, host string, page kernel.PageRequest) (kernel.Page[gateway.Route], error) {
	var rows []routeRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where(inScope, scope.Tenant, scope.Project, scope.Stage).Where("name > ?", page.Cursor)
	if host != "" {
		q = q.Where("name IN (SELECT route FROM gateway_route_hosts WHERE "+inScope+" AND host = ?)", scope.Tenant, scope.Project, scope.Stage, host)
	}
	if err := q.Order("name").Limit(int64(page.Size() + 1)).Scan(ctx); err != nil {
		return kernel.Page[gateway.Route]{}, db.Map(err, "the routes of "+scope.String())
	}
	all, err := routes(rows)
	return kernel.PageOf(all, page, func(r gateway.Route) string { return r.Name }), err
}

// PoliciesPage returns a part of a scope's own policies, by name, narrowed to a kind and a route.
func (s *Store) PoliciesPage(ctx context.Context, scope kernel.Scope, kind, route string, page kernel.PageRequest) (kernel.Page[gateway.Policy], error) {
	var rows []policyRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where(inScope, scope.Tenant, scope.Project, scope.Stage).Where("name > ?", page.Cursor)
	if kind != "" {
		q = q.Where("kind = ?", kind)
	}
	if route != "" {
		q = q.Where("route = ?", route)
	}
	err := q.Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	return kernel.PageOf(policies(rows), page, func(p gateway.Policy) string { return p.Name }), db.Map(err, "the policies of "+scope.String())
}
