package identitysql

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type memberRow struct {
	Project  string        `bun:"project"`
	UserID   string        `bun:"user_id"`
	UserName string        `bun:"user_name"`
	Role     identity.Role `bun:"role"`
}

func memberships(rows []memberRow) []identity.Membership {
	out := make([]identity.Membership, len(rows))
	for i, r := range rows {
		out[i] = identity.Membership{UserID: r.UserID, User: r.UserName, Project: r.Project, Role: r.Role}
	}
	return out
}

// PutMembership sets a user's role in a project.
func (s *Store) PutMembership(ctx context.Context, tenant string, m identity.Membership) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO identity_memberships (tenant, project, user_id, role) VALUES (?, ?, ?, ?)
		ON CONFLICT (tenant, project, user_id) DO UPDATE SET role = excluded.role`, tenant, m.Project, m.UserID, string(m.Role)).Exec(ctx)
	return db.Map(err, "the role of "+m.UserID)
}

// RemoveMembership takes a user's role in a project away; having none is fine.
func (s *Store) RemoveMembership(ctx context.Context, tenant, project, userID string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM identity_memberships WHERE tenant = ? AND project = ? AND user_id = ?",
		tenant, project, userID).Exec(ctx)
	return db.Map(err, "the role of "+userID)
}

func (s *Store) selectMembers(ctx context.Context) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().TableExpr("identity_memberships AS m").
		Join("JOIN identity_users AS u ON u.id = m.user_id AND u.tenant = m.tenant")
}

// MembershipsOf returns all roles of a user.
func (s *Store) MembershipsOf(ctx context.Context, tenant, userID string) ([]identity.Membership, error) {
	var rows []memberRow
	err := s.selectMembers(ctx).ColumnExpr("m.project, m.user_id, u.name AS user_name, m.role").
		Where("m.tenant = ? AND m.user_id = ?", tenant, userID).Order("m.project").Scan(ctx, &rows)
	return memberships(rows), db.Map(err, "the roles of "+userID)
}

// Members lists who has a role in a project or the whole tenant, by name and
// then project.
func (s *Store) Members(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[identity.Membership], error) {
	name, project, _ := strings.Cut(page.Cursor, "/")
	var rows []memberRow
	err := s.selectMembers(ctx).ColumnExpr("m.project, m.user_id, u.name AS user_name, m.role").
		Where("m.tenant = ? AND m.project IN ('', ?)", scope.Tenant, scope.Project).
		Where("(u.name > ? OR (u.name = ? AND m.project > ?))", name, name, project).
		Order("u.name", "m.project").Limit(int64(page.Size()+1)).Scan(ctx, &rows)
	return kernel.PageOf(memberships(rows), page, func(m identity.Membership) string { return m.User + "/" + m.Project }),
		db.Map(err, "the members")
}

// WithRoles returns the names of users with one of the roles who are not kept out.
func (s *Store) WithRoles(ctx context.Context, scope kernel.Scope, roles []identity.Role, limit int) ([]string, error) {
	names := []string{}
	err := s.selectMembers(ctx).ColumnExpr("DISTINCT u.name").
		Where("m.tenant = ? AND m.project IN ('', ?)", scope.Tenant, scope.Project).
		Where("m.role IN ? AND u.disabled_at IS NULL", bun.Tuple(roles)).
		OrderExpr("u.name").Limit(int64(limit)).Scan(ctx, &names)
	return names, db.Map(err, "the members")
}
