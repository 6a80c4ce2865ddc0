package vcssql

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type pullRow struct {
	row

	Revision int64
}

func (r pullRow) pull() (vcs.PullRequest, error) {
	var p vcs.PullRequest
	err := db.Decode(r.Body, &p, "pull request")
	p.Scope, p.Work.Revision = r.scope(), r.Revision
	return p, err
}

func pullsOf(rows []pullRow, err error) ([]vcs.PullRequest, error) {
	return db.Each(rows, err, "pull requests", pullRow.pull)
}

const pullColumns = "SELECT tenant, project, body, revision FROM vcs_pulls "

func named(p vcs.PullRequest) string { return "pull request " + strconv.Itoa(p.Number) }

// AddPull adds a pull request; Conflict where the number is taken.
func (s *Store) AddPull(ctx context.Context, p vcs.PullRequest) error {
	body, err := db.Encode(p, named(p))
	if err != nil {
		return err
	}
	return s.exec(ctx, named(p), "INSERT INTO vcs_pulls (repository, number, tenant, project, state, source, due_at, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
		p.Repository, p.Number, p.Scope.Tenant, p.Scope.Project, string(p.State), p.Source, p.Work.Due, body)
}

// SavePull writes over the revision that the pull request was read with.
func (s *Store) SavePull(ctx context.Context, p vcs.PullRequest) error {
	body, err := db.Encode(p, named(p))
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE vcs_pulls SET state = ?, source = ?, due_at = ?, revision = revision + 1, body = ? WHERE repository = ? AND number = ? AND tenant = ? AND project = ? AND revision = ?",
		string(p.State), p.Source, p.Work.Due, body, p.Repository, p.Number, p.Scope.Tenant, p.Scope.Project, p.Work.Revision).Exec(ctx)
	if err != nil {
		return db.Map(err, named(p))
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return kernel.Errorf(kernel.Stale, "the %s has changed meanwhile", named(p))
	}
	return db.Map(err, named(p))
}

// Pull returns a pull request.
func (s *Store) Pull(ctx context.Context, scope kernel.Scope, repository string, number int) (vcs.PullRequest, error) {
	var r pullRow
	err := s.db.Reader(ctx).NewRaw(pullColumns+"WHERE repository = ? AND number = ? AND tenant = ? AND project = ?",
		repository, number, scope.Tenant, scope.Project).Scan(ctx, &r)
	if err != nil {
		return vcs.PullRequest{}, db.Map(err, "pull request "+strconv.Itoa(number))
	}
	return r.pull()
}

// Pulls returns those of a repository, the newest first; the cursor is a number.
func (s *Store) Pulls(ctx context.Context, scope kernel.Scope, repository string, state vcs.PullState, p kernel.PageRequest) (kernel.Page[vcs.PullRequest], error) {
	query := pullColumns + "WHERE repository = ? AND tenant = ? AND project = ?"
	args := []any{repository, scope.Tenant, scope.Project}
	if state != "" {
		query += " AND state = ?"
		args = append(args, string(state))
	}
	if p.Cursor != "" {
		before, err := number(p.Cursor)
		if err != nil {
			return kernel.Page[vcs.PullRequest]{}, err
		}
		query += " AND number < ?"
		args = append(args, before)
	}
	var rows []pullRow
	err := s.db.Reader(ctx).NewRaw(query+" ORDER BY number DESC LIMIT ?", append(args, p.Size()+1)...).Scan(ctx, &rows)
	all, err := pullsOf(rows, err)
	return kernel.PageOf(all, p, func(p vcs.PullRequest) string { return strconv.Itoa(p.Number) }), err
}

// OpenFrom returns the open pull requests from a branch.
func (s *Store) OpenFrom(ctx context.Context, scope kernel.Scope, repository, source string) ([]vcs.PullRequest, error) {
	var rows []pullRow
	err := s.db.Reader(ctx).NewRaw(pullColumns+"WHERE repository = ? AND source = ? AND state = 'open' AND tenant = ? AND project = ? ORDER BY number",
		repository, source, scope.Tenant, scope.Project).Scan(ctx, &rows)
	return pullsOf(rows, err)
}

// LastNumber returns the highest number of a repository, 0 without any.
func (s *Store) LastNumber(ctx context.Context, scope kernel.Scope, repository string) (int, error) {
	var last int
	err := s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(number), 0) FROM vcs_pulls WHERE repository = ? AND tenant = ? AND project = ?",
		repository, scope.Tenant, scope.Project).Scan(ctx, &last)
	return last, db.Map(err, "pull requests")
}

