package identitysql

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type elevationRow struct {
	bun.BaseModel `bun:"table:identity_elevations,alias:e"`

	ID          string        `bun:"id,pk"`
	Tenant      string        `bun:"tenant"`
	UserID      string        `bun:"user_id"`
	UserName    string        `bun:"user_name"`
	Role        identity.Role `bun:"role"`
	Project     string        `bun:"project"`
	Stage       string        `bun:"stage"`
	Reason      string        `bun:"reason"`
	Seconds     int64         `bun:"seconds"`
	RequestedAt time.Time     `bun:"requested_at"`
	Decided     string        `bun:"decided"`
	Word        string        `bun:"word"`
	DecidedAt   *time.Time    `bun:"decided_at"`
	Approved    bool          `bun:"approved"`
	GrantID     string        `bun:"grant_id"`
	ExpiresAt   *time.Time    `bun:"expires_at"`
	Ender       string        `bun:"ender"`
	EndedAt     *time.Time    `bun:"ended_at"`
}

func elevationRowOf(e identity.Elevation) elevationRow {
	return elevationRow{
		ID: e.ID, Tenant: e.Tenant, UserID: e.UserID, UserName: e.User, Role: e.Role, Project: e.Project, Stage: e.Stage, Reason: e.Reason,
		Seconds: int64(e.Length.Seconds()), RequestedAt: e.RequestedAt, Decided: e.Decided, Word: e.Word, DecidedAt: toNull(e.DecidedAt),
		Approved: e.Approved, GrantID: e.Grant, ExpiresAt: toNull(e.ExpiresAt), Ender: e.Ender, EndedAt: toNull(e.EndedAt),
	}
}

func (r elevationRow) elevation() identity.Elevation {
	return identity.Elevation{
		ID: r.ID, Tenant: r.Tenant, UserID: r.UserID, User: r.UserName, Role: r.Role, Project: r.Project, Stage: r.Stage, Reason: r.Reason,
		Length: time.Duration(r.Seconds) * time.Second, RequestedAt: r.RequestedAt.UTC(), Decided: r.Decided, Word: r.Word,
		DecidedAt: fromNull(r.DecidedAt), Approved: r.Approved, Grant: r.GrantID, ExpiresAt: fromNull(r.ExpiresAt), Ender: r.Ender, EndedAt: fromNull(r.EndedAt),
	}
}

// AddElevation keeps a request for a role.
func (s *Store) AddElevation(ctx context.Context, e identity.Elevation) error {
	row := elevationRowOf(e)
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the elevation "+e.ID)
}

// WaitingElevations counts what a user asked for since a moment and nobody decided on.
func (s *Store) WaitingElevations(ctx context.Context, tenant, user string, since time.Time) (int, error) {
	n, err := s.db.Conn(ctx).NewSelect().Model((*elevationRow)(nil)).
		Where("tenant = ? AND user_id = ? AND decided_at IS NULL AND ended_at IS NULL AND requested_at > ?", tenant, user, since).Count(ctx)
	return int(n), db.Map(err, "the elevations")
}

// SaveElevation writes what came of an elevation, unless somebody else was first.
func (s *Store) SaveElevation(ctx context.Context, before, after identity.Elevation) error {
	row := elevationRowOf(after)
	q := s.db.Conn(ctx).NewUpdate().Model(&row).Where("tenant = ? AND id = ? AND ended_at IS NULL", after.Tenant, after.ID)
	if before.DecidedAt.IsZero() {
		q = q.Where("decided_at IS NULL")
	}
	res, err := q.Exec(ctx)
	if err := db.Changed(res, err, "the elevation "+after.ID); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "somebody else has decided on %s meanwhile", after.ID).WithFix("see terrace access elevations")
}

// Elevation returns the elevation of an id.
func (s *Store) Elevation(ctx context.Context, tenant, id string) (identity.Elevation, error) {
	var row elevationRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("tenant = ? AND id = ?", tenant, id).Scan(ctx)
	return row.elevation(), db.Map(err, "the elevation "+id)
}

