package leaksql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// tenantsAtOnce bounds the tenants whose added values one round takes note of.
const tenantsAtOnce = 100

var _ leakvcs.Store = (*Store)(nil)

// Want has a branch looked at, at a commit or at its newest where that is "".
func (s *Store) Want(ctx context.Context, b leakvcs.Branch, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO leak_branches (tenant, project, repository, branch, wanted, looked, due, attempts, pusher) VALUES (?, ?, ?, ?, ?, '', ?, 0, ?) "+
		"ON CONFLICT (tenant, project, repository, branch) DO UPDATE SET wanted = EXCLUDED.wanted, due = EXCLUDED.due, attempts = 0, again = 0, "+
		"pusher = CASE WHEN EXCLUDED.pusher = '' THEN leak_branches.pusher ELSE EXCLUDED.pusher END",
		b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name, b.Wanted, stored(now), b.Pusher).Exec(ctx)
	return db.Map(err, "the branch "+b.Name)
}

// Next returns the branch that is due the longest of the tenants that are not busy, those
// first to which something was pushed.
func (s *Store) Next(ctx context.Context, now time.Time, busy []string) (leakvcs.Branch, bool, error) {
	var rows []struct {
		Tenant, Project, Repository, Branch, Wanted, Looked, Rules, Shipped, Progress, Pusher string
		Due                                                                                   time.Time
		Attempts, Asked, Sought                                                               int64
	}
	q := s.db.Reader(ctx).NewSelect().TableExpr("leak_branches").
		Column("tenant", "project", "repository", "branch", "wanted", "looked", "rules", "shipped", "progress", "pusher", "due", "attempts", "asked", "sought").
		Where("due IS NOT NULL AND due <= ?", stored(now)).Order("again", "due").Limit(1)
	if len(busy) > 0 {
		q = q.Where("tenant NOT IN (?)", bun.List(busy))
	}
	if err := q.Scan(ctx, &rows); err != nil || len(rows) == 0 {
		return leakvcs.Branch{}, false, db.Map(err, "the branches")
	}
	r := rows[0]
	b := leakvcs.Branch{
		Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project}, Repository: r.Repository, Name: r.Branch, Wanted: r.Wanted, Looked: r.Looked,
		Pusher: r.Pusher, Rules: r.Rules, Shipped: r.Shipped, Asked: r.Asked, Sought: r.Sought, Due: r.Due, Attempts: int(r.Attempts),
	}
	if r.Progress == "" {
		return b, true, nil
	}
	b.Progress = &leakvcs.Progress{}
	return b, true, db.Decode(r.Progress, b.Progress, "progress")
}

const isBranch = "tenant = ? AND project = ? AND repository = ? AND branch = ?"

// Take has a branch due later, where nobody else has taken it, and tells whether it has.
func (s *Store) Take(ctx context.Context, b leakvcs.Branch, until time.Time, attempts int) (bool, error) {
	return s.holds(ctx, b, "UPDATE leak_branches SET due = ?, attempts = ? WHERE "+isBranch+" AND due = ? AND wanted = ?",
		stored(until), attempts, b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name, stored(b.Due), b.Wanted)
}

// Reached notes how far a look at a branch is, and has it due later; false where another
// commit is wanted meanwhile.
func (s *Store) Reached(ctx context.Context, b leakvcs.Branch, p leakvcs.Progress, due time.Time) (bool, error) {
	text, err := db.Encode(p, "progress")
	if err != nil {
		return false, err
	}
	return s.holds(ctx, b, "UPDATE leak_branches SET progress = ?, due = ?, attempts = 0 WHERE "+isBranch+" AND wanted = ?",
		text, stored(due), b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name, b.Wanted)
}

func (s *Store) holds(ctx context.Context, b leakvcs.Branch, update string, args ...any) (bool, error) {
	result, err := s.db.Conn(ctx).NewRaw(update, args...).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the branch "+b.Name)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "the branch "+b.Name)
}

// Looked notes up to where a branch was looked at. Where more is wanted meanwhile, it stays
// due.
func (s *Store) Looked(ctx context.Context, b leakvcs.Branch, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE leak_branches SET looked = ?, rules = ?, shipped = ?, sought = ?, progress = '', attempts = 0, again = CASE WHEN wanted = ? THEN 1 ELSE again END, "+
		"due = CASE WHEN wanted <> ? THEN due WHEN asked <> ? THEN ? END WHERE "+isBranch,
		b.Looked, b.Rules, b.Shipped, b.Sought, b.Wanted, b.Wanted, b.Sought, stored(now), b.Scope.Tenant, b.Scope.Project, b.Repository, b.Name).Exec(ctx)
	return db.Map(err, "the branch "+b.Name)
}

// Ruled has the branches looked at again that were looked at by other rules than those that
// are shipped.
func (s *Store) Ruled(ctx context.Context, shipped string, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE leak_branches SET due = ?, again = 1 WHERE due IS NULL AND looked <> '' AND shipped <> ?", stored(now), shipped).Exec(ctx)
	return db.Map(err, "the branches")
}

// Sought has the branches of tenants looked at again for values that were added, unless
// they were since a moment.
func (s *Store) Sought(ctx context.Context, now, since time.Time) error {
	var tenants []string
	err := s.db.Reader(ctx).NewRaw("SELECT DISTINCT tenant FROM leak_added a WHERE NOT EXISTS (SELECT 1 FROM leak_branches b WHERE b.tenant = a.tenant AND b.asked_at > ?) LIMIT ?",
		stored(since), tenantsAtOnce).Scan(ctx, &tenants)
	for _, tenant := range tenants {
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_added WHERE tenant = ?", tenant).Exec(ctx); err != nil {
				return err
			}
			_, err := s.db.Conn(ctx).NewRaw("UPDATE leak_branches SET asked = asked + 1, asked_at = ?, again = CASE WHEN due IS NULL THEN 1 ELSE again END, due = COALESCE(due, ?) WHERE tenant = ? AND looked <> ''",
				stored(now), stored(now), tenant).Exec(ctx)
			return err
		})
		if err != nil {
			return db.Map(err, "the branches of "+tenant)
		}
	}
	return db.Map(err, "the values that were added")
}

// Drop forgets the branches of a repository, or the one that is named.
func (s *Store) Drop(ctx context.Context, scope kernel.Scope, repository, branch string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM leak_branches WHERE tenant = ? AND project = ? AND repository = ? AND (branch = ? OR ? = '')",
		scope.Tenant, scope.Project, repository, branch, branch).Exec(ctx)
	return db.Map(err, "the branches")
}
