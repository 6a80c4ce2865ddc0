// Package upstreamsql keeps other providers, whose accounts there are whose, and sign-ins
// there in the database.
//
// It owns the tables upstream_*, and never sees a secret in the clear.
package upstreamsql

import (
	"context"
	"embed"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "upstream", Files: files} }

// Store implements upstream.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type upstreamRow struct {
	bun.BaseModel `bun:"table:upstream_upstreams,alias:u"`

	ID        string    `bun:"id,pk"`
	Tenant    string    `bun:"tenant"`
	Name      string    `bun:"name"`
	Issuer    string    `bun:"issuer"`
	Enabled   bool      `bun:"enabled"`
	Place     int64     `bun:"place"`
	Settings  string    `bun:"settings"`
	Secret    []byte    `bun:"secret"`
	Rules     string    `bun:"rules"`
	RulesText string    `bun:"rules_text"`
	CreatedAt time.Time `bun:"created_at"`
	Revision  int64     `bun:"revision"`
}

func rowOf(u upstream.Upstream) *upstreamRow {
	secret := u.Secret
	if secret == nil {
		secret = []byte{}
	}
	return &upstreamRow{
		ID: u.ID, Tenant: u.Tenant, Name: u.Name, Issuer: u.Issuer, Enabled: u.Enabled, Place: int64(u.Order), Settings: text(u.Settings),
		Secret: secret, Rules: text(u.Rules), RulesText: u.RulesText, CreatedAt: u.CreatedAt, Revision: u.Revision,
	}
}

func (r upstreamRow) upstream() (upstream.Upstream, error) {
	u := upstream.Upstream{
		ID: r.ID, Tenant: r.Tenant, Name: r.Name, Issuer: r.Issuer, Secret: r.Secret, RulesText: r.RulesText, CreatedAt: r.CreatedAt.UTC(), Revision: r.Revision,
	}
	if err := json.Unmarshal([]byte(r.Settings), &u.Settings); err != nil {
		return u, kernel.Errorf(kernel.Internal, "the upstream %s is damaged: %w", r.Name, err)
	}
	if err := json.Unmarshal([]byte(r.Rules), &u.Rules); err != nil {
		return u, kernel.Errorf(kernel.Internal, "the rules of the upstream %s are damaged: %w", r.Name, err)
	}
	return u, nil
}

func text(v any) string {
	raw, _ := json.Marshal(v) // texts, numbers and lists of them always can be
	return string(raw)
}

func upstreamsOf(rows []upstreamRow) ([]upstream.Upstream, error) {
	list := make([]upstream.Upstream, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.upstream(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Add keeps an upstream; a second of a name in a tenant is a Conflict.
func (s *Store) Add(ctx context.Context, u upstream.Upstream) error {
	if _, err := s.db.Conn(ctx).NewInsert().Model(rowOf(u)).Exec(ctx); err != nil {
		return db.Map(err, "the upstream "+u.Name)
	}
	return s.putDomains(ctx, u)
}

// putDomains keeps whose addresses are of which domain.
func (s *Store) putDomains(ctx context.Context, u upstream.Upstream) error {
	if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM upstream_domains WHERE upstream = ?", u.ID).Exec(ctx); err != nil {
		return db.Map(err, "the domains of "+u.Name)
	}
	if !u.Enabled {
		return nil
	}
	for _, domain := range u.EmailDomains {
		_, err := s.db.Conn(ctx).NewRaw("INSERT INTO upstream_domains (upstream, tenant, domain) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", u.ID, u.Tenant, domain).Exec(ctx)
		if err != nil {
			return db.Map(err, "the domains of "+u.Name)
		}
	}
	return nil
}

// Put writes an upstream over the revision that was seen, else it is Stale.
func (s *Store) Put(ctx context.Context, u upstream.Upstream, seen int64) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model(rowOf(u)).Where("id = ? AND revision = ?", u.ID, seen).Exec(ctx)
	if err = db.Changed(res, err, "the upstream "+u.Name); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "somebody else has changed the upstream %s meanwhile", u.Name).WithFix("look at it again, and change it once more")
	}
	if err != nil {
		return err
	}
	return s.putDomains(ctx, u)
}

// Remove removes an upstream with its links.
func (s *Store) Remove(ctx context.Context, tenant, id string) error {
	for _, query := range []string{"DELETE FROM upstream_domains WHERE upstream = ?", "DELETE FROM upstream_links WHERE upstream = ?", "DELETE FROM upstream_sessions WHERE upstream = ?", "DELETE FROM upstream_logouts WHERE upstream = ?"} {
		if _, err := s.db.Conn(ctx).NewRaw(query, id).Exec(ctx); err != nil {
			return db.Map(err, "what belongs to "+id)
		}
	}
	res, err := s.db.Conn(ctx).NewDelete().Model((*upstreamRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the upstream "+id)
}

// Upstream returns the upstream of a name.
func (s *Store) Upstream(ctx context.Context, tenant, name string) (upstream.Upstream, error) {
	var row upstreamRow
	if err := s.db.Reader(ctx).NewSelect().Model(&row).Where("tenant = ? AND name = ?", tenant, name).Scan(ctx); err != nil {
		return upstream.Upstream{}, db.Map(err, "the upstream "+name)
	}
	return row.upstream()
}

// Upstreams lists those of a tenant by name.
func (s *Store) Upstreams(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[upstream.Upstream], error) {
	var rows []upstreamRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND name > ?", tenant, page.Cursor).Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	if err != nil {
		return kernel.Page[upstream.Upstream]{}, db.Map(err, "the upstreams")
	}
	list, err := upstreamsOf(rows)
	return kernel.PageOf(list, page, func(u upstream.Upstream) string { return u.Name }), err
}

// maxOffered is how many buttons a page has at most.
const maxOffered = 20

// Enabled returns those of a tenant that are on, by their order.
func (s *Store) Enabled(ctx context.Context, tenant string) ([]upstream.Upstream, error) {
	var rows []upstreamRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND enabled = ?", tenant, true).Order("place", "name").Limit(maxOffered).Scan(ctx)
	if err != nil {
		return nil, db.Map(err, "the upstreams")
	}
	return upstreamsOf(rows)
}

// AnyEnabled reports whether any tenant has one that is on.
func (s *Store) AnyEnabled(ctx context.Context) (bool, error) {
	found, err := s.db.Reader(ctx).NewSelect().Model((*upstreamRow)(nil)).Where("enabled = ?", true).Exists(ctx)
	return found, db.Map(err, "the upstreams")
}

// TenantsOf returns the tenants that have one which is on for a domain, two at most.
func (s *Store) TenantsOf(ctx context.Context, domain string) ([]string, error) {
	tenants := []string{}
	err := s.db.Reader(ctx).NewRaw("SELECT DISTINCT tenant FROM upstream_domains WHERE domain = ? LIMIT 2", domain).Scan(ctx, &tenants)
	return tenants, db.Map(err, "the domain "+domain)
}
