// Package meshsql keeps documents of the mesh in the database.
//
// It owns the tables mesh_documents and mesh_turn, and decides nothing.
package meshsql

import (
	"context"
	"embed"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "mesh", Files: files} }

// Store is a mesh.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ mesh.Store  = (*Store)(nil)
	_ mesh.Owners = (*Store)(nil)
)

type row struct {
	bun.BaseModel `bun:"table:mesh_documents"`

	Tenant    string `bun:",pk"`
	Project   string `bun:",pk"`
	Stage     string `bun:",pk"`
	Kind      string `bun:",pk"`
	Name      string `bun:",pk"`
	Body      string
	Owner     string
	UpdatedAt time.Time
}

const (
	turnWhat = "the turn of the mesh"
	ofStage  = "tenant = ? AND project = ? AND stage = ?"
	one      = ofStage + " AND kind = ? AND name = ?"
)

func (r row) policy() (p mesh.Policy, err error) {
	p = mesh.Policy{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Kind: r.Kind, Name: r.Name, Owner: r.Owner, UpdatedAt: r.UpdatedAt}
	return p, db.Decode(r.Body, &p.Spec, r.Kind+" "+r.Name)
}

// Hold counts a change. Its row lock also puts writers one after the other.
func (s *Store) Hold(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE mesh_turn SET turn = turn + 1 WHERE id = 1").Exec(ctx)
	return db.Map(err, turnWhat)
}

// Turn grows with every change.
func (s *Store) Turn(ctx context.Context) (turn int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT turn FROM mesh_turn WHERE id = 1").Scan(ctx, &turn)
	return turn, db.Map(err, turnWhat)
}

// Put keeps a document in place of that of its kind and name.
func (s *Store) Put(ctx context.Context, p mesh.Policy) error {
	what := p.Kind + " " + p.Name
	body, err := db.Encode(p.Spec, what)
	if err != nil {
		return err
	}
	r := row{Tenant: p.Scope.Tenant, Project: p.Scope.Project, Stage: p.Scope.Stage, Kind: p.Kind, Name: p.Name, Body: body, Owner: p.Owner, UpdatedAt: p.UpdatedAt}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT (tenant, project, stage, kind, name) DO UPDATE").
		Set("body = EXCLUDED.body, owner = EXCLUDED.owner, updated_at = EXCLUDED.updated_at").Exec(ctx)
	return db.Map(err, what)
}

// Delete removes a document.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, kind, name string) error {
	result, err := s.db.Conn(ctx).NewDelete().Model((*row)(nil)).Where(one, scope.Tenant, scope.Project, scope.Stage, kind, name).Exec(ctx)
	return db.Changed(result, err, kind+" "+name)
}

// Get returns a document, or NotFound, as the transaction sees it.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, kind, name string) (mesh.Policy, error) {
	var r row
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where(one, scope.Tenant, scope.Project, scope.Stage, kind, name).Scan(ctx); err != nil {
		return mesh.Policy{}, db.Map(err, kind+" "+name)
	}
	return r.policy()
}

// OfStage returns the documents of a stage, as the transaction sees them.
func (s *Store) OfStage(ctx context.Context, scope kernel.Scope) ([]mesh.Policy, error) {
	var rows []row
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where(ofStage, scope.Tenant, scope.Project, scope.Stage).Order("kind", "name").Scan(ctx)
	return db.Each(rows, err, "the documents of the mesh", row.policy)
}

// Page returns the documents of a stage by kind and name.
func (s *Store) Page(ctx context.Context, scope kernel.Scope, kind string, page kernel.PageRequest) (kernel.Page[mesh.Policy], error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where(ofStage, scope.Tenant, scope.Project, scope.Stage)
	if kind != "" {
		q = q.Where("kind = ?", kind)
	}
	if page.Cursor != "" {
		after, name, _ := strings.Cut(page.Cursor, "/")
		q = q.Where("(kind > ? OR kind = ? AND name > ?)", after, after, name)
	}
	err := q.Order("kind", "name").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the documents of the mesh", row.policy)
	return kernel.PageOf(all, page, func(p mesh.Policy) string { return p.Kind + "/" + p.Name }), err
}

// All returns the documents of every stage of every tenant.
func (s *Store) All(ctx context.Context) ([]mesh.Policy, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("tenant", "project", "stage", "kind", "name").Scan(ctx)
	return db.Each(rows, err, "the documents of the mesh", row.policy)
}
