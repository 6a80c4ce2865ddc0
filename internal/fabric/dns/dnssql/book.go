package dnssql

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

var (
	_ dns.Book = (*Store)(nil)
	_ dns.Sets = (*Store)(nil)
)

// putAtOnce bounds the rows of one statement.
const putAtOnce = 500

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "keys of DNS", Table: "dns_objects", Columns: []string{"tenant", "kind", "name"},
		Associated: func(c []string) []byte { return dns.Associated(c[0], c[2]) },
	}
}

type objectRow struct {
	bun.BaseModel `bun:"table:dns_objects"`

	Tenant  string `bun:",pk"`
	Kind    string `bun:",pk"`
	Name    string `bun:",pk"`
	Project string
	Body    string
	Sealed  []byte
}

func (r objectRow) object() (dns.Object, error) {
	return dns.Object{
		Kind: dns.Kind(r.Kind), Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project}, Name: r.Name, Body: r.Body, Sealed: r.Sealed,
	}, nil
}

// Hold counts a change. Its row lock also puts writers one after the other.
func (s *Store) Hold(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE dns_revision SET revision = revision + 1 WHERE id = 1").Exec(ctx)
	return db.Map(err, "the DNS revision")
}

// Put adds an object, or takes the place of one.
func (s *Store) Put(ctx context.Context, o dns.Object) error {
	r := objectRow{Tenant: o.Scope.Tenant, Kind: string(o.Kind), Name: o.Name, Project: o.Scope.Project, Body: o.Body, Sealed: o.Sealed}
	_, err := s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT (tenant, kind, name) DO UPDATE").
		Set("project = EXCLUDED.project").Set("body = EXCLUDED.body").Set("sealed = EXCLUDED.sealed").Exec(ctx)
	return db.Map(err, string(o.Kind)+" "+o.Name)
}

// Remove removes an object.
func (s *Store) Remove(ctx context.Context, kind dns.Kind, tenant, name string) error {
	result, err := s.db.Conn(ctx).NewDelete().Model((*objectRow)(nil)).Where("tenant = ? AND kind = ? AND name = ?", tenant, string(kind), name).Exec(ctx)
	return db.Changed(result, err, string(kind)+" "+name)
}

// Get returns an object as the transaction sees it.
func (s *Store) Get(ctx context.Context, kind dns.Kind, tenant, name string) (dns.Object, error) {
	var r objectRow
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("tenant = ? AND kind = ? AND name = ?", tenant, string(kind), name).Scan(ctx); err != nil {
		return dns.Object{}, db.Map(err, string(kind)+" "+name)
	}
	return r.object()
}

// List returns the objects of a tenant that are reached, by name. Those of no project are for
// who reaches anything.
func (s *Store) List(ctx context.Context, kind dns.Kind, tenant string, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[dns.Object], error) {
	var rows []objectRow
	q := db.WithinProjects(s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("sealed").Where("tenant = ? AND kind = ?", tenant, string(kind)), reach, "project", "")
	if page.Cursor != "" {
		q = q.Where("name > ?", page.Cursor)
	}
	err := q.Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "what DNS has", objectRow.object)
	return kernel.PageOf(all, page, func(o dns.Object) string { return o.Name }), err
}

// reading is the transaction, where there is one.
func (s *Store) reading(ctx context.Context) bun.IDB {
	if db.InTransaction(ctx) {
		return s.db.Conn(ctx)
	}
	return s.db.Reader(ctx)
}

// Objects returns every object of every tenant.
func (s *Store) Objects(ctx context.Context) ([]dns.Object, error) {
	var rows []objectRow
	err := s.reading(ctx).NewSelect().Model(&rows).Order("tenant", "kind", "name").Scan(ctx)
	return db.Each(rows, err, "what DNS has", objectRow.object)
}

// OfKind returns the objects of a kind of every tenant.
func (s *Store) OfKind(ctx context.Context, kind dns.Kind) ([]dns.Object, error) {
	var rows []objectRow
	err := s.reading(ctx).NewSelect().Model(&rows).ExcludeColumn("sealed").Where("kind = ?", string(kind)).Order("tenant", "name").Scan(ctx)
	return db.Each(rows, err, "what DNS has", objectRow.object)
}

type setRow struct {
	bun.BaseModel `bun:"table:dns_sets"`

	Tenant    string `bun:",pk"`
	Zone      string `bun:",pk"`
	Name      string `bun:",pk"`
	Type      string `bun:",pk"`
	Network   string `bun:",pk"`
	Endpoint  string
	TTL       int64 `bun:"ttl"`
	Data      string
	UpdatedAt time.Time
}

func (r setRow) held() (h dns.Held, err error) {
	h = dns.Held{Set: zone.Set{Name: r.Name, Type: r.Type, TTL: uint32(r.TTL)}, Network: r.Network, Endpoint: r.Endpoint, UpdatedAt: r.UpdatedAt.UTC()}
	return h, db.Decode(r.Data, &h.Values, "record "+r.Name)
}

