// Package vaultcertsql keeps in the database which certificates stages have in key vaults.
//
// It owns the table vault_certificates. No private key is in it.
package vaultcertsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's table.
func Migrations() db.Migrations { return db.Migrations{Room: "vaultcert", Files: files} }

// Store is a vaultcert.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ vaultcert.Store = (*Store)(nil)

type row struct {
	Tenant, Project, Stage, Name string
	DueAt                        time.Time
	Revision                     int64
	Body                         string
}

func (r row) certificate() (c vaultcert.Certificate, err error) {
	if err := db.Decode(r.Body, &c, "certificate "+r.Name+" of a key vault"); err != nil {
		return c, err
	}
	c.Scope, c.Name = kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Name
	c.Due, c.Revision = r.DueAt.UTC(), r.Revision
	return c, nil
}

const (
	columns = "tenant, project, stage, name, due_at, revision, body"
	isStage = "tenant = ? AND project = ? AND stage = ?"
)

// Get returns one, or NotFound.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, name string) (vaultcert.Certificate, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw("SELECT "+columns+" FROM vault_certificates WHERE "+isStage+" AND name = ?", scope.Tenant, scope.Project, scope.Stage, name).Scan(ctx, &r)
	if err != nil {
		return vaultcert.Certificate{}, db.Map(err, "certificate "+name+" of a key vault")
	}
	return r.certificate()
}

// List returns those of a stage by name.
func (s *Store) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[vaultcert.Certificate], error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT "+columns+" FROM vault_certificates WHERE "+isStage+" AND name > ? ORDER BY name LIMIT ?",
		scope.Tenant, scope.Project, scope.Stage, page.Cursor, int64(page.Size())+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "the certificates of a key vault", row.certificate)
	if err != nil {
		return kernel.Page[vaultcert.Certificate]{}, err
	}
	return kernel.PageOf(all, page, func(c vaultcert.Certificate) string { return c.Name }), nil
}

// Count returns how many a stage has beside one that has a name.
func (s *Store) Count(ctx context.Context, scope kernel.Scope, beside string) (n int, err error) {
	err = s.db.Conn(ctx).NewRaw("SELECT COUNT(*) FROM vault_certificates WHERE "+isStage+" AND name <> ?", scope.Tenant, scope.Project, scope.Stage, beside).Scan(ctx, &n)
	return n, db.Map(err, "the certificates of a key vault")
}

// Put keeps one over any that has its name.
func (s *Store) Put(ctx context.Context, c vaultcert.Certificate) error {
	what := "certificate " + c.Name + " of a key vault"
	body, err := db.Encode(c, what)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(`INSERT INTO vault_certificates (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, project, stage, name) DO UPDATE SET due_at = EXCLUDED.due_at, revision = EXCLUDED.revision, body = EXCLUDED.body`,
		c.Scope.Tenant, c.Scope.Project, c.Scope.Stage, c.Name, c.Due.UTC(), c.Revision, body).Exec(ctx)
	return db.Map(err, what)
}

// Save keeps one that nobody has changed since it was read.
func (s *Store) Save(ctx context.Context, c vaultcert.Certificate) error {
	what := "certificate " + c.Name + " of a key vault"
	body, err := db.Encode(c, what)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE vault_certificates SET due_at = ?, revision = revision + 1, body = ? WHERE "+isStage+" AND name = ? AND revision = ?",
		c.Due.UTC(), body, c.Scope.Tenant, c.Scope.Project, c.Scope.Stage, c.Name, c.Revision).Exec(ctx)
	err = db.Changed(result, err, what)
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "%s was changed meanwhile", what)
	}
	return err
}

// Delete forgets one.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM vault_certificates WHERE "+isStage+" AND name = ?", scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	return db.Changed(result, err, "certificate "+name+" of a key vault")
}

// Due returns some of all tenants with something to do by a moment: the first of each, then
// the second of each, so that one with many hides nobody.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]vaultcert.Certificate, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT "+columns+" FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY due_at, project, stage, name) AS nth FROM vault_certificates WHERE due_at <= ?) AS due "+
		"ORDER BY nth, due_at LIMIT ?", now.UTC(), int64(limit)).Scan(ctx, &rows)
	return db.Each(rows, err, "the certificates of key vaults", row.certificate)
}

// Soonest tells when there is something to do next.
func (s *Store) Soonest(ctx context.Context) (at time.Time, ok bool, err error) {
	var all []time.Time
	err = s.db.Reader(ctx).NewRaw("SELECT due_at FROM vault_certificates ORDER BY due_at LIMIT 1").Scan(ctx, &all)
	if err != nil || len(all) == 0 {
		return at, false, db.Map(err, "the certificates of key vaults")
	}
	return all[0].UTC(), true, nil
}
