// Package sourcesql keeps the records of delivery/source in the database. It
// owns the tables sources and source_objects.
package sourcesql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql migrations/*/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "source", Files: files} }

// Store implements source.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ source.Store = (*Store)(nil)

type row struct {
	ID, Tenant, Body, Status string
	PushedBy, Again, Cause   string
}

const (
	columns = "id, tenant, body, status, pushed_by, again, cause"
	find    = "SELECT " + columns + " FROM sources "
)

func (r row) source() (source.Source, error) {
	var n source.Source
	if err := db.Decode(r.Body, &n, "source "+r.ID); err != nil {
		return n, err
	}
	n.Tenant, n.Again, n.Cause, n.Status = r.Tenant, r.Again, r.Cause, source.Status{}
	if err := db.Decode(r.Status, &n.Status, "status of source "+r.ID); err != nil || r.PushedBy == "" {
		return n, err
	}
	return n, db.Decode(r.PushedBy, &n.Status.PushedBy, "who pushed to source "+r.ID)
}

// settings are a source without its status, which has a column of its own.
func settings(n source.Source) (string, error) {
	n.Status = source.Status{}
	return db.Encode(n, "source "+n.Name)
}

// Add adds a source, due at once; Conflict where the name is taken.
func (s *Store) Add(ctx context.Context, n source.Source) error {
	body, err := settings(n)
	if err != nil {
		return err
	}
	status, err := db.Encode(n.Status, "status of source "+n.Name)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO sources (id, tenant, name, project, repository_project, repository, body, status, pushed_by, cause, due, holder, held_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, '', ?)",
		n.ID, n.Tenant, n.Name, n.Project, n.RepositoryProject, n.Repository, body, status, n.Cause, n.CreatedAt, n.CreatedAt).Exec(ctx)
	return db.Map(err, "source "+n.Name)
}

// Save writes the settings.
func (s *Store) Save(ctx context.Context, n source.Source) error {
	body, err := settings(n)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE sources SET body = ?, project = ? WHERE id = ? AND tenant = ?", body, n.Project, n.ID, n.Tenant).Exec(ctx)
	return db.Changed(result, err, "source "+n.Name)
}

// SaveStatus writes the status and when the source is due again; a push in
// between keeps it due.
func (s *Store) SaveStatus(ctx context.Context, n source.Source, due time.Time) error {
	status, err := db.Encode(n.Status, "status of source "+n.Name)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE sources SET status = ?, due = CASE WHEN due <= ? THEN due ELSE ? END, again = CASE WHEN again = ? THEN '' ELSE again END,"+
			" cause = CASE WHEN ? AND cause = ? THEN '' ELSE cause END, holder = '' WHERE id = ? AND tenant = ?",
		status, *n.Status.At, due, n.Again, n.Status.Phase == source.Ready, n.Cause, n.ID, n.Tenant).Exec(ctx)
	return db.Changed(result, err, "source "+n.Name)
}

// Push makes the source due and notes who pushed, where somebody did.
func (s *Store) Push(ctx context.Context, n source.Source, p *source.Pusher, due time.Time) error {
	query, args := "UPDATE sources SET due = ?", []any{due}
	if p != nil {
		query, args = query+", cause = ?", append(args, p.Cause)
	}
	if p != nil && p.By != nil {
		who, err := db.Encode(p.By, "who pushed to source "+n.Name)
		if err != nil {
			return err
		}
		query, args = query+", pushed_by = ?", append(args, who)
	}
	result, err := s.db.Conn(ctx).NewRaw(query+" WHERE id = ? AND tenant = ?", append(args, n.ID, n.Tenant)...).Exec(ctx)
	return db.Changed(result, err, "source "+n.Name)
}

// Again asks to try again what failed, and makes the source due.
func (s *Store) Again(ctx context.Context, n source.Source, request string, due time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE sources SET again = ?, due = ? WHERE id = ? AND tenant = ?", request, due, n.ID, n.Tenant).Exec(ctx)
	return db.Changed(result, err, "source "+n.Name)
}

// Get returns one by its name.
func (s *Store) Get(ctx context.Context, tenant, name string) (source.Source, error) {
	var r row
	if err := s.db.Reader(ctx).NewRaw(find+"WHERE tenant = ? AND name = ?", tenant, name).Scan(ctx, &r); err != nil {
		return source.Source{}, db.Map(err, "source "+name)
	}
	return r.source()
}

func (s *Store) many(ctx context.Context, where string, args ...any) ([]source.Source, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(find+where, args...).Scan(ctx, &rows)
	return db.Each(rows, err, "sources", row.source)
}

// List returns a part of the tenant's that is reached, by name: what is of no project is.
func (s *Store) List(ctx context.Context, tenant string, within kernel.Reach, page kernel.PageRequest) (kernel.Page[source.Source], error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().TableExpr("sources").ColumnExpr(columns).Where("tenant = ? AND name > ?", tenant, page.Cursor)
	err := db.WithinProjects(q, within, "project", "").Order("name").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "sources", row.source)
	return kernel.PageOf(all, page, func(n source.Source) string { return n.Name }), err
}

// Of returns those of a repository.
func (s *Store) Of(ctx context.Context, tenant, project, repository string) ([]source.Source, error) {
	return s.many(ctx, "WHERE tenant = ? AND repository_project = ? AND repository = ? ORDER BY name", tenant, project, repository)
}

// Due returns those that are due and that nobody has, but for those of some tenants.
func (s *Store) Due(ctx context.Context, now time.Time, except []string, limit int) ([]source.Source, error) {
	if len(except) == 0 {
		return s.many(ctx, "WHERE due <= ? ORDER BY due LIMIT ?", now, limit)
	}
	return s.many(ctx, "WHERE due <= ? AND tenant NOT IN (?) ORDER BY due LIMIT ?", now, bun.List(except), limit)
}

// Lease takes or keeps a source; Locked while another holder has it.
func (s *Store) Lease(ctx context.Context, id, holder string, now, until time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE sources SET holder = ?, held_until = ? WHERE id = ? AND (holder = ? OR holder = '' OR held_until < ?)", holder, until, id, holder, now).Exec(ctx)
	if err := db.Changed(result, err, "source "+id); kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Stale) {
		return kernel.Errorf(kernel.Locked, "another daemon reconciles the source")
	} else if err != nil {
		return err
	}
	return nil
}

// Recover gives back what a former process of the node has had, due at once.
func (s *Store) Recover(ctx context.Context, holder string, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE sources SET holder = '', due = ? WHERE holder = ?", now, holder).Exec(ctx)
	return db.Map(err, "sources")
}

// Remove removes a source and its ownership.
func (s *Store) Remove(ctx context.Context, n source.Source) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM source_objects WHERE source = ? AND tenant = ?", n.ID, n.Tenant).Exec(ctx); err != nil {
			return db.Map(err, "objects of source "+n.Name)
		}
		result, err := s.db.Conn(ctx).NewRaw("DELETE FROM sources WHERE id = ? AND tenant = ?", n.ID, n.Tenant).Exec(ctx)
		return db.Changed(result, err, "source "+n.Name)
	})
}
