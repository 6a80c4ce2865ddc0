// Package secretsql keeps sealed secrets in the database.
//
// It owns the table secrets, and never sees a value in the clear.
package secretsql

import (
	"context"
	"embed"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "secret", Files: migrations} }

// Store is a secret.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "secrets", Table: "secrets", Columns: []string{"tenant", "project", "stage", "name", "version"},
		Associated: func(c []string) []byte {
			version, _ := strconv.Atoi(c[4]) // it is a number in the database
			return secret.Associated(secret.Info{Scope: kernel.Scope{Tenant: c[0], Project: c[1], Stage: c[2]}, Name: c[3], Version: version})
		},
	}
}

type row struct {
	bun.BaseModel `bun:"table:secrets,alias:s"`

	Tenant        string `bun:",pk"`
	Project       string `bun:",pk"`
	Stage         string `bun:",pk"`
	Name          string `bun:",pk"`
	Version       int64  `bun:",pk"`
	Generated     bool
	Length        int64
	Sealed        []byte
	CreatedBy     string
	CreatedByName string
	CreatedAt     time.Time
	Fields        bool
	DeletedAt     *time.Time
	Destroyed     bool
	Origin        string
	Known         bool
}

const isNamed = "tenant = ? AND project = ? AND stage = ? AND name = ?"

// Add keeps a version; one that is there already is a Conflict.
func (s *Store) Add(ctx context.Context, v secret.Version) error {
	r := row{
		Tenant: v.Scope.Tenant, Project: v.Scope.Project, Stage: v.Scope.Stage, Name: v.Name, Version: int64(v.Version),
		Generated: v.Generated, Length: int64(v.Length), Sealed: v.Sealed, CreatedBy: v.CreatedBy, CreatedByName: v.CreatedByName, CreatedAt: v.CreatedAt,
		Fields: v.Fields, DeletedAt: timeOf(v.DeletedAt), Origin: v.Origin, Known: v.Known,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "secret "+v.Name)
}

// Current returns the newest version, or NotFound.
func (s *Store) Current(ctx context.Context, scope kernel.Scope, name string) (secret.Version, error) {
	var r row
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).
		Order("version DESC").Limit(1).Scan(ctx)
	if err != nil {
		return secret.Version{}, db.Map(err, "secret "+name)
	}
	return secret.Version{Info: r.info(), Sealed: r.Sealed}, nil
}

// List returns the newest version of each secret of a stage, or of those stages of a
// project that are reached.
func (s *Store) List(ctx context.Context, scope kernel.Scope, within kernel.Reach, page kernel.PageRequest) (kernel.Page[secret.Info], error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("sealed").
		Where("s.tenant = ? AND s.project = ?", scope.Tenant, scope.Project).
		Where("NOT EXISTS (SELECT 1 FROM secrets n WHERE n.tenant = s.tenant AND n.project = s.project AND n.stage = s.stage AND n.name = s.name AND n.version > s.version)")
	q = db.Within(q, within, "s.project", "s.stage")
	if scope.Stage != "" {
		q = q.Where("s.stage = ?", scope.Stage)
	}
	if stage, name, ok := strings.Cut(page.Cursor, " "); ok {
		q = q.Where("(s.stage > ? OR (s.stage = ? AND s.name > ?))", stage, stage, name)
	}
	if err := q.Order("s.stage", "s.name").Limit(int64(page.Size()) + 1).Scan(ctx); err != nil {
		return kernel.Page[secret.Info]{}, db.Map(err, "the secrets")
	}
	infos := make([]secret.Info, 0, len(rows))
	for _, r := range rows {
		infos = append(infos, r.info())
	}
	return kernel.PageOf(infos, page, func(i secret.Info) string { return i.Stage + " " + i.Name }), nil
}

// Delete removes every version and reports whether there was one.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error) {
	result, err := s.db.Conn(ctx).NewDelete().Model((*row)(nil)).
		Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "secret "+name)
	}
	said, err := s.db.Conn(ctx).NewRaw("DELETE FROM secret_metadata WHERE "+isNamed, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "secret "+name)
	}
	n, err := result.RowsAffected()
	m, errSaid := said.RowsAffected()
	return n+m > 0, db.Map(errors.Join(err, errSaid), "secret "+name)
}

func (r row) info() secret.Info {
	i := secret.Info{
		Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Name: r.Name, Stage: r.Stage,
		Version: int(r.Version), Generated: r.Generated, Length: int(r.Length), CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
		Fields: r.Fields, Destroyed: r.Destroyed, Origin: r.Origin, CreatedByName: r.CreatedByName,
	}
	if r.DeletedAt != nil {
		i.DeletedAt = r.DeletedAt.UTC()
	}
	return i
}
