// Package identitysql keeps who there is, and what they may do, in the database.
//
// It owns the tables identity_*, and never sees a password or a token in the clear.
package identitysql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "identity", Files: files} }

// Store implements identity.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type userRow struct {
	bun.BaseModel `bun:"table:identity_users,alias:u"`

	ID        string     `bun:"id,pk"`
	Tenant    string     `bun:"tenant"`
	Name      string     `bun:"name"`
	Password  string     `bun:"password"`
	CreatedAt time.Time  `bun:"created_at"`
	Disabled  *time.Time `bun:"disabled_at"`
	Given     bool       `bun:"password_given"`
}

func (r userRow) user() identity.User {
	return identity.User{
		ID: r.ID, Tenant: r.Tenant, Name: r.Name, Password: r.Password, CreatedAt: r.CreatedAt.UTC(), DisabledAt: fromNull(r.Disabled), Given: r.Given,
	}
}

// AddUser keeps a new user.
func (s *Store) AddUser(ctx context.Context, u identity.User) error {
	row := userRow{ID: u.ID, Tenant: u.Tenant, Name: u.Name, Password: u.Password, Given: u.Given, CreatedAt: u.CreatedAt}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the user "+u.Name)
}

// UserByName returns the user with a login name.
func (s *Store) UserByName(ctx context.Context, tenant, name string) (identity.User, error) {
	return s.user(ctx, "the user "+name, "tenant = ? AND name = ?", tenant, name)
}

// UserByID returns the user with an id.
func (s *Store) UserByID(ctx context.Context, tenant, id string) (identity.User, error) {
	return s.user(ctx, "the user "+id, "tenant = ? AND id = ?", tenant, id)
}

func (s *Store) user(ctx context.Context, what, where string, args ...any) (identity.User, error) {
	var row userRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where(where, args...).Scan(ctx)
	return row.user(), db.Map(err, what)
}

// SetPassword keeps a new password hash, and whether somebody else has chosen it.
func (s *Store) SetPassword(ctx context.Context, tenant, id, hash string, given bool) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*userRow)(nil)).Set("password = ?", hash).Set("password_given = ?", given).
		Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the user "+id)
}

// SetDisabled keeps since when a user is kept out; zero lets them in.
func (s *Store) SetDisabled(ctx context.Context, tenant, id string, at time.Time) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*userRow)(nil)).Set("disabled_at = ?", toNull(at)).
		Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the user "+id)
}

// HasUsers reports whether anybody has an account in the tenant.
func (s *Store) HasUsers(ctx context.Context, tenant string) (bool, error) {
	has, err := s.db.Reader(ctx).NewSelect().Model((*userRow)(nil)).Where("tenant = ?", tenant).Exists(ctx)
	return has, db.Map(err, "the users")
}

// Users lists a tenant's users by name.
func (s *Store) Users(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[identity.User], error) {
	var rows []userRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND name > ?", tenant, page.Cursor).
		Order("name").Limit(int64(page.Size() + 1)).Scan(ctx)
	users := make([]identity.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return kernel.PageOf(users, page, func(u identity.User) string { return u.Name }), db.Map(err, "the users")
}

// Claim takes the right to bootstrap a tenant, once.
func (s *Store) Claim(ctx context.Context, tenant string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO identity_claims (tenant, claimed_at) VALUES (?, ?)", tenant, at).Exec(ctx)
	return db.Map(err, "the first admin of "+tenant)
}
