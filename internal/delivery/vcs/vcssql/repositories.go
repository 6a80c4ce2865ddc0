package vcssql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type repositoryRow struct {
	row

	Sealed []byte
}

func (r repositoryRow) repository() (vcs.Repository, error) {
	var out vcs.Repository
	err := db.Decode(r.Body, &out, "repository "+r.ID)
	out.Scope, out.Sealed = r.scope(), r.Sealed
	return out, err
}

const repositoryColumns = "SELECT id, tenant, project, body, sealed FROM vcs_repositories "

// AddRepository adds a repository; Conflict where the name is taken.
func (s *Store) AddRepository(ctx context.Context, r vcs.Repository) error {
	body, err := db.Encode(r, "repository")
	if err != nil {
		return err
	}
	return s.exec(ctx, "repository "+r.Name, "INSERT INTO vcs_repositories (id, tenant, project, name, body, sealed) VALUES (?, ?, ?, ?, ?, ?)",
		r.ID, r.Scope.Tenant, r.Scope.Project, r.Name, body, r.Sealed)
}

// SaveRepository writes a repository over itself.
func (s *Store) SaveRepository(ctx context.Context, r vcs.Repository) error {
	body, err := db.Encode(r, "repository")
	if err != nil {
		return err
	}
	return s.change(ctx, "repository "+r.Name, "UPDATE vcs_repositories SET body = ?, sealed = ? WHERE id = ? AND tenant = ? AND project = ?",
		body, r.Sealed, r.ID, r.Scope.Tenant, r.Scope.Project)
}

// Repository returns one by its name.
func (s *Store) Repository(ctx context.Context, scope kernel.Scope, name string) (vcs.Repository, error) {
	return s.oneRepository(ctx, name, "WHERE tenant = ? AND project = ? AND name = ?", scope.Tenant, scope.Project, name)
}

// RepositoryByID returns one by its id alone.
func (s *Store) RepositoryByID(ctx context.Context, id string) (vcs.Repository, error) {
	return s.oneRepository(ctx, id, "WHERE id = ?", id)
}

func (s *Store) oneRepository(ctx context.Context, what, where string, args ...any) (vcs.Repository, error) {
	var r repositoryRow
	if err := s.db.Reader(ctx).NewRaw(repositoryColumns+where, args...).Scan(ctx, &r); err != nil {
		return vcs.Repository{}, db.Map(err, "repository "+what)
	}
	return r.repository()
}

// Repositories returns those of a project by name; the cursor is a name.
func (s *Store) Repositories(ctx context.Context, scope kernel.Scope, p kernel.PageRequest) (kernel.Page[vcs.Repository], error) {
	var rows []repositoryRow
	err := s.db.Reader(ctx).NewRaw(repositoryColumns+"WHERE tenant = ? AND project = ? AND name > ? ORDER BY name LIMIT ?",
		scope.Tenant, scope.Project, p.Cursor, p.Size()+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "repositories", repositoryRow.repository)
	return kernel.PageOf(all, p, func(r vcs.Repository) string { return r.Name }), err
}

// RemoveRepository removes a repository with all that is kept of it.
func (s *Store) RemoveRepository(ctx context.Context, scope kernel.Scope, id string) error {
	if err := s.change(ctx, "repository "+id, "DELETE FROM vcs_repositories WHERE id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project); err != nil {
		return err
	}
	for _, table := range []string{"vcs_bindings", "vcs_pushes", "vcs_pulls", "vcs_checks", "vcs_comments", "vcs_statuses", "vcs_deliveries", "vcs_identities"} {
		if err := s.exec(ctx, table, "DELETE FROM "+table+" WHERE repository = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project); err != nil {
			return err
		}
	}
	return nil
}

// AddPushing keeps a push that begins.
func (s *Store) AddPushing(ctx context.Context, p vcs.Pushing) error {
	body, err := db.Encode(p, "push")
	if err != nil {
		return err
	}
	return s.exec(ctx, "push "+p.ID, "INSERT INTO vcs_pushes (id, repository, tenant, project, body) VALUES (?, ?, ?, ?, ?)",
		p.ID, p.Repository, p.Scope.Tenant, p.Scope.Project, body)
}

// RemovePushing removes a push whose end is recorded; one that is gone is none.
func (s *Store) RemovePushing(ctx context.Context, scope kernel.Scope, id string) error {
	return s.exec(ctx, "push "+id, "DELETE FROM vcs_pushes WHERE id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project)
}

// Pushings returns the pushes whose end is not recorded.
func (s *Store) Pushings(ctx context.Context, limit int) ([]vcs.Pushing, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM vcs_pushes ORDER BY id LIMIT ?", limit).Scan(ctx, &bodies)
	return db.Bodies[vcs.Pushing](bodies, err, "pushes")
}
