// Package subscriptionsql keeps subscriptions and deliveries in the database.
//
// It owns the tables event_subscriptions, event_subscription_quota and
// event_deliveries. It sends nothing.
package subscriptionsql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "subscription", Files: files} }

// Store is a subscription.Store.
type Store struct{ db *db.DB }

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "credentials of subscriptions", Table: "event_subscriptions", Columns: []string{"tenant", "id"},
		Associated: func(c []string) []byte {
			return subscription.Associated(subscription.Subscription{Scope: kernel.Scope{Tenant: c[0]}, ID: c[1]})
		},
	}
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ subscription.Store = (*Store)(nil)

type row struct {
	ID, Tenant, Project, Name, Status, Body string
	Position, Revision                      int64
	Sealed                                  []byte
}

func (r row) subscription() (s subscription.Subscription, err error) {
	err = db.Decode(r.Body, &s, "subscription "+r.ID)
	s.Cursor, s.Sealed, s.Revision = uint64(r.Position), r.Sealed, r.Revision
	return s, err
}

const columns = "SELECT id, tenant, project, name, status, position, revision, body, sealed FROM event_subscriptions "

// Add keeps a subscription; a second of its name in the scope is a Conflict.
func (s *Store) Add(ctx context.Context, sub subscription.Subscription) error {
	body, err := db.Encode(sub, "subscription "+sub.Name)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO event_subscriptions (id, tenant, project, name, status, position, body, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		sub.ID, sub.Scope.Tenant, sub.Scope.Project, sub.Name, string(sub.Status), int64(sub.Cursor), body, sub.Sealed).Exec(ctx)
	return db.Map(err, "subscription "+sub.Name)
}

// Save changes all but how far the subscription has come and who delivers.
func (s *Store) Save(ctx context.Context, sub subscription.Subscription) error {
	body, err := db.Encode(sub, "subscription "+sub.Name)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE event_subscriptions SET status = ?, body = ?, sealed = ?, revision = revision + 1 WHERE id = ? AND tenant = ? AND revision = ?",
		string(sub.Status), body, sub.Sealed, sub.ID, sub.Scope.Tenant, sub.Revision).Exec(ctx)
	if err := db.Changed(result, err, "subscription "+sub.Name); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "subscription %s was changed or deleted meanwhile", sub.Name).WithFix("look at it and try again")
}

// Get returns a subscription of a scope, or NotFound.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, name string) (subscription.Subscription, error) {
	var r row
	err := s.db.Reader(ctx).NewRaw(columns+"WHERE tenant = ? AND project = ? AND name = ?", scope.Tenant, scope.Project, name).Scan(ctx, &r)
	if err != nil {
		return subscription.Subscription{}, db.Map(err, "subscription "+name)
	}
	return r.subscription()
}

// List returns the subscriptions of a scope by name.
func (s *Store) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[subscription.Subscription], error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(columns+"WHERE tenant = ? AND project = ? AND name > ? ORDER BY name LIMIT ?",
		scope.Tenant, scope.Project, page.Cursor, page.Size()+1).Scan(ctx, &rows)
	all, err := subscriptions(rows, err)
	return kernel.PageOf(all, page, func(s subscription.Subscription) string { return s.Name }), err
}

// Count returns how many a tenant has. Nobody else counts them until the end of the
// transaction of ctx.
func (s *Store) Count(ctx context.Context, tenant string) (n int, err error) {
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO event_subscription_quota (tenant) VALUES (?) ON CONFLICT (tenant) DO UPDATE SET tenant = excluded.tenant", tenant).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the subscriptions")
	}
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM event_subscriptions WHERE tenant = ?", tenant).Scan(ctx, &n)
	return n, db.Map(err, "the subscriptions")
}

// Delete removes a subscription with its deliveries.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, id string) error {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM event_subscriptions WHERE id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project).Exec(ctx)
	if err := db.Changed(result, err, "the subscription"); err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("DELETE FROM event_deliveries WHERE subscription = ?", id).Exec(ctx)
	return db.Map(err, "the deliveries")
}

// Claim has a process hold what it holds already, or nobody any more, and returns it.
func (s *Store) Claim(ctx context.Context, holder string, now, until time.Time) ([]subscription.Subscription, error) {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE event_subscriptions SET holder = ?, held_until = ? WHERE status = ? AND (holder IN (?, '') OR held_until < ?)",
		holder, until, string(subscription.Active), holder, now).Exec(ctx)
	if err != nil {
		return nil, db.Map(err, "the subscriptions")
	}
	var rows []row
	err = s.db.Reader(ctx).NewRaw(columns+"WHERE holder = ? AND status = ? ORDER BY id", holder, string(subscription.Active)).Scan(ctx, &rows)
	return subscriptions(rows, err)
}

// Release gives back what a process holds.
func (s *Store) Release(ctx context.Context, holder string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE event_subscriptions SET holder = '' WHERE holder = ?", holder).Exec(ctx)
	return db.Map(err, "the subscriptions")
}

func subscriptions(rows []row, err error) ([]subscription.Subscription, error) {
	return db.Each(rows, err, "the subscriptions", row.subscription)
}
