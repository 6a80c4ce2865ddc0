package secretsql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Version returns one version.
func (s *Store) Version(ctx context.Context, scope kernel.Scope, name string, version int) (secret.Version, error) {
	var r row
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).
		Where("version = ?", int64(version)).Scan(ctx)
	return secret.Version{Info: r.info(), Sealed: r.Sealed}, noVersion(db.Map(err, fmt.Sprintf("version %d of secret %s", version, name)), scope, name)
}

// noVersion says where the versions are listed that there are.
func noVersion(err error, scope kernel.Scope, name string) error {
	if e, ok := errors.AsType[*kernel.Error](err); ok && e.Kind == kernel.NotFound {
		return e.WithFix("see terrace secret history %s --stage %s", name, scope.Stage)
	}
	return err
}

// Versions returns all there are, the oldest first.
func (s *Store) Versions(ctx context.Context, scope kernel.Scope, name string) ([]secret.Info, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("sealed").Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).
		Order("version").Scan(ctx)
	if err == nil && len(rows) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "secret %s does not exist", name)
	}
	infos := make([]secret.Info, len(rows))
	for i, r := range rows {
		infos[i] = r.info()
	}
	return infos, db.Map(err, "secret "+name)
}

// All returns every version of every secret of a tenant that is not destroyed, without
// their values.
func (s *Store) All(ctx context.Context, tenant string) ([]secret.Info, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("sealed").Where("tenant = ? AND NOT destroyed", tenant).
		Order("project", "stage", "name", "version").Scan(ctx)
	infos := make([]secret.Info, len(rows))
	for i, r := range rows {
		infos[i] = r.info()
	}
	return infos, db.Map(err, "the secrets of "+tenant)
}

// Mark deletes versions at a time, takes that back for the zero time, or destroys them.
func (s *Store) Mark(ctx context.Context, scope kernel.Scope, name string, versions []int, deletedAt time.Time, destroy bool) error {
	numbers := make([]int64, len(versions))
	for i, v := range versions {
		numbers[i] = int64(v)
	}
	q := s.db.Conn(ctx).NewUpdate().Model((*row)(nil)).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).
		Where("version IN (?)", bun.List(numbers)).Where("destroyed = ?", false)
	if destroy {
		q = q.Set("destroyed = ?", true).Set("sealed = ?", []byte{})
	} else {
		q = q.Set("deleted_at = ?", timeOf(deletedAt))
	}
	_, err := q.Exec(ctx)
	return db.Map(err, "secret "+name)
}

// Prune removes versions up to one.
func (s *Store) Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error {
	if upTo <= 0 {
		return nil
	}
	_, err := s.db.Conn(ctx).NewDelete().Model((*row)(nil)).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).
		Where("version <= ?", int64(upTo)).Exec(ctx)
	return db.Map(err, "secret "+name)
}

type metadataRow struct {
	bun.BaseModel `bun:"table:secret_metadata"`

	Tenant      string `bun:",pk"`
	Project     string `bun:",pk"`
	Stage       string `bun:",pk"`
	Name        string `bun:",pk"`
	Current     int64
	CASRequired bool `bun:"cas_required"`
	MaxVersions int64
	DeleteAfter int64
	Custom      string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ReadAt      *time.Time
	ReadBy      string
	ReadByName  string
	ReadVersion int64
}

// Metadata returns what is said of a secret, which nobody else changes until the transaction
// of ctx ends.
func (s *Store) Metadata(ctx context.Context, scope kernel.Scope, name string) (secret.Metadata, error) {
	var r metadataRow
	q := s.db.Reader(ctx).NewSelect().Model(&r).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name)
	if s.db.Dialect() == db.Postgres && db.InTransaction(ctx) {
		q = q.For("UPDATE") // who changes it has read it in the same transaction
	}
	err := q.Scan(ctx)
	if err != nil {
		return secret.Metadata{}, db.Map(err, "secret "+name)
	}
	m := secret.Metadata{
		Scope: scope, Name: name, Current: int(r.Current), CASRequired: r.CASRequired, MaxVersions: int(r.MaxVersions), DeleteAfter: time.Duration(r.DeleteAfter),
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), ReadBy: r.ReadBy, ReadByName: r.ReadByName, ReadVersion: int(r.ReadVersion),
	}
	if r.ReadAt != nil {
		m.ReadAt = r.ReadAt.UTC()
	}
	return m, db.Decode(r.Custom, &m.Custom, "secret "+name)
}

// PutMetadata keeps what is said of a secret.
func (s *Store) PutMetadata(ctx context.Context, m secret.Metadata) error {
	custom, err := json.Marshal(m.Custom)
	if err != nil {
		return err
	}
	r := metadataRow{
		Tenant: m.Scope.Tenant, Project: m.Scope.Project, Stage: m.Scope.Stage, Name: m.Name, Current: int64(m.Current), CASRequired: m.CASRequired,
		MaxVersions: int64(m.MaxVersions), DeleteAfter: int64(m.DeleteAfter), Custom: string(custom), CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
		ReadAt: timeOf(m.ReadAt), ReadBy: m.ReadBy, ReadByName: m.ReadByName, ReadVersion: int64(m.ReadVersion),
	}
	q := s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT (tenant, project, stage, name) DO UPDATE")
	for _, c := range []string{"current", "cas_required", "max_versions", "delete_after", "custom", "updated_at", "read_at", "read_by", "read_by_name", "read_version"} {
		q = q.Set(c + " = EXCLUDED." + c)
	}
	_, err = q.Exec(ctx)
	return db.Map(err, "secret "+m.Name)
}

// Names returns names of secrets in a stage, else of stages or projects, that begin with a
// prefix and come after one, of what is reached.
func (s *Store) Names(ctx context.Context, scope kernel.Scope, within kernel.Reach, prefix, after string, limit int) (names []string, err error) {
	column := "project"
	if scope.Project != "" {
		column = "stage"
	}
	if scope.Stage != "" {
		column = "name"
	}
	of := func(table string) *bun.SelectQuery {
		q := s.db.Reader(ctx).NewSelect().TableExpr(table).ColumnExpr("? AS n", bun.Ident(column)).Where("tenant = ?", scope.Tenant).Where("? > ?", bun.Ident(column), after)
		if scope.Project != "" {
			q = q.Where("project = ?", scope.Project)
		}
		if scope.Stage != "" {
			q = q.Where("stage = ?", scope.Stage)
		}
		if prefix != "" {
			q = q.Where(`? LIKE ? ESCAPE '\'`, bun.Ident(column), strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(prefix)+"%")
		}
		return db.Within(q, within, "project", "stage")
	}
	err = s.db.Reader(ctx).NewSelect().Distinct().ColumnExpr("n").TableExpr("(?) AS all_names", of("secrets").Union(of("secret_metadata"))).
		OrderExpr("n").Limit(int64(limit)).Scan(ctx, &names)
	return names, db.Map(err, "the names of secrets")
}
