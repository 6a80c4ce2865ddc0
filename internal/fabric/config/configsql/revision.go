package configsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type revisionRow struct{ Tenant, Project, Tree, Body, Files string }

func (r revisionRow) revision() (v config.Revision, err error) {
	if err := db.Decode(r.Body, &v, "revision of configuration"); err != nil {
		return v, err
	}
	if v.Changed == nil {
		v.Changed = []string{} // none was valid, or nothing changed
	}
	v.Scope, v.Tree = kernel.Scope{Tenant: r.Tenant, Project: r.Project}, r.Tree
	if r.Files == "" {
		return v, nil
	}
	return v, db.Decode(r.Files, &v.Files, "files of a revision")
}

// AddRevision adds one, and forgets the oldest that nothing refers to beyond keep.
func (s *Store) AddRevision(ctx context.Context, r config.Revision, keep int) error {
	body, err := db.Encode(r, "revision of configuration")
	if err != nil {
		return err
	}
	files, err := db.Encode(r.Files, "files of a revision")
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db.Conn(ctx).NewRaw("INSERT INTO config_revisions (tenant, project, id, commit_id, tree, body, files) VALUES (?, ?, ?, ?, ?, ?, ?)",
			r.Scope.Tenant, r.Scope.Project, r.ID, r.Commit, r.Tree, body, files).Exec(ctx); err != nil {
			return db.Map(err, "revision "+r.ID)
		}
		// The one that counts stays, however many are not valid after it.
		_, err := s.db.Conn(ctx).NewRaw("DELETE FROM config_revisions WHERE tenant = ? AND project = ? AND id NOT IN "+
			"(SELECT id FROM config_revisions WHERE tenant = ? AND project = ? ORDER BY id DESC LIMIT ?) AND id NOT IN "+
			"(SELECT MAX(id) FROM config_revisions WHERE tenant = ? AND project = ? AND files <> 'null')",
			r.Scope.Tenant, r.Scope.Project, r.Scope.Tenant, r.Scope.Project, keep, r.Scope.Tenant, r.Scope.Project).Exec(ctx)
		return db.Map(err, "revisions of configuration")
	})
}

// attribute has the newest revision say who pushed it, where it was read before that was known.
func (s *Store) attribute(ctx context.Context, scope kernel.Scope, p config.Pushed) error {
	var r revisionRow
	err := s.db.Conn(ctx).NewRaw("SELECT tenant, project, tree, body, '' AS files FROM config_revisions WHERE tenant = ? AND project = ? AND commit_id = ? ORDER BY id DESC LIMIT 1",
		scope.Tenant, scope.Project, p.Commit).Scan(ctx, &r)
	if err = db.Map(err, "revision at "+p.Commit); kernel.Is(err, kernel.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	v, err := r.revision()
	if err != nil || v.PushedBy != "" {
		return err
	}
	v.PushedBy = p.By
	body, err := db.Encode(v, "revision of configuration")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("UPDATE config_revisions SET body = ? WHERE tenant = ? AND project = ? AND id = ?", body, scope.Tenant, scope.Project, v.ID).Exec(ctx)
	return db.Map(err, "revision "+v.ID)
}

func (s *Store) one(ctx context.Context, scope kernel.Scope, where, value string) (config.Revision, error) {
	var r revisionRow
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, tree, body, files FROM config_revisions WHERE tenant = ? AND project = ? AND "+where+" ORDER BY id DESC LIMIT 1",
		scope.Tenant, scope.Project, value).Scan(ctx, &r)
	if err != nil {
		return config.Revision{}, db.Map(err, "revision "+value)
	}
	return r.revision()
}

// Revision returns one by its id.
func (s *Store) Revision(ctx context.Context, scope kernel.Scope, id string) (config.Revision, error) {
	return s.one(ctx, scope, "id = ?", id)
}

// AtCommit returns the newest one whose commit begins so.
func (s *Store) AtCommit(ctx context.Context, scope kernel.Scope, commit string) (config.Revision, error) {
	return s.one(ctx, scope, "commit_id LIKE ?", commit+"%")
}

// ListRevisions returns those of a project, the newest first.
func (s *Store) ListRevisions(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[config.Revision], error) {
	query, args := "SELECT tenant, project, tree, body, '' AS files FROM config_revisions WHERE tenant = ? AND project = ?", []any{scope.Tenant, scope.Project}
	if page.Cursor != "" {
		query, args = query+" AND id < ?", append(args, page.Cursor)
	}
	var rows []revisionRow
	err := s.db.Reader(ctx).NewRaw(query+" ORDER BY id DESC LIMIT ?", append(args, page.Size()+1)...).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "revisions of configuration", revisionRow.revision)
	return kernel.PageOf(all, page, func(r config.Revision) string { return r.ID }), err
}
