// Package buildsql keeps the records of delivery/build in the database. It owns
// the table builds.
package buildsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "build", Files: files} }

// Store implements build.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ build.Store = (*Store)(nil)

type row struct {
	Tenant, Project, Body, Actor string
}

const columns = "SELECT tenant, project, body, actor FROM builds "

func (r row) build() (b build.Build, err error) {
	if err := db.Decode(r.Body, &b, "a build"); err != nil {
		return b, err
	}
	b.Scope = kernel.Scope{Tenant: r.Tenant, Project: r.Project}
	return b, db.Decode(r.Actor, &b.By, "who asked for build "+b.ID)
}

// Ask keeps a build, or returns the one of the tree.
func (s *Store) Ask(ctx context.Context, b build.Build) (build.Build, error) {
	body, err := db.Encode(b, "build "+b.ID)
	if err != nil {
		return b, err
	}
	actor, err := db.Encode(b.By, "who asked for build "+b.ID)
	if err != nil {
		return b, err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO builds (id, tenant, project, tree, state, body, actor, asked_at, holder, held_until, fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, 0)"+
			" ON CONFLICT (tenant, project, tree) DO NOTHING",
		b.ID, b.Scope.Tenant, b.Scope.Project, b.Tree, string(b.State), body, actor, b.AskedAt, b.AskedAt).Exec(ctx)
	if err != nil {
		return b, db.Map(err, "build "+b.ID)
	}
	return s.get(ctx, b.Scope, b.Tree, true)
}

// Get returns the build of a tree.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, tree string) (build.Build, error) {
	return s.get(ctx, scope, tree, false)
}

// get reads what was just written where fresh is true.
func (s *Store) get(ctx context.Context, scope kernel.Scope, tree string, fresh bool) (build.Build, error) {
	from := s.db.Reader(ctx)
	if fresh {
		from = s.db.Conn(ctx)
	}
	var r row
	if err := from.NewRaw(columns+"WHERE tenant = ? AND project = ? AND tree = ?", scope.Tenant, scope.Project, tree).Scan(ctx, &r); err != nil {
		return build.Build{}, db.Map(err, "build of "+tree)
	}
	return r.build()
}

// Again has one that failed built again.
func (s *Store) Again(ctx context.Context, b build.Build) error {
	body, err := db.Encode(b, "build "+b.ID)
	if err != nil {
		return err
	}
	actor, err := db.Encode(b.By, "who asked for build "+b.ID)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"UPDATE builds SET id = ?, state = ?, body = ?, actor = ?, asked_at = ?, holder = '' WHERE tenant = ? AND project = ? AND tree = ? AND state = ?",
		b.ID, string(build.Queued), body, actor, b.AskedAt, b.Scope.Tenant, b.Scope.Project, b.Tree, string(build.Failed)).Exec(ctx)
	return db.Map(err, "build of "+b.Tree)
}

// Forget removes those that ended and were asked for before a moment.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM builds WHERE state IN (?, ?) AND asked_at < ?", string(build.Succeeded), string(build.Failed), before).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "builds")
	}
	n, err := result.RowsAffected()
	return int(n), err
}
