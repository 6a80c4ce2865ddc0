package vcssql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Due returns the pull request of each repository that is due first, if it is by
// then, of those that nobody has.
func (s *Store) Due(ctx context.Context, now, by time.Time, limit int) ([]vcs.PullRequest, error) {
	var rows []pullRow
	err := s.db.Reader(ctx).NewRaw(
		"SELECT tenant, project, body, revision FROM (SELECT tenant, project, body, revision, due_at, "+
			"ROW_NUMBER() OVER (PARTITION BY repository ORDER BY due_at, number) AS place FROM vcs_pulls "+
			"WHERE due_at IS NOT NULL AND due_at <= ? AND (holder = '' OR held_until < ?)) AS due "+
			"WHERE place = 1 ORDER BY due_at LIMIT ?", by, now, limit).Scan(ctx, &rows)
	return pullsOf(rows, err)
}

// Claim takes or keeps a pull request.
func (s *Store) Claim(ctx context.Context, p vcs.PullRequest, holder string, now, until time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE vcs_pulls SET holder = ?, held_until = ? WHERE repository = ? AND number = ? AND tenant = ? AND project = ? AND (holder = ? OR holder = '' OR held_until < ?)",
		holder, until, p.Repository, p.Number, p.Scope.Tenant, p.Scope.Project, holder, now).Exec(ctx)
	if err := db.Changed(result, err, named(p)); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Locked, "another daemon looks at the %s", named(p))
	} else if err != nil {
		return err
	}
	return nil
}

// Release gives a pull request back.
func (s *Store) Release(ctx context.Context, p vcs.PullRequest, holder string) error {
	return s.exec(ctx, named(p), "UPDATE vcs_pulls SET holder = '' WHERE repository = ? AND number = ? AND tenant = ? AND project = ? AND holder = ?",
		p.Repository, p.Number, p.Scope.Tenant, p.Scope.Project, holder)
}

// Recover gives back what a former process of the holder has had.
func (s *Store) Recover(ctx context.Context, holder string) error {
	return s.exec(ctx, "pull requests", "UPDATE vcs_pulls SET holder = '' WHERE holder = ?", holder)
}