type checkRow struct {
	row

	Told string
}

func (r checkRow) check() (c vcs.Check, err error) {
	err = db.Decode(r.Body, &c, "check")
	c.Scope, c.Repository, c.Told = r.scope(), r.Repository, r.Told
	return c, err
}

// PutCheck adds or changes a check.
func (s *Store) PutCheck(ctx context.Context, c vcs.Check) error {
	body, err := db.Encode(c, "check")
	if err != nil {
		return err
	}
	return s.exec(ctx, "check "+c.ID, "INSERT INTO vcs_checks (id, repository, tenant, project, number, state, told, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (id) DO UPDATE SET state = excluded.state, told = excluded.told, body = excluded.body",
		c.ID, c.Repository, c.Scope.Tenant, c.Scope.Project, c.Number, string(c.State), c.Told, body)
}

// Checks returns those of a pull request, the oldest first.
func (s *Store) Checks(ctx context.Context, scope kernel.Scope, repository string, number int) ([]vcs.Check, error) {
	var rows []checkRow
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, repository, body, told FROM vcs_checks WHERE repository = ? AND number = ? AND tenant = ? AND project = ? ORDER BY id",
		repository, number, scope.Tenant, scope.Project).Scan(ctx, &rows)
	return db.Each(rows, err, "checks", checkRow.check)
}

// OpenChecks returns those of a repository that have not ended, of the pull requests
// with these numbers, the oldest first.
func (s *Store) OpenChecks(ctx context.Context, scope kernel.Scope, repository string, numbers []int) ([]vcs.Check, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	var rows []checkRow
	err := s.db.Reader(ctx).NewRaw("SELECT tenant, project, repository, body, told FROM vcs_checks WHERE state = 'pending' AND tenant = ? AND project = ? AND repository = ? AND number IN (?) ORDER BY id",
		scope.Tenant, scope.Project, repository, bun.List(numbers)).Scan(ctx, &rows)
	return db.Each(rows, err, "checks", checkRow.check)
}

// PendingChecks counts those of the tenant that have not ended.
func (s *Store) PendingChecks(ctx context.Context, scope kernel.Scope) (int, error) {
	var n int
	err := s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM vcs_checks WHERE tenant = ? AND state = 'pending'", scope.Tenant).Scan(ctx, &n)
	return n, db.Map(err, "checks")
}

// PutComment adds or changes a comment.
func (s *Store) PutComment(ctx context.Context, scope kernel.Scope, repository string, c vcs.Comment) error {
	body, err := db.Encode(c, "comment")
	if err != nil {
		return err
	}
	return s.exec(ctx, "comment "+c.ID, "INSERT INTO vcs_comments (id, repository, tenant, project, number, body) VALUES (?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (id) DO UPDATE SET body = excluded.body", c.ID, repository, scope.Tenant, scope.Project, c.Number, body)
}

// Comments returns those of a pull request, the oldest first.
func (s *Store) Comments(ctx context.Context, scope kernel.Scope, repository string, number int) ([]vcs.Comment, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM vcs_comments WHERE repository = ? AND number = ? AND tenant = ? AND project = ? ORDER BY id LIMIT 1000",
		repository, number, scope.Tenant, scope.Project).Scan(ctx, &bodies)
	return db.Bodies[vcs.Comment](bodies, err, "comments")
}

// PutStatus adds or changes the status of a commit under a context.
func (s *Store) PutStatus(ctx context.Context, scope kernel.Scope, repository string, st vcs.Status) error {
	body, err := db.Encode(st, "status")
	if err != nil {
		return err
	}
	return s.exec(ctx, "status "+st.Context, "INSERT INTO vcs_statuses (repository, commit_id, context, tenant, project, body) VALUES (?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (repository, commit_id, context) DO UPDATE SET body = excluded.body", repository, st.Commit, st.Context, scope.Tenant, scope.Project, body)
}

// Statuses returns those of a commit, by context.
func (s *Store) Statuses(ctx context.Context, scope kernel.Scope, repository, commit string) ([]vcs.Status, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM vcs_statuses WHERE repository = ? AND commit_id = ? AND tenant = ? AND project = ? ORDER BY context",
		repository, commit, scope.Tenant, scope.Project).Scan(ctx, &bodies)
	return db.Bodies[vcs.Status](bodies, err, "statuses")
}
