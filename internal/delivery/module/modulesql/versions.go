package modulesql

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Versions implements module.Versions.
type Versions struct {
	db      *db.DB
	decoded *decoded
}

type versionRow struct {
	bun.BaseModel `bun:"table:module_versions"`

	Tenant      string    `bun:"tenant,pk"`
	Namespace   string    `bun:"namespace,pk"`
	Name        string    `bun:"name,pk"`
	System      string    `bun:"system,pk"`
	Version     string    `bun:"version,pk"`
	Digest      string    `bun:"digest"`
	Archive     string    `bun:"archive"`
	Size        int64     `bun:"size"`
	Inputs      string    `bun:"inputs"`
	Outputs     string    `bun:"outputs"`
	PublishedBy string    `bun:"published_by"`
	PublishedAt time.Time `bun:"published_at"`
}

// Insert adds a version.
func (s *Versions) Insert(ctx context.Context, scope kernel.Scope, v module.Version) error {
	inputs, err := json.Marshal(v.Inputs)
	if err != nil {
		return fmt.Errorf("inputs of %s: %w", v.Address, err)
	}
	outputs, err := json.Marshal(v.Outputs)
	if err != nil {
		return fmt.Errorf("outputs of %s: %w", v.Address, err)
	}
	row := versionRow{
		Tenant: scope.Tenant, Namespace: v.Namespace, Name: v.Name, System: v.System, Version: v.Version,
		Digest: string(v.Digest), Archive: string(v.Archive), Size: v.Size,
		Inputs: string(inputs), Outputs: string(outputs), PublishedBy: v.PublishedBy, PublishedAt: v.PublishedAt,
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, what(v.Address, v.Version))
}

// Get returns one version.
func (s *Versions) Get(ctx context.Context, scope kernel.Scope, a module.Address, version string) (module.Version, error) {
	row := versionRow{Tenant: scope.Tenant, Namespace: a.Namespace, Name: a.Name, System: a.System, Version: version}
	if err := s.db.Reader(ctx).NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return module.Version{}, db.Map(err, what(a, version))
	}
	return s.version(row)
}

// Of returns all versions of a module.
func (s *Versions) Of(ctx context.Context, scope kernel.Scope, a module.Address) ([]module.Version, error) {
	var rows []versionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).
		Where("tenant = ? AND namespace = ? AND name = ? AND system = ?", scope.Tenant, a.Namespace, a.Name, a.System).Scan(ctx)
	if err != nil {
		return nil, db.Map(err, "module "+a.String())
	}
	return s.versionsOf(rows)
}

// Systems returns the systems that a module is published for.
func (s *Versions) Systems(ctx context.Context, scope kernel.Scope, namespace, name string) ([]string, error) {
	var systems []string
	err := s.db.Reader(ctx).NewSelect().Model((*versionRow)(nil)).ColumnExpr("DISTINCT system").
		Where("tenant = ? AND namespace = ? AND name = ?", scope.Tenant, namespace, name).Order("system").Scan(ctx, &systems)
	return systems, db.Map(err, "module "+namespace+"/"+name)
}

// Page returns a part of all versions.
func (s *Versions) Page(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[module.Version], error) {
	var rows []versionRow
	query := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", scope.Tenant).
		Order("namespace", "name", "system", "version").Limit(int64(r.Size()) + 1)
	if r.Cursor != "" {
		after, err := readCursor(r.Cursor)
		if err != nil {
			return kernel.Page[module.Version]{}, err
		}
		query = query.Where("(namespace, name, system, version) > (?, ?, ?, ?)", after[0], after[1], after[2], after[3])
	}
	if err := query.Scan(ctx); err != nil {
		return kernel.Page[module.Version]{}, db.Map(err, "modules")
	}
	versions, err := s.versionsOf(rows)
	if err != nil {
		return kernel.Page[module.Version]{}, err
	}
	return kernel.PageOf(versions, r, writeCursor), nil
}

func writeCursor(v module.Version) string {
	return base64.RawURLEncoding.EncodeToString([]byte(v.Address.String() + "/" + v.Version))
}

func readCursor(cursor string) ([]string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(b), "/")
	if err != nil || len(parts) != 4 {
		return nil, kernel.Errorf(kernel.Invalid, "the cursor %q is not one of this list", cursor).WithFix("take next of the page before")
	}
	return parts, nil
}

func (s *Versions) versionsOf(rows []versionRow) ([]module.Version, error) {
	versions := make([]module.Version, 0, len(rows))
	for _, row := range rows {
		v, err := s.version(row)
		if err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	return versions, nil
}

func (s *Versions) version(r versionRow) (module.Version, error) {
	a := module.Address{Namespace: r.Namespace, Name: r.Name, System: r.System}
	ports, err := s.decoded.of(portsText{r.Inputs, r.Outputs})
	if err != nil {
		return module.Version{}, fmt.Errorf("%s: %w", what(a, r.Version), err)
	}
	return module.Version{
		Address: a, Version: r.Version,
		Digest: kernel.Digest(r.Digest), Archive: kernel.Digest(r.Archive), Size: r.Size,
		Inputs: ports.inputs, Outputs: ports.outputs,
		PublishedBy: r.PublishedBy, PublishedAt: r.PublishedAt.UTC(),
	}, nil
}

func what(a module.Address, version string) string { return "module " + a.String() + " " + version }
