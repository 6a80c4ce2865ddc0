// Package fleetsql keeps runners and assignments in the database.
//
// It owns their tables. What is searched has a column, the rest is JSON. It
// decides nothing: delivery/fleet does.
package fleetsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "fleet", Files: files} }

// Store keeps the room's data.
type Store struct{ db *db.DB }

// NewStore returns a store over d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// row is what every record has: JSON and a revision.
type row struct {
	Revision int64
	Body     string
}

// body is the JSON of a record.
func body(v any) (string, error) {
	raw, err := db.Encode(v, "a record of the fleet")
	if err != nil {
		return "", err
	}
	return raw, nil
}

// InsertRunner adds a runner with the digest of its token.
func (s *Store) InsertRunner(ctx context.Context, r fleet.Runner, token kernel.Digest) error {
	raw, err := body(r)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO fleet_runners (id, tenant, name, token, revision, body) VALUES (?, ?, ?, ?, 0, ?)",
		r.ID, r.Tenant, r.Name, string(token), raw).Exec(ctx)
	return db.Map(err, "runner "+r.Name)
}

// SaveRunner writes r over the revision that it was read with.
func (s *Store) SaveRunner(ctx context.Context, r fleet.Runner) error {
	raw, err := body(r)
	if err != nil {
		return err
	}
	return s.save(ctx, "runner "+r.Name, "UPDATE fleet_runners SET revision = revision + 1, body = ? WHERE id = ? AND revision = ?", raw, r.ID, r.Revision)
}

func (s *Store) save(ctx context.Context, what, query string, args ...any) error {
	result, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return db.Map(err, what)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return db.Map(err, what)
	}
	if n == 0 {
		return kernel.Errorf(kernel.Stale, "%s has changed meanwhile", what)
	}
	return nil
}

func (s *Store) runner(ctx context.Context, what, where string, args ...any) (fleet.Runner, error) {
	var r row
	if err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM fleet_runners WHERE "+where, args...).Scan(ctx, &r); err != nil {
		return fleet.Runner{}, db.Map(err, what)
	}
	return runnerOf(r)
}

func runnerOf(r row) (out fleet.Runner, err error) {
	if err := db.Decode(r.Body, &out, "runner"); err != nil {
		return out, err
	}
	out.Revision = r.Revision
	return out, nil
}

// RunnerByToken returns the runner whose token has the digest.
func (s *Store) RunnerByToken(ctx context.Context, token kernel.Digest) (fleet.Runner, error) {
	return s.runner(ctx, "runner", "token = ?", string(token))
}

// RunnerByName returns a runner of the tenant.
func (s *Store) RunnerByName(ctx context.Context, tenant, name string) (fleet.Runner, error) {
	return s.runner(ctx, "runner "+name, "tenant = ? AND name = ?", tenant, name)
}

// maxRunners bounds how many runners of one tenant are looked at.
const maxRunners = 1000

// Runners returns the tenant's runners by name.
func (s *Store) Runners(ctx context.Context, tenant string) ([]fleet.Runner, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM fleet_runners WHERE tenant = ? ORDER BY name LIMIT ?", tenant, maxRunners).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "runners")
	}
	all := make([]fleet.Runner, 0, len(rows))
	for _, r := range rows {
		one, err := runnerOf(r)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// DeleteRunner removes a runner with its token.
func (s *Store) DeleteRunner(ctx context.Context, tenant, id string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM fleet_runners WHERE tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Map(err, "runner "+id)
}

// InsertAssignment adds an assignment.
func (s *Store) InsertAssignment(ctx context.Context, a fleet.Assignment) error {
	raw, err := body(a)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO fleet_assignments (id, tenant, stack, run, fence, state, runner_name, created_at, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
		a.ID, a.Scope.Tenant, a.Stack, a.Run, a.Fence, string(a.State), a.Name, a.CreatedAt.UTC(), raw).Exec(ctx)
	return db.Map(err, "assignment "+a.ID)
}

// SaveAssignment writes a over the revision that it was read with.
func (s *Store) SaveAssignment(ctx context.Context, a fleet.Assignment) error {
	raw, err := body(a)
	if err != nil {
		return err
	}
	return s.save(ctx, "assignment "+a.ID,
		"UPDATE fleet_assignments SET state = ?, runner_name = ?, revision = revision + 1, body = ? WHERE id = ? AND revision = ?",
		string(a.State), a.Name, raw, a.ID, a.Revision)
}

func (s *Store) assignments(ctx context.Context, what, rest string, args ...any) ([]fleet.Assignment, error) {
	var rows []row
	if err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM fleet_assignments WHERE "+rest, args...).Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, what)
	}
	all := make([]fleet.Assignment, len(rows))
	for i, r := range rows {
		if err := db.Decode(r.Body, &all[i], "assignment"); err != nil {
			return nil, err
		}
		all[i].Revision = r.Revision
	}
	return all, nil
}

func one(what string, all []fleet.Assignment, err error) (fleet.Assignment, error) {
	if err != nil {
		return fleet.Assignment{}, err
	}
	if len(all) == 0 {
		return fleet.Assignment{}, kernel.Errorf(kernel.NotFound, "%s does not exist", what)
	}
	return all[0], nil
}

// Assignment returns the assignment with the id.
func (s *Store) Assignment(ctx context.Context, id string) (fleet.Assignment, error) {
	all, err := s.assignments(ctx, "assignment "+id, "id = ?", id)
	return one("assignment "+id, all, err)
}

// atOnce bounds how many open assignments are looked at.
const atOnce = 1000

// InState returns a tenant's assignments in the state, the oldest first.
func (s *Store) InState(ctx context.Context, tenant string, state fleet.State) ([]fleet.Assignment, error) {
	return s.assignments(ctx, "assignments", "tenant = ? AND state = ? ORDER BY id LIMIT ?", tenant, string(state), atOnce)
}

// Latest returns the newest assignment of the run under the fence.
func (s *Store) Latest(ctx context.Context, run string, fence int64) (fleet.Assignment, error) {
	all, err := s.assignments(ctx, "assignment of "+run, "run = ? AND fence = ? ORDER BY id DESC LIMIT 1", run, fence)
	return one("assignment of "+run, all, err)
}

// Unended returns assignments that were made before the time and have not ended,
// the oldest first.
func (s *Store) Unended(ctx context.Context, before time.Time) ([]fleet.Assignment, error) {
	return s.assignments(ctx, "assignments", "created_at < ? AND state IN ('offered', 'taken', 'done') ORDER BY id LIMIT ?", before.UTC(), atOnce)
}

// Forget removes assignments that were made before the time and have ended.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM fleet_assignments WHERE created_at < ? AND state IN ('lost', 'ended')", before.UTC()).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "old assignments")
	}
	n, err := result.RowsAffected()
	return int(n), err
}
