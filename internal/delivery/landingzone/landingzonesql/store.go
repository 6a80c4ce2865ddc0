// Package landingzonesql keeps the records of delivery/landingzone in the
// database. It owns the table landing_zones.
package landingzonesql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's table.
func Migrations() db.Migrations { return db.Migrations{Room: "landingzone", Files: files} }

// Store implements landingzone.Store.
type Store struct {
	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type row struct {
	bun.BaseModel `bun:"table:landing_zones"`

	Tenant  string    `bun:"tenant,pk"`
	Stage   string    `bun:"stage,pk"`
	Number  int       `bun:"number,pk"`
	Digest  string    `bun:"digest"`
	Outputs string    `bun:"outputs"`
	SetBy   string    `bun:"set_by"`
	SetAt   time.Time `bun:"set_at"`
}

// Insert adds a version.
func (s *Store) Insert(ctx context.Context, scope kernel.Scope, v landingzone.Version) error {
	outputs, err := json.Marshal(v.Values)
	if err != nil {
		return fmt.Errorf("outputs of %s: %w", what(v.Stage), err)
	}
	r := row{
		Tenant: scope.Tenant, Stage: v.Stage, Number: v.Number, Digest: string(v.Digest),
		Outputs: string(outputs), SetBy: v.SetBy, SetAt: v.SetAt,
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, what(v.Stage))
}

// Newest returns the newest version of a stage.
func (s *Store) Newest(ctx context.Context, scope kernel.Scope, stage string) (landingzone.Version, error) {
	var r row
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("tenant = ? AND stage = ?", scope.Tenant, stage).
		Order("number DESC").Limit(1).Scan(ctx)
	if err != nil {
		return landingzone.Version{}, db.Map(err, what(stage))
	}
	return r.version()
}

// Get returns one version.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, stage string, number int) (landingzone.Version, error) {
	r := row{Tenant: scope.Tenant, Stage: stage, Number: number}
	if err := s.db.Reader(ctx).NewSelect().Model(&r).WherePK().Scan(ctx); err != nil {
		return landingzone.Version{}, db.Map(err, what(stage))
	}
	return r.version()
}

// List returns the versions of a stage, the newest first; the cursor is a number.
func (s *Store) List(ctx context.Context, scope kernel.Scope, stage string, p kernel.PageRequest) (kernel.Page[landingzone.Version], error) {
	var rows []row
	query := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND stage = ?", scope.Tenant, stage).
		Order("number DESC").Limit(int64(p.Size()) + 1)
	if p.Cursor != "" {
		before, err := strconv.Atoi(p.Cursor)
		if err != nil {
			return kernel.Page[landingzone.Version]{}, kernel.Errorf(kernel.Invalid, "the cursor %q is not one of this list", p.Cursor).
				WithFix("take next of the page before")
		}
		query = query.Where("number < ?", before)
	}
	if err := query.Scan(ctx); err != nil {
		return kernel.Page[landingzone.Version]{}, db.Map(err, what(stage))
	}
	versions := make([]landingzone.Version, 0, len(rows))
	for _, r := range rows {
		v, err := r.version()
		if err != nil {
			return kernel.Page[landingzone.Version]{}, err
		}
		versions = append(versions, v)
	}
	return kernel.PageOf(versions, p, func(v landingzone.Version) string { return strconv.Itoa(v.Number) }), nil
}

func (r row) version() (landingzone.Version, error) {
	v := landingzone.Version{Stage: r.Stage, Number: r.Number, Digest: kernel.Digest(r.Digest), SetBy: r.SetBy, SetAt: r.SetAt.UTC()}
	if err := json.Unmarshal([]byte(r.Outputs), &v.Values); err != nil {
		return landingzone.Version{}, fmt.Errorf("outputs of %s: %w", what(r.Stage), err)
	}
	return v, nil
}

func what(stage string) string { return "landing zone of " + stage }