// Sets returns the record sets of a zone, or of names in it, as the transaction sees them.
func (s *Store) Sets(ctx context.Context, tenant, in string, names ...string) ([]dns.Held, error) {
	var rows []setRow
	if len(names) == 0 {
		err := s.setsOf(ctx, &rows, tenant, in).Scan(ctx)
		return db.Each(rows, err, "the records of "+in, setRow.held)
	}
	for some := range slices.Chunk(names, putAtOnce) {
		var more []setRow
		if err := s.setsOf(ctx, &more, tenant, in).Where("name IN (?)", bun.List(some)).Scan(ctx); err != nil {
			return nil, db.Map(err, "the records of "+in)
		}
		rows = append(rows, more...)
	}
	return db.Each(rows, nil, "the records of "+in, setRow.held)
}

func (s *Store) setsOf(ctx context.Context, rows *[]setRow, tenant, in string) *bun.SelectQuery {
	return s.reading(ctx).NewSelect().Model(rows).Where("tenant = ? AND zone = ?", tenant, in).Order("name", "type", "network")
}

// CountSets returns how many record sets a zone has.
func (s *Store) CountSets(ctx context.Context, tenant, in string) (int, error) {
	n, err := s.reading(ctx).NewSelect().Model((*setRow)(nil)).Where("tenant = ? AND zone = ?", tenant, in).Count(ctx)
	return int(n), db.Map(err, "the records of "+in)
}

// ZoneOfNetwork returns a zone that has record sets of a network, "" where none has.
func (s *Store) ZoneOfNetwork(ctx context.Context, tenant, network string) (string, error) {
	var zones []string
	err := s.reading(ctx).NewSelect().Model((*setRow)(nil)).Column("zone").Where("tenant = ? AND network = ?", tenant, network).Order("zone").Limit(1).Scan(ctx, &zones)
	return strings.Join(zones, ""), db.Map(err, "the records of network "+network)
}

// ListSets returns the record sets of a zone whose names begin with a text, by name.
func (s *Store) ListSets(ctx context.Context, tenant, in, from string, page kernel.PageRequest) (kernel.Page[dns.Held], error) {
	var rows []setRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND zone = ?", tenant, in)
	if from != "" {
		q = q.Where("substr(name, 1, ?) = ?", len(from), from)
	}
	if after := strings.SplitN(page.Cursor, " ", 3); len(after) == 3 {
		q = q.Where("(name > ? OR (name = ? AND (type > ? OR (type = ? AND network > ?))))", after[0], after[0], after[1], after[1], after[2])
	}
	err := q.Order("name", "type", "network").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the records of "+in, setRow.held)
	return kernel.PageOf(all, page, func(h dns.Held) string { return h.Name + " " + h.Type + " " + h.Network }), err
}

// PutSets adds record sets, or takes the place of others.
func (s *Store) PutSets(ctx context.Context, tenant, in string, sets []dns.Held) error {
	rows := make([]setRow, 0, min(len(sets), putAtOnce))
	for i, h := range sets {
		data, err := db.Encode(h.Values, "record "+h.Name)
		if err != nil {
			return err
		}
		rows = append(rows, setRow{Tenant: tenant, Zone: in, Name: h.Name, Type: h.Type, Network: h.Network, Endpoint: h.Endpoint, TTL: int64(h.TTL), Data: data, UpdatedAt: h.UpdatedAt})
		if len(rows) < putAtOnce && i < len(sets)-1 {
			continue
		}
		_, err = s.db.Conn(ctx).NewInsert().Model(&rows).On("CONFLICT (tenant, zone, name, type, network) DO UPDATE").
			Set("endpoint = EXCLUDED.endpoint").Set("ttl = EXCLUDED.ttl").Set("data = EXCLUDED.data").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
		if err != nil {
			return db.Map(err, "the records of "+in)
		}
		rows = rows[:0]
	}
	return nil
}

// DropSets removes record sets.
func (s *Store) DropSets(ctx context.Context, tenant, in string, sets []dns.Held) error {
	for some := range slices.Chunk(sets, putAtOnce) {
		of := make([]any, 0, 3*len(some))
		for _, h := range some {
			of = append(of, h.Name, h.Type, h.Network)
		}
		_, err := s.db.Conn(ctx).NewDelete().Model((*setRow)(nil)).Where("tenant = ? AND zone = ?", tenant, in).
			Where("(name, type, network) IN (VALUES (?, ?, ?)"+strings.Repeat(", (?, ?, ?)", len(some)-1)+")", of...).Exec(ctx)
		if err != nil {
			return db.Map(err, "the records of "+in)
		}
	}
	return nil
}

// DropZone removes the record sets of a zone.
func (s *Store) DropZone(ctx context.Context, tenant, in string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*setRow)(nil)).Where("tenant = ? AND zone = ?", tenant, in).Exec(ctx)
	return db.Map(err, "the records of "+in)
}
