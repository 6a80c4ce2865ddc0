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

// Sealer opens and seals.
type Sealer interface {
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
}

// Store implements local.Store. What services are declared to be is sealed: terraform
// hands sensitive values on in it.
type Store struct {
	db     *db.DB
	sealer Sealer
}

var _ local.Store = (*Store)(nil)

// NewStore returns the store on d.
func NewStore(d *db.DB, sealer Sealer) *Store { return &Store{d, sealer} }

type row struct {
	bun.BaseModel `bun:"table:local_objects"`

	Tenant    string    `bun:"tenant,pk"`
	Project   string    `bun:"project,pk"`
	Stage     string    `bun:"stage,pk"`
	Kind      string    `bun:"kind,pk"`
	Name      string    `bun:"name,pk"`
	Spec      string    `bun:"spec"`
	Sealed    []byte    `bun:"sealed"`
	Outputs   string    `bun:"outputs"`
	Revision  int64     `bun:"revision"`
	Owners    string    `bun:"owners"`
	CreatedAt time.Time `bun:"created_at"`
	UpdatedAt time.Time `bun:"updated_at"`
}

func (s *Store) toRow(ctx context.Context, o local.Object) (row, error) {
	outputs, err := json.Marshal(o.Outputs)
	if err != nil {
		return row{}, fmt.Errorf("encode outputs of %s: %w", o.Key, err)
	}
	owners, err := json.Marshal(o.Owners)
	if err != nil {
		return row{}, fmt.Errorf("encode owners of %s: %w", o.Key, err)
	}
	r := row{
		Tenant: o.Scope.Tenant, Project: o.Scope.Project, Stage: o.Scope.Stage, Kind: string(o.Kind), Name: o.Name,
		Spec: string(o.Spec), Outputs: string(outputs), Revision: o.Revision, Owners: string(owners),
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	if o.Kind == local.Services {
		r.Spec = ""
		r.Sealed, err = s.sealer.SealFor(ctx, r.Tenant, o.Spec, boundTo(o.Key))
	}
	return r, err
}

// boundTo has a sealed declaration be of one object.
func boundTo(k local.Key) []byte {
	return []byte("local object\x00" + k.Scope.String() + "\x00" + k.String())
}

func (r row) key() local.Key {
	return local.Key{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Kind: local.Kind(r.Kind), Name: r.Name}
}

func (s *Store) object(ctx context.Context, r row) (local.Object, error) {
	o := local.Object{
		Key: r.key(), Spec: json.RawMessage(r.Spec), Revision: r.Revision, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.Sealed != nil { // what was declared before declarations were sealed is not
		spec, err := s.sealer.Open(ctx, r.Sealed, boundTo(o.Key))
		if err != nil {
			return o, fmt.Errorf("open %s: %w", o.Key, err)
		}
		o.Spec = spec
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
	return s.object(ctx, r)
}

// Put inserts or replaces an object.
func (s *Store) Put(ctx context.Context, o local.Object) error {
	r, err := s.toRow(ctx, o)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT (tenant, project, stage, kind, name) DO UPDATE").
		Set("spec = EXCLUDED.spec").Set("sealed = EXCLUDED.sealed").Set("outputs = EXCLUDED.outputs").Set("revision = EXCLUDED.revision").
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
	objects := make([]local.Object, 0, len(rows))
	for _, r := range rows {
		o, err := s.object(ctx, r)
		if err != nil {
			return kernel.Page[local.Object]{}, err
		}
		objects = append(objects, o)
	}
	return kernel.PageOf(objects, page, cursorOf), nil
}

const batch = 200

// Keys calls fn with the key of every object of every tenant.
func (s *Store) Keys(ctx context.Context, fn func(local.Key) error) error {
	last := row{}
	for {
		var rows []row
		err := s.db.Reader(ctx).NewSelect().Model(&rows).Column("tenant", "project", "stage", "kind", "name").
			Where("(tenant, project, stage, kind, name) > (?, ?, ?, ?, ?)", last.Tenant, last.Project, last.Stage, last.Kind, last.Name).
			OrderExpr("tenant, project, stage, kind, name").Limit(batch).Scan(ctx)
		if err != nil {
			return db.Map(err, "local objects")
		}
		for _, r := range rows {
			if err := fn(r.key()); err != nil {
				return err
			}
		}
		if len(rows) < batch {
			return nil
		}
		last = rows[len(rows)-1]
	}
}
