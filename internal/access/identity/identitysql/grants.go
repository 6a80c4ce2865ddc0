package identitysql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type grantRow struct {
	bun.BaseModel `bun:"table:identity_grants,alias:g"`

	ID          string               `bun:"id,pk"`
	Tenant      string               `bun:"tenant"`
	SubjectKind identity.SubjectKind `bun:"subject_kind"`
	SubjectID   string               `bun:"subject_id"`
	SubjectName string               `bun:"subject_name,scanonly"`
	Role        identity.Role        `bun:"role"`
	Platform    bool                 `bun:"platform"`
	Project     string               `bun:"project"`
	Stage       string               `bun:"stage"`
	Elevation   string               `bun:"elevation"`
	Source      string               `bun:"source"`
	CreatedAt   time.Time            `bun:"created_at"`
	CreatedBy   string               `bun:"created_by"`
	ExpiresAt   *time.Time           `bun:"expires_at"`
}

func (r grantRow) grant() identity.Grant {
	return identity.Grant{
		ID: r.ID, Tenant: r.Tenant, Subject: identity.Subject{Kind: r.SubjectKind, ID: r.SubjectID, Name: r.SubjectName},
		Role: r.Role, Platform: r.Platform, Project: r.Project, Stage: r.Stage, Elevation: r.Elevation, Source: r.Source,
		CreatedAt: r.CreatedAt.UTC(), CreatedBy: r.CreatedBy, ExpiresAt: fromNull(r.ExpiresAt),
	}
}

func grantsOf(rows []grantRow) []identity.Grant {
	out := make([]identity.Grant, len(rows))
	for i, r := range rows {
		out[i] = r.grant()
	}
	return out
}

// PutGrant keeps a grant. One that is like it, but for its end, gets that end; its id is
// returned.
func (s *Store) PutGrant(ctx context.Context, g identity.Grant) (id string, err error) {
	row := grantRow{
		ID: g.ID, Tenant: g.Tenant, SubjectKind: g.Subject.Kind, SubjectID: g.Subject.ID, Role: g.Role, Platform: g.Platform,
		Project: g.Project, Stage: g.Stage, Elevation: g.Elevation, Source: g.Source, CreatedAt: g.CreatedAt, CreatedBy: g.CreatedBy, ExpiresAt: toNull(g.ExpiresAt),
	}
	err = s.db.Conn(ctx).NewInsert().Model(&row).
		On("CONFLICT (tenant, subject_id, platform, project, stage, role, elevation, source) DO UPDATE").
		Set("expires_at = EXCLUDED.expires_at").Returning("id").Scan(ctx, &id)
	return id, db.Map(err, "the grant")
}

// RemoveGrant takes a grant away.
func (s *Store) RemoveGrant(ctx context.Context, tenant, id string) error {
	res, err := s.db.Conn(ctx).NewDelete().Model((*grantRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the grant "+id)
}

// RemoveGrantsOf takes all grants of a subject away.
func (s *Store) RemoveGrantsOf(ctx context.Context, tenant, subject string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*grantRow)(nil)).Where("tenant = ? AND subject_id = ?", tenant, subject).Exec(ctx)
	return db.Map(err, "the grants of "+subject)
}

// selectGrants selects grants with the names of their subjects.
func (s *Store) selectGrants(ctx context.Context, rows *[]grantRow) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().Model(rows).ColumnExpr("g.*").
		ColumnExpr("COALESCE(u.name, gr.name, sa.name, '') AS subject_name").
		Join("LEFT JOIN identity_users AS u ON u.id = g.subject_id").
		Join("LEFT JOIN identity_groups AS gr ON gr.id = g.subject_id").
		Join("LEFT JOIN identity_service_accounts AS sa ON sa.id = g.subject_id")
}

// Grant returns the grant of an id.
func (s *Store) Grant(ctx context.Context, tenant, id string) (identity.Grant, error) {
	var rows []grantRow
	err := s.selectGrants(ctx, &rows).Where("g.tenant = ? AND g.id = ?", tenant, id).Scan(ctx)
	if err == nil && len(rows) == 0 {
		return identity.Grant{}, kernel.Errorf(kernel.NotFound, "the grant %s does not exist", id)
	}
	if err != nil {
		return identity.Grant{}, db.Map(err, "the grant "+id)
	}
	return rows[0].grant(), nil
}

// Grants lists the grants of a tenant, the oldest first.
func (s *Store) Grants(ctx context.Context, tenant string, f identity.GrantFilter, page kernel.PageRequest) (kernel.Page[identity.Grant], error) {
	var rows []grantRow
	q := s.selectGrants(ctx, &rows).Where("g.tenant = ? AND g.id > ?", tenant, page.Cursor)
	if f.Platform {
		q = q.Where("g.platform = ?", true)
	}
	if f.Project != "" {
		q = q.Where("g.platform = ? AND g.project IN ('', ?)", false, f.Project)
	}
	if f.Stage != "" {
		q = q.Where("g.stage IN ('', ?)", f.Stage)
	}
	if f.Subject.Name != "" {
		q = q.Where("g.subject_kind = ? AND COALESCE(u.name, gr.name, sa.name) = ?", string(f.Subject.Kind), f.Subject.Name)
	}
	err := q.Order("g.id").Limit(int64(page.Size() + 1)).Scan(ctx)
	return kernel.PageOf(grantsOf(rows), page, func(g identity.Grant) string { return g.ID }), db.Map(err, "the grants")
}

// GrantsFor returns the grants of a subject and of the groups that it is in.
func (s *Store) GrantsFor(ctx context.Context, tenant, subject string) ([]identity.Grant, error) {
	var rows []grantRow
	err := s.selectGrants(ctx, &rows).Where("g.tenant = ?", tenant).
		Where("(g.subject_id = ? OR g.subject_id IN (SELECT group_id FROM identity_group_members WHERE tenant = ? AND user_id = ?))", subject, tenant, subject).
		Order("g.id").Scan(ctx)
	return grantsOf(rows), db.Map(err, "the grants of "+subject)
}

// Holders returns the names of users who are not kept out and hold a role at a node, by
// themselves or through a group.
func (s *Store) Holders(ctx context.Context, h identity.Holding) ([]string, error) {
	names := []string{}
	through := "(g.subject_id = u.id OR g.subject_id IN (SELECT group_id FROM identity_group_members AS m WHERE m.tenant = u.tenant AND m.user_id = u.id))"
	if h.Lasting {
		through = "g.subject_id = u.id AND g.expires_at IS NULL AND g.source = ''"
	}
	q := s.db.Reader(ctx).NewSelect().TableExpr("identity_users AS u").Join("JOIN identity_grants AS g ON g.tenant = u.tenant AND "+through).
		ColumnExpr("DISTINCT u.name").Where("u.disabled_at IS NULL AND g.role = ?", string(h.Role)).
		Where("(g.expires_at IS NULL OR g.expires_at > ?)", h.Now)
	if h.Tenant != "" {
		q = q.Where("u.tenant = ?", h.Tenant)
	}
	if h.Node.Tenant == "" {
		q = q.Where("g.platform = ?", true)
	} else {
		q = q.Where("g.tenant = ? AND g.platform = ?", h.Node.Tenant, false).
			Where("g.project IN ('', ?) AND g.stage IN ('', ?)", h.Node.Project, h.Node.Stage)
	}
	err := q.OrderExpr("u.name").Limit(int64(h.Limit)).Scan(ctx, &names)
	return names, db.Map(err, "who has the role "+string(h.Role))
}
