// Package configsql keeps the records of fabric/config in the database. It owns the
// tables config_sources, config_revisions and config_tokens.
package configsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql migrations/*/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "config", Files: files} }

// Store implements config.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ config.Store = (*Store)(nil)

type sourceRow struct{ Tenant, Body, Status, Cause, PushedCommit, PushedBy string }

const sourceColumns = "SELECT tenant, body, status, cause, pushed_commit, pushed_by FROM config_sources "

func (r sourceRow) source() (config.Source, error) {
	var n config.Source
	if err := db.Decode(r.Body, &n, "source of configuration"); err != nil {
		return n, err
	}
	n.Tenant, n.Cause, n.Status, n.Pushed = r.Tenant, r.Cause, config.Status{}, config.Pushed{Commit: r.PushedCommit, By: r.PushedBy}
	return n, db.Decode(r.Status, &n.Status, "status of configuration")
}

func what(scope kernel.Scope) string { return "configuration of " + scope.Project }

// AddSource adds a source, due at once.
func (s *Store) AddSource(ctx context.Context, n config.Source) error {
	status, err := db.Encode(n.Status, "status of configuration")
	if err != nil {
		return err
	}
	body, err := db.Encode(n, "source of configuration")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO config_sources (id, tenant, project, repository_project, repository, body, status, cause, due, holder, held_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
		n.ID, n.Tenant, n.Project, n.RepositoryProject, n.Repository, body, status, n.Cause, n.CreatedAt, n.CreatedAt).Exec(ctx)
	return db.Map(err, "configuration of "+n.Project)
}

// SaveStatus writes the status and when the source is due again, unless something was pushed
// meanwhile: it is not due at until any more, and stays so. It gives the holder's lease back,
// and is Locked where another one has it.
func (s *Store) SaveStatus(ctx context.Context, n config.Source, holder string, until, due time.Time) error {
	status, err := db.Encode(n.Status, "status of configuration")
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE config_sources SET status = ?, due = CASE WHEN due <> ? THEN due ELSE ? END, cause = CASE WHEN cause = ? THEN '' ELSE cause END, holder = '' WHERE id = ? AND tenant = ? AND holder = ?",
		status, until, due, n.Cause, n.ID, n.Tenant, holder).Exec(ctx)
	return lost(db.Changed(result, err, "configuration of "+n.Project))
}

// Source returns that of a project.
func (s *Store) Source(ctx context.Context, scope kernel.Scope) (config.Source, error) {
	var r sourceRow
	if err := s.db.Reader(ctx).NewRaw(sourceColumns+"WHERE tenant = ? AND project = ?", scope.Tenant, scope.Project).Scan(ctx, &r); err != nil {
		return config.Source{}, db.Map(err, what(scope))
	}
	return r.source()
}

func (s *Store) sources(ctx context.Context, where string, args ...any) ([]config.Source, error) {
	var rows []sourceRow
	err := s.db.Reader(ctx).NewRaw(sourceColumns+where, args...).Scan(ctx, &rows)
	return db.Each(rows, err, "sources of configuration", sourceRow.source)
}

// SourcesOf returns those of a repository.
func (s *Store) SourcesOf(ctx context.Context, tenant, project, repository string) ([]config.Source, error) {
	return s.sources(ctx, "WHERE tenant = ? AND repository_project = ? AND repository = ? ORDER BY project", tenant, project, repository)
}

// DueSources returns those that are due.
func (s *Store) DueSources(ctx context.Context, now time.Time, limit int) ([]config.Source, error) {
	return s.sources(ctx, "WHERE due <= ? ORDER BY due LIMIT ?", now, limit)
}

// Due makes a source due.
func (s *Store) Due(ctx context.Context, n config.Source, due time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE config_sources SET due = ? WHERE id = ? AND tenant = ?", due, n.ID, n.Tenant).Exec(ctx)
	return db.Changed(result, err, "configuration of "+n.Project)
}

// Push makes a source due for a push.
func (s *Store) Push(ctx context.Context, n config.Source, cause string, p config.Pushed, due time.Time) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		result, err := s.db.Conn(ctx).NewRaw(
			"UPDATE config_sources SET due = ?, cause = CASE WHEN ? = '' THEN cause ELSE ? END, pushed_commit = ?, pushed_by = ? WHERE id = ? AND tenant = ?",
			due, cause, cause, p.Commit, p.By, n.ID, n.Tenant).Exec(ctx)
		if err := db.Changed(result, err, "configuration of "+n.Project); err != nil {
			return err
		}
		return s.attribute(ctx, kernel.Scope{Tenant: n.Tenant, Project: n.Project}, p)
	})
}

// Recover has what a former process of the holder looked at due at once.
func (s *Store) Recover(ctx context.Context, holder string, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE config_sources SET holder = '', due = ? WHERE holder = ?", now, holder).Exec(ctx)
	return db.Map(err, "configurations")
}

// Lease takes a source; Locked while another holder has it.
func (s *Store) Lease(ctx context.Context, id, holder string, now, until time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE config_sources SET holder = ?, held_until = ? WHERE id = ? AND (holder = ? OR holder = '' OR held_until < ?)", holder, until, id, holder, now).Exec(ctx)
	return lost(db.Changed(result, err, "configuration"))
}

// Renew has the holder keep a source.
func (s *Store) Renew(ctx context.Context, id, holder string, until time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE config_sources SET held_until = ? WHERE id = ? AND holder = ?", until, id, holder).Exec(ctx)
	return lost(db.Changed(result, err, "configuration"))
}

// lost is the error of a source that another daemon has.
func lost(err error) error {
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Locked, "another daemon looks at the configuration")
	}
	return err
}

// RemoveSource removes a source with its revisions.
func (s *Store) RemoveSource(ctx context.Context, n config.Source) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM config_revisions WHERE tenant = ? AND project = ?", n.Tenant, n.Project).Exec(ctx); err != nil {
			return db.Map(err, "revisions of configuration")
		}
		result, err := s.db.Conn(ctx).NewRaw("DELETE FROM config_sources WHERE id = ? AND tenant = ?", n.ID, n.Tenant).Exec(ctx)
		return db.Changed(result, err, "configuration of "+n.Project)
	})
}
