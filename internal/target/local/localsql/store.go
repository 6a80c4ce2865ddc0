// Package localsql keeps the local target's objects in the database.
//
// It owns the table local_objects and nothing else; what an object means is the
// business of package local.
package localsql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/target/local"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "local", Files: files} }

// Store implements local.Store.
type Store struct {
	db *db.DB
}

var _ local.Store = (*Store)(nil)

// NewStore returns the store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type row struct {
	bun.BaseModel `bun:"table:local_objects"`

	Tenant    string    `bun:"tenant,pk"`
	Project   string    `bun:"project,pk"`
	Stage     string    `bun:"stage,pk"`
	Kind      string    `bun:"kind,pk"`
	Name      string    `bun:"name,pk"`
	Spec      string    `bun:"spec"`
	Outputs   string    `bun:"outputs"`
	Revision  int64     `bun:"revision"`
	Owners    string    `bun:"owners"`
	CreatedAt time.Time `bun:"created_at"`
	UpdatedAt time.Time `bun:"updated_at"`
}

func toRow(o local.Object) (row, error) {
	outputs, err := json.Marshal(o.Outputs)
	if err != nil {
		return row{}, fmt.Errorf("encode outputs of %s: %w", o.Key, err)
	}
	owners, err := json.Marshal(o.Owners)
	if err != nil {
		return row{}, fmt.Errorf("encode owners of %s: %w", o.Key, err)
	}
	return row{
		Tenant: o.Scope.Tenant, Project: o.Scope.Project, Stage: o.Scope.Stage, Kind: string(o.Kind), Name: o.Name,
		Spec: string(o.Spec), Outputs: string(outputs), Revision: o.Revision, Owners: string(owners),
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}, nil
}

func (r row) object() (local.Object, error) {
	o := local.Object{
		Key: local.Key{
			Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Kind: local.Kind(r.Kind), Name: r.Name,
		},
		Spec: json.RawMessage(r.Spec), Revision: r.Revision, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if err := json.Unmarshal([]byte(r.Outputs), &o.Outputs); err != nil {
		return o, fmt.Errorf("decode outputs of %s: %w", o.Key, err)
	}
	if err := json.Unmarshal([]byte(r.Owners), &o.Owners); err != nil {
		return o, fmt.Errorf("decode owners of %s: %w", o.Key, err)
	}
	return o, nil
}

// Get returns an object, or NotFound.
func (s *Store) Get(ctx context.Context, k local.Key) (local.Object, error) {
	var r row
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("tenant = ?", k.Scope.Tenant).Where("project = ?", k.Scope.Project).
		Where("stage = ?", k.Scope.Stage).Where("kind = ?", string(k.Kind)).Where("name = ?", k.Name).Scan(ctx)
	if err != nil {
		return local.Object{}, db.Map(err, k.String())
	}
	return r.object()
}

// Put inserts or replaces an object.
func (s *Store) Put(ctx context.Context, o local.Object) error {
	r, err := toRow(o)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT (tenant, project, stage, kind, name) DO UPDATE").
		Set("spec = EXCLUDED.spec").Set("outputs = EXCLUDED.outputs").Set("revision = EXCLUDED.revision").
		Set("owners = EXCLUDED.owners").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
	return db.Map(err, o.Key.String())
}

// Delete removes an object; none is no error.
func (s *Store) Delete(ctx context.Context, k local.Key) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*row)(nil)).Where("tenant = ?", k.Scope.Tenant).Where("project = ?", k.Scope.Project).
		Where("stage = ?", k.Scope.Stage).Where("kind = ?", string(k.Kind)).Where("name = ?", k.Name).Exec(ctx)
	return db.Map(err, k.String())
}

// List returns a scope's objects of a kind within a reach by name. A scope without a stage
// has those of all stages that are reached.
func (s *Store) List(ctx context.Context, scope kernel.Scope, kind local.Kind, within kernel.Reach, page kernel.PageRequest) (kernel.Page[local.Object], error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", scope.Tenant).Where("project = ?", scope.Project).
		Where("kind = ?", string(kind)).OrderExpr("name, stage").Limit(int64(page.Size()) + 1)
	if scope.Stage != "" {
		q = q.Where("stage = ?", scope.Stage)
	}
	q = db.Within(q, within, "project", "stage")
	if name, stage, ok := parseCursor(page.Cursor); ok {
		q = q.Where("(name > ? OR (name = ? AND stage > ?))", name, name, stage)
	}
	if err := q.Scan(ctx); err != nil {
		return kernel.Page[local.Object]{}, db.Map(err, string(kind))
	}
	objects, err := toObjects(rows)
	return kernel.PageOf(objects, page, cursorOf), err
}

const batch = 200

// All calls fn with every object of every tenant.
func (s *Store) All(ctx context.Context, fn func(local.Object) error) error {
	last := row{}
	for {
		var rows []row
		err := s.db.Reader(ctx).NewSelect().Model(&rows).
			Where("(tenant, project, stage, kind, name) > (?, ?, ?, ?, ?)", last.Tenant, last.Project, last.Stage, last.Kind, last.Name).
			OrderExpr("tenant, project, stage, kind, name").Limit(batch).Scan(ctx)
		if err != nil {
			return db.Map(err, "local objects")
		}
		objects, err := toObjects(rows)
		if err != nil {
			return err
		}
		for _, o := range objects {
			if err := fn(o); err != nil {
				return err
			}
		}
		if len(rows) < batch {
			return nil
		}
		last = rows[len(rows)-1]
	}
}

func toObjects(rows []row) ([]local.Object, error) {
	objects := make([]local.Object, 0, len(rows))
	for _, r := range rows {
		o, err := r.object()
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}
