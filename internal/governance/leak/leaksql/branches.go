package leaksql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// dueAtOnce bounds the branches that one round looks at.
const dueAtOnce = 20

var _ leakvcs.Store = (*Store)(nil)

// Want has a branch looked at, at a commit or at its newest where that is "".
func (s *Store) Want(ctx context.Context, b leakvcs.Branch, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_branches (tenant, project, repository, branch, wanted, looked, due, attempts) VALUES (?, ?, ?, ?, ?, '', ?, 0) "+
		"ON CONFLICT (tenant, project, repository, branch) DO UPDATE SET wanted = EXCLUDED.wanted, due = EXCLUDED.due, attempts = 0",
		b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name, b.Wanted, now.UTC()).Exec(ctx)
	return db.Map(err, "the branch "+b.Name)
}

// Due returns some branches of all tenants that are to be looked at, the longest due first.
func (s *Store) Due(ctx context.Context, now time.Time) ([]leakvcs.Branch, error) {
	var rows []struct {
		Tenant, Project, Repository, Branch, Wanted, Looked string
		Due                                                 time.Time
		Attempts                                            int64
	}
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, repository, branch, wanted, looked, due, attempts FROM leak_branches WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?",
		now.UTC(), dueAtOnce).Scan(ctx, &rows)
	all := make([]leakvcs.Branch, len(rows))
	for i, r := range rows {
		all[i] = leakvcs.Branch{
			Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project}, Repository: r.Repository, Name: r.Branch, Wanted: r.Wanted, Looked: r.Looked,
			Due: r.Due, Attempts: int(r.Attempts),
		}
	}
	return all, db.Map(err, "the branches")
}

const isBranch = "tenant = ? AND project = ? AND repository = ? AND branch = ?"

// Take has a branch due later, where nobody else has taken it, and tells whether it has.
func (s *Store) Take(ctx context.Context, b leakvcs.Branch, until time.Time, attempts int) (bool, error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE leak_branches SET due = ?, attempts = ? WHERE "+isBranch+" AND due = ? AND wanted = ?",
		until.UTC(), attempts, b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name, b.Due.UTC(), b.Wanted).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the branch "+b.Name)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "the branch "+b.Name)
}

// Looked notes that a branch was looked at, and up to which commit. Where another is wanted
// meanwhile, it stays due.
func (s *Store) Looked(ctx context.Context, b leakvcs.Branch, commit string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE leak_branches SET looked = ?, due = CASE WHEN wanted = ? THEN NULL ELSE due END, attempts = 0 WHERE "+isBranch,
		commit, b.Wanted, b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name).Exec(ctx)
	return db.Map(err, "the branch "+b.Name)
}

// Drop forgets the branches of a repository, or the one that is named.
func (s *Store) Drop(ctx context.Context, scope kernel.Scope, repository, branch string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_branches WHERE tenant = ? AND project = ? AND repository = ? AND (branch = ? OR ? = '')",
		scope.Tenant, scope.Project, repository, branch, branch).Exec(ctx)
	return db.Map(err, "the branches")
}
