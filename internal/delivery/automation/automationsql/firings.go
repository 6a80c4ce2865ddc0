package automationsql

import (
	"context"
	"database/sql"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type firingRow struct {
	Tenant, Project, Outcome, Body string
}

const firingColumns = "SELECT tenant, project, outcome, body FROM automation_firings "

func (r firingRow) firing() (f automation.Firing, err error) {
	err = db.Decode(r.Body, &f, "a firing")
	f.Scope, f.Outcome = kernel.Scope{Tenant: r.Tenant, Project: r.Project}, automation.Outcome(r.Outcome)
	return f, err
}

func firings(rows []firingRow, err error) ([]automation.Firing, error) {
	return db.Each(rows, err, "the firings", firingRow.firing)
}

// Fire keeps a firing; false where the rule has had the event already.
func (s *Store) Fire(ctx context.Context, f automation.Firing) (bool, error) {
	body, err := db.Encode(f, "a firing")
	if err != nil {
		return false, err
	}
	result, err := s.db.Conn(ctx).NewRaw("INSERT INTO automation_firings (id, rule, tenant, project, event, result, depth, outcome, begun_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rule, event) DO NOTHING",
		f.ID, f.Rule, f.Scope.Tenant, f.Scope.Project, f.Event, f.Result, f.Depth, string(f.Outcome), f.At, body).Exec(ctx)
	return hit(result, err)
}

func hit(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, db.Map(err, "the firing")
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "the firing")
}

// Waiting returns the oldest that are to be done.
func (s *Store) Waiting(ctx context.Context, limit int) ([]automation.Firing, error) {
	var rows []firingRow
	err := s.db.Reader(ctx).NewRaw(firingColumns+"WHERE outcome = 'waiting' ORDER BY id LIMIT ?", limit).Scan(ctx, &rows)
	return firings(rows, err)
}

// Begin marks one as working; false where another process has it.
func (s *Store) Begin(ctx context.Context, f automation.Firing) (bool, error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE automation_firings SET outcome = 'working', begun_at = ? WHERE id = ? AND outcome = 'waiting'", time.Now().UTC(), f.ID).Exec(ctx)
	return hit(result, err)
}

// End keeps what became of a firing; one whose rule is gone has no record.
func (s *Store) End(ctx context.Context, f automation.Firing) error {
	body, err := db.Encode(f, "a firing")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("UPDATE automation_firings SET outcome = ?, result = ?, body = ? WHERE id = ?", string(f.Outcome), f.Result, body, f.ID).Exec(ctx)
	return db.Map(err, "the firing")
}

// Interrupt ends those that were begun before a time and have no end.
func (s *Store) Interrupt(ctx context.Context, before, now time.Time, why string) (n int, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		var rows []firingRow
		err := s.db.Conn(ctx).NewRaw(firingColumns+"WHERE outcome = 'working' AND begun_at < ? ORDER BY id LIMIT 1000", before).Scan(ctx, &rows)
		all, err := firings(rows, err)
		if err != nil {
			return err
		}
		for _, f := range all {
			f.Outcome, f.Why, f.EndedAt = automation.Interrupted, why, &now
			if err := s.End(ctx, f); err != nil {
				return err
			}
		}
		n = len(all)
		return nil
	})
	return n, err
}

// Acted counts what a rule has done, or will do, since a time.
func (s *Store) Acted(ctx context.Context, rule string, since time.Time) (n int, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM automation_firings WHERE rule = ? AND begun_at >= ? AND outcome IN ('waiting', 'working', 'done', 'failed', 'refused', 'interrupted')", rule, since).Scan(ctx, &n)
	return n, db.Map(err, "the firings")
}

// Depth is the largest depth of the firings of an event, or of those with a result.
func (s *Store) Depth(ctx context.Context, tenant, event, result string) (int, bool, error) {
	var depth sql.NullInt64
	err := s.db.Reader(ctx).NewRaw("SELECT MAX(depth) FROM automation_firings WHERE tenant = ? AND ((event = ? AND ? <> '') OR (result = ? AND result <> ''))",
		tenant, event, event, result).Scan(ctx, &depth)
	return int(depth.Int64), depth.Valid, db.Map(err, "the firings")
}

// History returns the newest firings of a rule first; the cursor is an id.
func (s *Store) History(ctx context.Context, rule string, outcome automation.Outcome, page kernel.PageRequest) (kernel.Page[automation.Firing], error) {
	query, args := firingColumns+"WHERE rule = ?", []any{rule}
	if outcome != "" {
		query, args = query+" AND outcome = ?", append(args, string(outcome))
	}
	if page.Cursor != "" {
		query, args = query+" AND id < ?", append(args, page.Cursor)
	}
	var rows []firingRow
	err := s.db.Reader(ctx).NewRaw(query+" ORDER BY id DESC LIMIT ?", append(args, page.Size()+1)...).Scan(ctx, &rows)
	all, err := firings(rows, err)
	return kernel.PageOf(all, page, func(f automation.Firing) string { return f.ID }), err
}

// Forget removes firings that ended before a time.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM automation_firings WHERE begun_at < ? AND outcome NOT IN ('waiting', 'working')", before).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the firings")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "the firings")
}
