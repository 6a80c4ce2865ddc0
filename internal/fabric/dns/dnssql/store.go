// Package dnssql keeps what DNS has in the database.
//
// It owns the tables dns_names and dns_records (of deployments), dns_objects and dns_sets (of
// tenants) and dns_revision, and decides only that a name of a deployment belongs to one scope at
// a time.
package dnssql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "dns", Files: migrations} }

// Store is a dns.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type nameRow struct {
	bun.BaseModel `bun:"table:dns_names"`

	Name    string `bun:",pk"`
	Tenant  string
	Project string
	Stage   string
}

type recordRow struct {
	bun.BaseModel `bun:"table:dns_records"`

	Name      string `bun:",pk"`
	Type      string `bun:",pk"`
	Tenant    string
	Project   string
	Stage     string
	TTL       int64 `bun:"ttl"`
	Data      string
	UpdatedAt time.Time
}

// Replace makes records the only ones of the name; none frees the name.
func (s *Store) Replace(ctx context.Context, scope kernel.Scope, name string, records []dns.Record) error {
	conn := s.db.Conn(ctx)
	// Both rows: all changes, and those of the platform's zone. The row lock also puts writes one after the other on PostgreSQL.
	_, err := conn.ExecContext(ctx, "UPDATE dns_revision SET revision = revision + 1")
	if err != nil {
		return db.Map(err, "the DNS revision")
	}
	if err := s.claim(ctx, scope, name, len(records) > 0); err != nil {
		return err
	}
	_, err = conn.NewDelete().Model((*recordRow)(nil)).Where("name = ?", name).
		Where("tenant = ? AND project = ? AND stage = ?", scope.Tenant, scope.Project, scope.Stage).Exec(ctx)
	if err != nil || len(records) == 0 {
		return db.Map(err, "DNS name "+name)
	}
	rows, err := toRows(scope, records)
	if err != nil {
		return err
	}
	_, err = conn.NewInsert().Model(&rows).Exec(ctx)
	return db.Map(err, "DNS name "+name)
}

// claim takes a name for the scope, unless another scope has it, or frees it.
func (s *Store) claim(ctx context.Context, scope kernel.Scope, name string, take bool) error {
	conn := s.db.Conn(ctx)
	if !take {
		_, err := conn.NewDelete().Model((*nameRow)(nil)).Where("name = ?", name).
			Where("tenant = ? AND project = ? AND stage = ?", scope.Tenant, scope.Project, scope.Stage).Exec(ctx)
		return db.Map(err, "DNS name "+name)
	}
	row := nameRow{Name: name, Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage}
	if _, err := conn.NewInsert().Model(&row).On("CONFLICT (name) DO NOTHING").Exec(ctx); err != nil {
		return db.Map(err, "DNS name "+name)
	}
	var owner nameRow
	if err := conn.NewSelect().Model(&owner).Where("name = ?", name).Scan(ctx); err != nil {
		return db.Map(err, "DNS name "+name)
	}
	if owner != row {
		return kernel.Errorf(kernel.Conflict, "DNS name %s is taken by %s", name, ownerFor(scope, owner)).
			WithFix("choose another name, or delete the one that has it")
	}
	return nil
}

// ownerFor names the owner to those who may know of it.
func ownerFor(scope kernel.Scope, o nameRow) string {
	if scope.Tenant != o.Tenant {
		return "someone else"
	}
	if o.Stage == "" {
		return "project " + o.Project
	}
	return "stage " + o.Stage + " of project " + o.Project
}

// Named returns every record set of a name in the scope.
func (s *Store) Named(ctx context.Context, scope kernel.Scope, name string) ([]dns.Record, error) {
	var rows []recordRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("name = ?", name).
		Where("tenant = ? AND project = ? AND stage = ?", scope.Tenant, scope.Project, scope.Stage).Order("type").Scan(ctx)
	if err != nil {
		return nil, db.Map(err, "DNS name "+name)
	}
	return fromRows(rows)
}

// All returns every record of every tenant.
func (s *Store) All(ctx context.Context) ([]dns.Record, error) {
	var rows []recordRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("name", "type").Scan(ctx); err != nil {
		return nil, db.Map(err, "the DNS records")
	}
	return fromRows(rows)
}

// Revision returns how many writes there have been.
func (s *Store) Revision(ctx context.Context) (int64, error) { return s.revision(ctx, 1) }

// Serial returns how many of them were of records of deployments.
func (s *Store) Serial(ctx context.Context) (int64, error) { return s.revision(ctx, 2) }

func (s *Store) revision(ctx context.Context, id int) (int64, error) {
	var revision int64
	err := s.db.Reader(ctx).NewRaw("SELECT revision FROM dns_revision WHERE id = ?", id).Scan(ctx, &revision)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return revision, db.Map(err, "the DNS revision")
}

func toRows(scope kernel.Scope, records []dns.Record) ([]recordRow, error) {
	rows := make([]recordRow, 0, len(records))
	for _, r := range records {
		values, err := json.Marshal(r.Values)
		if err != nil {
			return nil, fmt.Errorf("encode dns record: %w", err)
		}
		rows = append(rows, recordRow{
			Name: r.Name, Type: string(r.Type), Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage,
			TTL: int64(r.TTL), Data: string(values), UpdatedAt: r.UpdatedAt,
		})
	}
	return rows, nil
}

func fromRows(rows []recordRow) ([]dns.Record, error) {
	records := make([]dns.Record, 0, len(rows))
	for _, row := range rows {
		r := dns.Record{
			Scope: kernel.Scope{Tenant: row.Tenant, Project: row.Project, Stage: row.Stage},
			Name:  row.Name, Type: dns.Type(row.Type), TTL: int(row.TTL), UpdatedAt: row.UpdatedAt.UTC(),
		}
		if err := json.Unmarshal([]byte(row.Data), &r.Values); err != nil {
			return nil, fmt.Errorf("decode dns record %s: %w", row.Name, err)
		}
		records = append(records, r)
	}
	return records, nil
}
