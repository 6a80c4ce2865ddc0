package identitysql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type serviceRow struct {
	bun.BaseModel `bun:"table:identity_service_accounts,alias:sa"`

	ID         string     `bun:"id,pk"`
	Tenant     string     `bun:"tenant"`
	Name       string     `bun:"name"`
	Project    string     `bun:"project"`
	OwnerID    string     `bun:"owner_id"`
	Owner      string     `bun:"owner,scanonly"`
	About      string     `bun:"about"`
	CreatedAt  time.Time  `bun:"created_at"`
	DisabledAt *time.Time `bun:"disabled_at"`
	LastUsedAt *time.Time `bun:"last_used_at"`
}

func (r serviceRow) account() identity.ServiceAccount {
	return identity.ServiceAccount{
		ID: r.ID, Tenant: r.Tenant, Name: r.Name, Project: r.Project, OwnerID: r.OwnerID, Owner: r.Owner, About: r.About,
		CreatedAt: r.CreatedAt.UTC(), DisabledAt: fromNull(r.DisabledAt), LastUsedAt: fromNull(r.LastUsedAt),
	}
}

// AddService keeps a new service account.
func (s *Store) AddService(ctx context.Context, a identity.ServiceAccount) error {
	row := serviceRow{ID: a.ID, Tenant: a.Tenant, Name: a.Name, Project: a.Project, OwnerID: a.OwnerID, About: a.About, CreatedAt: a.CreatedAt}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the service account "+a.Name)
}

func (s *Store) selectServices(ctx context.Context, model any) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().Model(model).ColumnExpr("sa.*").ColumnExpr("COALESCE(u.name, '') AS owner").
		Join("LEFT JOIN identity_users AS u ON u.id = sa.owner_id")
}

// ServiceByName returns the service account of a name.
func (s *Store) ServiceByName(ctx context.Context, tenant, name string) (identity.ServiceAccount, error) {
	var row serviceRow
	err := s.selectServices(ctx, &row).Where("sa.tenant = ? AND sa.name = ?", tenant, name).Scan(ctx)
	return row.account(), db.Map(err, "the service account "+name)
}

// Services lists the service accounts of a tenant by name; with a project, its own.
func (s *Store) Services(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[identity.ServiceAccount], error) {
	var rows []serviceRow
	q := s.selectServices(ctx, &rows).Where("sa.tenant = ? AND sa.name > ?", scope.Tenant, page.Cursor)
	if scope.Project != "" {
		q = q.Where("sa.project = ?", scope.Project)
	}
	err := q.Order("sa.name").Limit(int64(page.Size() + 1)).Scan(ctx)
	out := make([]identity.ServiceAccount, len(rows))
	for i, r := range rows {
		out[i] = r.account()
	}
	return kernel.PageOf(out, page, func(a identity.ServiceAccount) string { return a.Name }), db.Map(err, "the service accounts")
}

// SetServiceDisabled keeps since when a service account is kept out; zero lets it in.
func (s *Store) SetServiceDisabled(ctx context.Context, tenant, id string, at time.Time) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*serviceRow)(nil)).Set("disabled_at = ?", toNull(at)).
		Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the service account "+id)
}

// RemoveService removes a service account and its tokens.
func (s *Store) RemoveService(ctx context.Context, tenant, id string) error {
	if _, err := s.db.Conn(ctx).NewDelete().Model((*tokenRow)(nil)).Where("tenant = ? AND subject_id = ?", tenant, id).Exec(ctx); err != nil {
		return db.Map(err, "the tokens of "+id)
	}
	res, err := s.db.Conn(ctx).NewDelete().Model((*serviceRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the service account "+id)
}
