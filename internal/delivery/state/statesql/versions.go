package statesql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type versionRow struct {
	bun.BaseModel `bun:"table:state_versions"`

	ID        string    `bun:"id,pk"`
	Stack     string    `bun:"stack"`
	Tenant    string    `bun:"tenant"`
	Project   string    `bun:"project"`
	Serial    int64     `bun:"serial"`
	Lineage   string    `bun:"lineage"`
	Digest    string    `bun:"digest"`
	Size      int64     `bun:"size"`
	Run       string    `bun:"run"`
	Fence     int64     `bun:"fence"`
	By        string    `bun:"changed_by"`
	Cause     string    `bun:"cause"`
	CreatedAt time.Time `bun:"created_at"`
}

// Add inserts a version.
func (s *Store) Add(ctx context.Context, v state.Version) error {
	scope, _, err := state.SplitStack(v.Stack)
	if err != nil {
		return err
	}
	row := versionRow{
		ID: v.ID, Stack: v.Stack, Tenant: scope.Tenant, Project: scope.Project,
		Serial: v.Serial, Lineage: v.Lineage, Digest: string(v.Digest), Size: v.Size,
		Run: v.Run, Fence: v.Fence, By: v.By, Cause: v.Cause, CreatedAt: v.CreatedAt,
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "state version "+v.ID)
}

// Version returns one version of the stack.
func (s *Store) Version(ctx context.Context, stack, id string) (state.Version, error) {
	var row versionRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("stack = ?", stack).Where("id = ?", id).Scan(ctx)
	if err != nil {
		return state.Version{}, db.Map(err, "state version "+id)
	}
	return row.version(), nil
}

// Current returns the version that the stack's record names.
func (s *Store) Current(ctx context.Context, stack string) (v state.Version, ok bool, err error) {
	var rows []versionRow
	err = s.db.Reader(ctx).NewSelect().Model(&rows).Where("stack = ?", stack).
		Where("id = (SELECT current FROM state_stacks WHERE stack = ?)", stack).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return v, false, db.Map(err, "the state version in force of "+stack)
	}
	return rows[0].version(), true, nil
}

// List returns the stack's versions, the newest first; the cursor is an id.
func (s *Store) List(ctx context.Context, stack string, r kernel.PageRequest) (kernel.Page[state.Version], error) {
	var rows []versionRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("stack = ?", stack).OrderExpr("id DESC").Limit(int64(r.Size() + 1))
	if r.Cursor != "" {
		q = q.Where("id < ?", r.Cursor)
	}
	if err := q.Scan(ctx); err != nil {
		return kernel.Page[state.Version]{}, db.Map(err, "state versions of "+stack)
	}
	versions := make([]state.Version, len(rows))
	for i, row := range rows {
		versions[i] = row.version()
	}
	return kernel.PageOf(versions, r, func(v state.Version) string { return v.ID }), nil
}

func (r versionRow) version() state.Version {
	return state.Version{
		ID: r.ID, Stack: r.Stack, Serial: r.Serial, Lineage: r.Lineage, Digest: kernel.Digest(r.Digest),
		Size: r.Size, Run: r.Run, Fence: r.Fence, By: r.By, Cause: r.Cause, CreatedAt: r.CreatedAt.UTC(),
	}
}

// InForce returns the versions in force of a tenant's stacks, of one project unless
// it is "".
func (s *Store) InForce(ctx context.Context, tenant, project string) ([]state.Version, error) {
	var rows []versionRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant).Where("id IN (SELECT current FROM state_stacks WHERE tenant = ?)", tenant).OrderExpr("stack")
	if project != "" {
		q = q.Where("project = ?", project)
	}
	err := q.Scan(ctx)
	versions := make([]state.Version, len(rows))
	for i, row := range rows {
		versions[i] = row.version()
	}
	return versions, db.Map(err, "states")
}
