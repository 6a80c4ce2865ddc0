package runsql

import (
	"context"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// headRow is the first run of a stack with its lease: of one that was given back there is
// the fence alone, and where the stack never had one nothing.
type headRow struct {
	ID, Tenant, Project, Stage, Stack, Status string
	Fence                                     *int64
	Run, Node, Process                        *string
	Expires                                   *time.Time
	Served, ProjectServed                     *int64
	DeferredUntil                             *time.Time `bun:"held_until"`
	Operation, Follows                        string
}

// Heads returns the first run of each stack with runs that have not ended, those
// that have begun before those that are queued. A run that waits for an approval
// leaves out its stack, except for dry runs: they change nothing, and may show
// what somebody decides by. They pass a run that waits for its stage to open, too,
// until it does.
func (s *Store) Heads(ctx context.Context, now time.Time) ([]run.Head, error) {
	var rows []headRow
	err := s.db.Reader(ctx).NewRaw(`
WITH stacks AS (
    SELECT stack, MAX(waits) AS waits,
           MIN(CASE WHEN status <> 'queued' AND waits = 0 THEN id END) AS begun,
           MIN(CASE WHEN status = 'queued' AND dry THEN id END) AS dry,
           MIN(CASE WHEN waits = 1 THEN id END) AS waiting,
           MIN(CASE WHEN status = 'queued' THEN id END) AS queued
    FROM (SELECT id, stack, status, dry,
                 CASE WHEN status = 'awaiting_approval' OR status = 'approved' AND held_until > ? THEN 1 ELSE 0 END AS waits
          FROM runs WHERE NOT ended) AS unfinished
    GROUP BY stack
)
SELECT h.id, h.tenant, h.project, h.stage, h.stack, h.status, h.held_until, h.operation, h.follows,
       l.fence, held.run, held.node, held.process, held.expires, t.served, p.served AS project_served
FROM stacks s
JOIN runs h ON h.id = COALESCE(s.begun, CASE WHEN s.waits = 1 THEN s.dry END, s.waiting, s.queued)
LEFT JOIN run_stacks l ON l.stack = h.stack
LEFT JOIN run_stacks held ON held.stack = h.stack AND held.run <> ''
LEFT JOIN run_tenants t ON t.tenant = h.tenant
LEFT JOIN run_projects p ON p.tenant = h.tenant AND p.project = h.project
WHERE h.status <> 'awaiting_approval'
ORDER BY h.id`, now.UTC()).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "the queue of runs")
	}
	heads := make([]run.Head, len(rows))
	for i, r := range rows {
		heads[i] = r.head()
	}
	return heads, nil
}

func (r headRow) head() run.Head {
	h := run.Head{
		Run: r.ID, Stack: r.Stack, Status: run.Status(r.Status),
		Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage},
	}
	h.Operation, h.Follows = run.Operation(r.Operation), strings.Fields(r.Follows)
	if r.Fence != nil {
		h.Lease.Fence = *r.Fence
	}
	if r.Run != nil && r.Node != nil && r.Process != nil && r.Expires != nil {
		h.Lease.Run, h.Lease.Node, h.Lease.Process, h.Lease.Expires = *r.Run, *r.Node, *r.Process, r.Expires.UTC()
	}
	if r.DeferredUntil != nil {
		h.DeferredUntil = r.DeferredUntil.UTC()
	}
	if r.Served != nil {
		h.Served = *r.Served
	}
	if r.ProjectServed != nil {
		h.ProjectServed = *r.ProjectServed
	}
	return h
}

// Turn counts on. The row stays locked until the transaction ends, so that no two
// replicas choose at the same time.
func (s *Store) Turn(ctx context.Context) (int64, error) {
	var turn int64
	err := s.db.Conn(ctx).NewRaw("UPDATE run_queue SET turn = turn + 1 WHERE id = 1 RETURNING turn").Scan(ctx, &turn)
	return turn, db.Map(err, "the queue of runs")
}

// Served notes the turn at which a run of the tenant, and of the project, was taken up.
func (s *Store) Served(ctx context.Context, scope kernel.Scope, turn int64) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"INSERT INTO run_tenants (tenant, served) VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET served = EXCLUDED.served", scope.Tenant, turn).Exec(ctx)
	if err == nil {
		_, err = s.db.Conn(ctx).NewRaw(
			"INSERT INTO run_projects (tenant, project, served) VALUES (?, ?, ?) ON CONFLICT (tenant, project) DO UPDATE SET served = EXCLUDED.served",
			scope.Tenant, scope.Project, turn).Exec(ctx)
	}
	return db.Map(err, "the queue of "+scope.Tenant)
}

// mostLapsing bounds how many runs are looked at whose approvals have expired.
const mostLapsing = 100

// Lapsing returns the runs of all tenants of which an approval has expired that
// nobody was told of.
func (s *Store) Lapsing(ctx context.Context, now time.Time) ([]run.Run, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM runs WHERE approval_lapses <= ? ORDER BY approval_lapses LIMIT ?",
		now.UTC(), mostLapsing).Scan(ctx, &rows)
	return runsOf(rows, err, "runs whose approvals have expired")
}

// lapses is when the next approval of a run expires, nil where none does.
func lapses(r run.Run) *time.Time {
	end := r.Lapses().UTC()
	if end.IsZero() {
		return nil
	}
	return &end
}

// heldUntil is when a run that waits for its stage to open is looked at again, nil
// for one that does not.
func deferredUntil(r run.Run) *time.Time {
	if r.Status != run.Approved || r.Deferral == nil {
		return nil
	}
	again := r.Deferral.Again.UTC()
	return &again
}