// Elevations lists elevations, the newest first.
func (s *Store) Elevations(ctx context.Context, tenant string, f identity.ElevationFilter, page kernel.PageRequest) (kernel.Page[identity.Elevation], error) {
	var rows []elevationRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant)
	if page.Cursor != "" {
		q = q.Where("id < ?", page.Cursor)
	}
	if f.Project != "" {
		q = q.Where("project IN ('', ?)", f.Project)
	}
	if f.Within != nil {
		q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return db.Reached(q, *f.Within, "project", "stage") })
			return besides(q.WhereOr("user_id = ?", f.UserID), f.Beside)
		})
	}
	if f.Open {
		q = q.Where("ended_at IS NULL AND (decided_at IS NULL AND requested_at > ? OR approved = ? AND expires_at > ?)",
			f.Now.Add(-identity.DecideWithin), true, f.Now)
	}
	err := q.OrderExpr("id DESC").Limit(int64(page.Size() + 1)).Scan(ctx)
	out := make([]identity.Elevation, len(rows))
	for i, r := range rows {
		out[i] = r.elevation()
	}
	return kernel.PageOf(out, page, func(e identity.Elevation) string { return e.ID }), db.Map(err, "the elevations")
}

// besides adds the elevations at nodes, and below them.
func besides(q *bun.SelectQuery, nodes []kernel.Scope) *bun.SelectQuery {
	for _, n := range nodes {
		switch {
		case n.Project == "":
			q = q.WhereOr("1 = 1")
		case n.Stage == "":
			q = q.WhereOr("project = ?", n.Project)
		default:
			q = q.WhereOr("project = ? AND stage = ?", n.Project, n.Stage)
		}
	}
	return q
}

// ExpiredElevations returns those whose time is over and whose end is not noted.
func (s *Store) ExpiredElevations(ctx context.Context, before time.Time, limit int) ([]identity.Elevation, error) {
	var rows []elevationRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("approved = ? AND ended_at IS NULL AND expires_at <= ?", true, before).
		OrderExpr("expires_at").Limit(int64(limit)).Scan(ctx)
	out := make([]identity.Elevation, len(rows))
	for i, r := range rows {
		out[i] = r.elevation()
	}
	return out, db.Map(err, "the elevations")
}

// ElevationRule returns the setting of a node itself; an empty one where nothing is set.
func (s *Store) ElevationRule(ctx context.Context, scope kernel.Scope) (identity.ElevationRule, error) {
	row := ruleRow{Project: scope.Project, Stage: scope.Stage}
	err := s.db.Reader(ctx).NewRaw(selectRules+" AND project = ? AND stage = ?", scope.Tenant, scope.Project, scope.Stage).Scan(ctx, &row)
	if err = db.Map(err, "who decides on elevations"); kernel.Is(err, kernel.NotFound) {
		err = nil
	}
	return row.rule(), err
}

// ElevationRules returns the settings of all nodes of a tenant.
func (s *Store) ElevationRules(ctx context.Context, tenant string) ([]identity.ElevationRule, error) {
	var rows []ruleRow
	err := s.db.Reader(ctx).NewRaw(selectRules, tenant).Scan(ctx, &rows)
	out := make([]identity.ElevationRule, len(rows))
	for i, r := range rows {
		out[i] = r.rule()
	}
	return out, db.Map(err, "who decides on elevations")
}

const selectRules = "SELECT project, stage, users, groups_named AS groups, seconds FROM identity_elevation_rules WHERE tenant = ?"

type ruleRow struct {
	Project string `bun:"project"`
	Stage   string `bun:"stage"`
	Users   string `bun:"users"`
	Groups  string `bun:"groups"`
	Seconds int64  `bun:"seconds"`
}

func (r ruleRow) rule() identity.ElevationRule {
	return identity.ElevationRule{Project: r.Project, Stage: r.Stage, Users: list(r.Users), Groups: list(r.Groups), Longest: time.Duration(r.Seconds) * time.Second}
}

// PutElevationRule keeps the setting of a node.
func (s *Store) PutElevationRule(ctx context.Context, scope kernel.Scope, r identity.ElevationRule) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO identity_elevation_rules (tenant, project, stage, users, groups_named, seconds) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, project, stage) DO UPDATE SET users = excluded.users, groups_named = excluded.groups_named, seconds = excluded.seconds`,
		scope.Tenant, scope.Project, scope.Stage, strings.Join(r.Users, ","), strings.Join(r.Groups, ","), int64(r.Longest.Seconds())).Exec(ctx)
	return db.Map(err, "who decides on elevations")
}
