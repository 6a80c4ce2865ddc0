// Package domainsql keeps domains in the database.
//
// It owns the tables gateway_domains and gateway_domain_turn, and decides only that a proven
// domain is of one tenant at a time.
package domainsql

import (
	"context"
	"embed"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "domain", Files: files} }

// Store is a domain.Store and a domain.View.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ domain.Store = (*Store)(nil)
	_ domain.View  = (*Store)(nil)
)

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "keys of domains", Table: "gateway_domains", Columns: []string{"tenant", "name"},
		Associated: func(c []string) []byte { return domain.Associated(c[0], c[1]) },
	}
}

type row struct {
	bun.BaseModel `bun:"table:gateway_domains"`

	Tenant   string `bun:",pk"`
	Name     string `bun:",pk"`
	Project  string
	Stage    string
	Verified bool
	Revision int64
	Body     string
	Chain    string
	Sealed   []byte
	WarnAt   *time.Time
	LookAt   *time.Time
}

func rowOf(d domain.Domain) (row, error) {
	body, err := db.Encode(d, "domain "+d.Name)
	return row{
		Tenant: d.Scope.Tenant, Name: d.Name, Project: d.Scope.Project, Stage: d.Scope.Stage, Verified: d.State == domain.Verified,
		Revision: d.Revision + 1, Body: body, Chain: d.Chain, Sealed: d.Sealed,
		WarnAt: d.WarnAt, LookAt: d.LookAt,
	}, err
}

func (r row) scope() kernel.Scope {
	return kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}
}

func (r row) domain() (d domain.Domain, err error) {
	err = db.Decode(r.Body, &d, "domain "+r.Name)
	d.Scope, d.Name = r.scope(), r.Name
	d.Revision, d.Chain, d.Sealed = r.Revision, r.Chain, r.Sealed
	d.WarnAt, d.LookAt = r.WarnAt, r.LookAt
	return d, err
}

// Hold counts a change. Its row lock also puts writers one after the other.
func (s *Store) Hold(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE gateway_domain_turn SET turn = turn + 1 WHERE id = 1").Exec(ctx)
	return db.Map(err, "the turn of the domains")
}

// Insert adds a domain. Its revisions begin at the turn, which grows with each of them: what
// is claimed anew has none of those that it had before.
func (s *Store) Insert(ctx context.Context, d domain.Domain) error {
	r, err := rowOf(d)
	if err != nil {
		return err
	}
	if err := s.db.Conn(ctx).NewRaw("SELECT turn FROM gateway_domain_turn WHERE id = 1").Scan(ctx, &r.Revision); err != nil {
		return db.Map(err, "the turn of the domains")
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "domain "+d.Name)
}

// Save changes a domain that nobody has changed meanwhile.
func (s *Store) Save(ctx context.Context, d domain.Domain) error {
	r, err := rowOf(d)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("verified", "revision", "body", "chain", "sealed", "warn_at", "look_at").
		Where("tenant = ? AND name = ? AND revision = ?", d.Scope.Tenant, d.Name, d.Revision).Exec(ctx)
	if err := db.Changed(result, err, "domain "+d.Name); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "domain %s was changed meanwhile", d.Name).WithFix("look at it and try again")
}

// Delete removes a domain.
func (s *Store) Delete(ctx context.Context, tenant, name string) error {
	result, err := s.db.Conn(ctx).NewDelete().Model((*row)(nil)).Where("tenant = ? AND name = ?", tenant, name).Exec(ctx)
	return db.Changed(result, err, "domain "+name)
}

// Get returns a domain, or NotFound, as the transaction sees it.
func (s *Store) Get(ctx context.Context, tenant, name string) (domain.Domain, error) {
	var r row
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("tenant = ? AND name = ?", tenant, name).Scan(ctx); err != nil {
		return domain.Domain{}, db.Map(err, "domain "+name)
	}
	return r.domain()
}

// List returns the domains of a tenant that are reached, by name. Those of no project are
// for who reaches anything.
func (s *Store) List(ctx context.Context, tenant string, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[domain.Domain], error) {
	var rows []row
	q := db.WithinProjects(s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("chain", "sealed").Where("tenant = ?", tenant), reach, "project", "")
	if page.Cursor != "" {
		q = q.Where("name > ?", page.Cursor)
	}
	err := q.Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the domains", row.domain)
	return kernel.PageOf(all, page, func(d domain.Domain) string { return d.Name }), err
}

// Near returns the domains of a tenant, and the proven ones of others, that are one of names
// or lie below a domain.
func (s *Store) Near(ctx context.Context, tenant string, names []string, below string) ([]domain.Domain, error) {
	var rows []row
	q := s.db.Conn(ctx).NewSelect().Model(&rows).ExcludeColumn("chain", "sealed").Where("(tenant = ? OR verified)", tenant)
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("name IN (?)", bun.List(names))
		if below != "" {
			q = q.WhereOr("name LIKE ?", "%."+below) // names have no characters that LIKE knows
		}
		return q
	})
	err := q.Order("name").Scan(ctx)
	return db.Each(rows, err, "the domains", row.domain)
}

// Count returns how many domains a tenant has claimed.
func (s *Store) Count(ctx context.Context, tenant string) (int, error) {
	n, err := s.db.Conn(ctx).NewSelect().Model((*row)(nil)).Where("tenant = ?", tenant).Count(ctx)
	return int(n), db.Map(err, "the domains")
}

// Proven returns the version of every proven domain of every tenant.
func (s *Store) Proven(ctx context.Context) ([]domain.Version, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Column("tenant", "name", "project", "stage", "revision").Where("verified").Order("name").Scan(ctx)
	return db.Each(rows, err, "the domains", func(r row) (domain.Version, error) {
		return domain.Version{Scope: r.scope(), Name: r.Name, Revision: r.Revision}, nil
	})
}

// atOnce is how many domains one query has with their chains.
const atOnce = 200

// Some returns those of the names that are proven, with their chains and keys.
func (s *Store) Some(ctx context.Context, names []string) ([]domain.Domain, error) {
	var out []domain.Domain
	for part := range slices.Chunk(names, atOnce) {
		var rows []row
		err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("verified").Where("name IN (?)", bun.List(part)).Order("name").Scan(ctx)
		all, err := db.Each(rows, err, "the domains", row.domain)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	return out, nil
}

// Ending returns some proven domains the end of whose certificate is to be told of.
func (s *Store) Ending(ctx context.Context, now time.Time, most int) ([]domain.Domain, error) {
	return s.due(ctx, "warn_at", now, most)
}

// Unlooked returns some proven domains whose record is to be looked at again.
func (s *Store) Unlooked(ctx context.Context, now time.Time, most int) ([]domain.Domain, error) {
	return s.due(ctx, "look_at", now, most)
}

// due returns the proven domains whose time in a column has come, those first that wait longest.
func (s *Store) due(ctx context.Context, column string, now time.Time, most int) ([]domain.Domain, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("chain", "sealed").Where("verified AND ? <= ?", bun.Ident(column), now).
		OrderExpr("?, name", bun.Ident(column)).Limit(int64(most)).Scan(ctx)
	return db.Each(rows, err, "the domains", row.domain)
}

// Turn grows with every change.
func (s *Store) Turn(ctx context.Context) (turn int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT turn FROM gateway_domain_turn WHERE id = 1").Scan(ctx, &turn)
	return turn, db.Map(err, "the turn of the domains")
}
