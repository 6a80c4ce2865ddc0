// Package productsql keeps subscriptions to products, and what they used, in the database.
//
// It owns the tables gateway_subscriptions, gateway_subscription_turn and
// gateway_subscription_usage. It decides nothing; gateway/product does.
package productsql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "product", Files: files} }

// Store is a product.Store and a product.UsageStore.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ product.Store      = (*Store)(nil)
	_ product.UsageStore = (*Store)(nil)
)

type row struct {
	bun.BaseModel `bun:"table:gateway_subscriptions"`

	ID              string `bun:",pk"`
	Tenant          string
	Project         string
	Stage           string
	Name            string
	Product         string
	Plan            string
	ConsumerKind    string
	Consumer        string
	ConsumerProject string
	State           string
	Over            bool
	OverAt          *time.Time
	EndsAt          *time.Time
	PrimaryHash     string
	SecondaryHash   string
	Revision        int64
	Body            string
}

func rowOf(s product.Subscription) (row, error) {
	body, err := db.Encode(s, "subscription "+s.Name)
	consumer := s.Consumer.ID
	if consumer == "" {
		consumer = s.Consumer.Name
	}
	var overAt *time.Time
	if s.State.Over() && s.Changed != nil {
		overAt = &s.Changed.At
	}
	return row{
		OverAt: overAt, ID: s.ID, Tenant: s.Scope.Tenant, Project: s.Scope.Project, Stage: s.Scope.Stage, Name: s.Name, Product: s.Product, Plan: s.Plan,
		ConsumerKind: string(s.Consumer.Kind), Consumer: consumer, ConsumerProject: s.Consumer.Project, State: string(s.State), Over: s.State.Over(),
		EndsAt: s.EndsAt, PrimaryHash: s.Primary.Hex(), SecondaryHash: s.Secondary.Hex(), Revision: 1, Body: body,
	}, err
}

func (r row) subscription() (s product.Subscription, err error) {
	if err = db.Decode(r.Body, &s, "subscription "+r.ID); err != nil {
		return s, err
	}
	s.ID, s.Revision = r.ID, r.Revision
	s.Scope = kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}
	if s.Primary, err = product.ParseHash(r.PrimaryHash); err != nil {
		return s, err
	}
	s.Secondary, err = product.ParseHash(r.SecondaryHash)
	return s, err
}

// turned counts a change. Its row lock also puts writers one after the other.
func (s *Store) turned(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE gateway_subscription_turn SET turn = turn + 1 WHERE id = 1").Exec(ctx)
	return db.Map(err, "the turn of the subscriptions")
}

// Insert adds a subscription.
func (s *Store) Insert(ctx context.Context, sub product.Subscription) error {
	r, err := rowOf(sub)
	if err != nil {
		return err
	}
	if err := s.turned(ctx); err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "subscription "+sub.Name)
}

// Save changes a subscription that nobody has changed meanwhile.
func (s *Store) Save(ctx context.Context, sub product.Subscription) error {
	r, err := rowOf(sub)
	if err != nil {
		return err
	}
	if err := s.turned(ctx); err != nil {
		return err
	}
	r.Revision = sub.Revision + 1
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("state", "over", "over_at", "ends_at", "primary_hash", "secondary_hash", "revision", "body").
		Where("id = ? AND tenant = ? AND revision = ?", sub.ID, sub.Scope.Tenant, sub.Revision).Exec(ctx)
	if err := db.Changed(result, err, "subscription "+sub.Name); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "subscription %s was changed meanwhile", sub.Name).WithFix("look at it and try again")
}

// Get returns the subscription of a name or an id.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, name string) (product.Subscription, error) {
	var r row
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("tenant = ? AND project = ? AND stage = ?", scope.Tenant, scope.Project, scope.Stage).
		Where("name = ? OR id = ?", name, name).OrderExpr("over, id DESC").Limit(1).Scan(ctx)
	if err != nil {
		return product.Subscription{}, db.Map(err, "subscription "+name)
	}
	return r.subscription()
}

// List returns the subscriptions that are seen, the newest first: ids grow with time.
func (s *Store) List(ctx context.Context, tenant string, f product.Filter, page kernel.PageRequest) (kernel.Page[product.Subscription], error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant)
	for column, value := range map[string]string{"project": f.Project, "stage": f.Stage, "product": f.Product, "state": string(f.State)} {
		if value != "" {
			q = q.Where("? = ?", bun.Ident(column), value)
		}
	}
	if page.Cursor != "" {
		q = q.Where("id < ?", page.Cursor)
	}
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return seen(q, f.Reach) })
	err := q.Order("id DESC").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the subscriptions", row.subscription)
	return kernel.PageOf(all, page, func(s product.Subscription) string { return s.ID }), err
}

// seen narrows to subscriptions to what is reached, and to those of projects that are reached
// whole.
func seen(q *bun.SelectQuery, reach kernel.Reach) *bun.SelectQuery {
	q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return db.Within(q.Where("1 = 1"), reach, "project", "stage")
	})
	if len(reach.Only) == 0 && len(reach.Projects) > 0 {
		q = q.WhereOr("consumer_project IN (?)", bun.List(reach.Projects))
	}
	return q
}

// Count returns how many subscriptions are not over.
func (s *Store) Count(ctx context.Context, scope kernel.Scope, name, plan string, of *product.Consumer) (int, error) {
	if err := s.turned(ctx); err != nil {
		return 0, err
	}
	q := s.db.Conn(ctx).NewSelect().Model((*row)(nil)).Where("tenant = ? AND project = ? AND product = ? AND NOT over", scope.Tenant, scope.Project, name)
	if scope.Stage != "" {
		q = q.Where("stage = ?", scope.Stage)
	}
	if plan != "" {
		q = q.Where("plan = ?", plan)
	}
	if of != nil {
		id := of.ID
		if id == "" {
			id = of.Name
		}
		q = q.Where("consumer_kind = ? AND consumer = ?", string(of.Kind), id)
	}
	n, err := q.Count(ctx)
	return int(n), db.Map(err, "the subscriptions to "+name)
}

// Due returns some that are not over though their end has come.
func (s *Store) Due(ctx context.Context, now time.Time, most int) ([]product.Subscription, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("NOT over AND ends_at <= ?", now).Order("id").Limit(int64(most)).Scan(ctx)
	return db.Each(rows, err, "the subscriptions", row.subscription)
}

// All returns every subscription that is not over, or is only since a time.
func (s *Store) All(ctx context.Context, since time.Time) ([]product.Subscription, error) {
	var rows []row
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("NOT over OR over_at > ?", since).Scan(ctx)
	return db.Each(rows, err, "the subscriptions", row.subscription)
}

// Turn grows with every change.
func (s *Store) Turn(ctx context.Context) (turn int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT turn FROM gateway_subscription_turn WHERE id = 1").Scan(ctx, &turn)
	return turn, db.Map(err, "the turn of the subscriptions")
}
