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

type groupRow struct {
	bun.BaseModel `bun:"table:identity_groups,alias:gr"`

	ID        string    `bun:"id,pk"`
	Tenant    string    `bun:"tenant"`
	Name      string    `bun:"name"`
	About     string    `bun:"about"`
	CreatedAt time.Time `bun:"created_at"`
	Members   int       `bun:"members,scanonly"`
}

func (r groupRow) group() identity.Group {
	return identity.Group{ID: r.ID, Tenant: r.Tenant, Name: r.Name, About: r.About, CreatedAt: r.CreatedAt.UTC(), Members: r.Members}
}

// AddGroup keeps a new group.
func (s *Store) AddGroup(ctx context.Context, g identity.Group) error {
	row := groupRow{ID: g.ID, Tenant: g.Tenant, Name: g.Name, About: g.About, CreatedAt: g.CreatedAt}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the group "+g.Name)
}

// GroupByName returns the group of a name.
func (s *Store) GroupByName(ctx context.Context, tenant, name string) (identity.Group, error) {
	var row groupRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("tenant = ? AND name = ?", tenant, name).Scan(ctx)
	return row.group(), db.Map(err, "the group "+name)
}

// Groups lists a tenant's groups by name, with how many are in each.
func (s *Store) Groups(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[identity.Group], error) {
	var rows []groupRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).ColumnExpr("gr.*").
		ColumnExpr("(SELECT COUNT(DISTINCT m.user_id) FROM identity_group_members AS m WHERE m.tenant = gr.tenant AND m.group_id = gr.id) AS members").
		Where("gr.tenant = ? AND gr.name > ?", tenant, page.Cursor).Order("gr.name").Limit(int64(page.Size() + 1)).Scan(ctx)
	return kernel.PageOf(groupsOf(rows), page, func(g identity.Group) string { return g.Name }), db.Map(err, "the groups")
}

func groupsOf(rows []groupRow) []identity.Group {
	out := make([]identity.Group, len(rows))
	for i, r := range rows {
		out[i] = r.group()
	}
	return out
}

// GroupsOf returns the groups that a user is in because a source says so; "" is any.
func (s *Store) GroupsOf(ctx context.Context, tenant, userID, source string) ([]identity.Group, error) {
	var rows []groupRow
	in := "gr.id IN (SELECT group_id FROM identity_group_members WHERE tenant = ? AND user_id = ? AND ? IN ('', source))"
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("gr.tenant = ?", tenant).Where(in, tenant, userID, source).Order("gr.name").Scan(ctx)
	return groupsOf(rows), db.Map(err, "the groups of "+userID)
}

// RemoveGroup removes a group and its memberships.
func (s *Store) RemoveGroup(ctx context.Context, tenant, id string) error {
	if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM identity_group_members WHERE tenant = ? AND group_id = ?", tenant, id).Exec(ctx); err != nil {
		return db.Map(err, "the members of "+id)
	}
	res, err := s.db.Conn(ctx).NewDelete().Model((*groupRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the group "+id)
}

// AddGroupMember keeps a membership, and reports whether it is new.
func (s *Store) AddGroupMember(ctx context.Context, tenant, group string, m identity.GroupMember) (bool, error) {
	res, err := s.db.Conn(ctx).NewRaw(`INSERT INTO identity_group_members (tenant, group_id, user_id, source, added_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (tenant, group_id, user_id, source) DO NOTHING`, tenant, group, m.UserID, m.Source, m.AddedAt).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the membership of "+m.User)
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "the membership of "+m.User)
}

// RemoveGroupMember ends a membership, and reports whether there was one.
func (s *Store) RemoveGroupMember(ctx context.Context, tenant, group string, m identity.GroupMember) (bool, error) {
	res, err := s.db.Conn(ctx).NewRaw("DELETE FROM identity_group_members WHERE tenant = ? AND group_id = ? AND user_id = ? AND source = ?",
		tenant, group, m.UserID, m.Source).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the membership of "+m.User)
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "the membership of "+m.User)
}

type groupMemberRow struct {
	UserID   string    `bun:"user_id"`
	UserName string    `bun:"user_name"`
	Source   string    `bun:"source"`
	AddedAt  time.Time `bun:"added_at"`
}

// GroupMembers lists who is in a group, by name and source.
func (s *Store) GroupMembers(ctx context.Context, tenant, group string, page kernel.PageRequest) (kernel.Page[identity.GroupMember], error) {
	name, source, _ := strings.Cut(page.Cursor, "/")
	var rows []groupMemberRow
	err := s.db.Reader(ctx).NewSelect().TableExpr("identity_group_members AS m").Join("JOIN identity_users AS u ON u.id = m.user_id").
		ColumnExpr("m.user_id, u.name AS user_name, m.source, m.added_at").Where("m.tenant = ? AND m.group_id = ?", tenant, group).
		Where("(u.name > ? OR (u.name = ? AND m.source > ?))", name, name, source).
		Order("u.name", "m.source").Limit(int64(page.Size()+1)).Scan(ctx, &rows)
	members := make([]identity.GroupMember, len(rows))
	for i, r := range rows {
		members[i] = identity.GroupMember{UserID: r.UserID, User: r.UserName, Source: r.Source, AddedAt: r.AddedAt.UTC()}
	}
	return kernel.PageOf(members, page, func(m identity.GroupMember) string { return m.User + "/" + m.Source }), db.Map(err, "the members")
}
