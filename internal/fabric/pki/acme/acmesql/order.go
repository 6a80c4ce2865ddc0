package acmesql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type orderRow struct {
	bun.BaseModel `bun:"table:acme_orders"`

	Tenant    string
	ID        string `bun:",pk"`
	Project   string
	Stage     string
	Account   string
	Status    string
	CreatedAt time.Time
	ExpiresAt time.Time
	Revision  int64
	Body      string
}

func orderRowOf(o acme.Order) (orderRow, error) {
	body, err := db.Encode(o, "order "+o.ID)
	return orderRow{
		Tenant: o.Scope.Tenant, ID: o.ID, Project: o.Scope.Project, Stage: o.Scope.Stage, Account: o.Account, Status: string(o.Status),
		CreatedAt: o.CreatedAt, ExpiresAt: o.ExpiresAt, Revision: o.Revision + 1, Body: body,
	}, err
}

// InsertOrder implements acme.Orders.
func (s *Store) InsertOrder(ctx context.Context, o acme.Order) error {
	r, err := orderRowOf(o)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "order "+o.ID)
}

// SaveOrder implements acme.Orders.
func (s *Store) SaveOrder(ctx context.Context, o acme.Order) error {
	r, err := orderRowOf(o)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("status", "revision", "body").Where("id = ? AND revision = ?", o.ID, o.Revision).Exec(ctx)
	return saved(result, err, "order "+o.ID)
}

// Order implements acme.Orders.
func (s *Store) Order(ctx context.Context, id string) (o acme.Order, err error) {
	var r orderRow
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("id = ?", id).Scan(ctx); err != nil {
		return o, db.Map(err, "order "+id)
	}
	err = db.Decode(r.Body, &o, "order "+id)
	o.ID, o.Scope, o.Account, o.Status = r.ID, kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Account, acme.Status(r.Status)
	o.CreatedAt, o.ExpiresAt, o.Revision = r.CreatedAt.UTC(), r.ExpiresAt.UTC(), r.Revision
	return o, err
}

// HoldOrder implements acme.Orders: the count of a change locks the row.
func (s *Store) HoldOrder(ctx context.Context, id string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE acme_orders SET revision = revision + 1 WHERE id = ?", id).Exec(ctx)
	return db.Map(err, "order "+id)
}

// OrdersOf implements acme.Orders.
func (s *Store) OrdersOf(ctx context.Context, account, before string, limit int) (ids []string, err error) {
	q := s.db.Reader(ctx).NewSelect().Model((*orderRow)(nil)).Column("id").Where("account = ?", account)
	if before != "" {
		q = q.Where("id < ?", before)
	}
	err = q.Order("id DESC").Limit(int64(limit)).Scan(ctx, &ids)
	return ids, db.Map(err, "the orders")
}

// CountOrders implements acme.Orders.
func (s *Store) CountOrders(ctx context.Context, account string, since, now time.Time) (made, open int, err error) {
	err = s.db.Conn(ctx).NewRaw("SELECT COALESCE(SUM(CASE WHEN created_at >= ? THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN status IN (?, ?) AND expires_at > ? THEN 1 ELSE 0 END), 0) FROM acme_orders WHERE account = ?",
		since, string(acme.Pending), string(acme.Ready), now, account).Scan(ctx, &made, &open)
	return made, open, db.Map(err, "the orders")
}

type authorizationRow struct {
	bun.BaseModel `bun:"table:acme_authorizations"`

	Tenant    string
	ID        string `bun:",pk"`
	Project   string
	Stage     string
	Account   string
	OrderID   string
	Status    string
	Name      string
	Wildcard  bool
	ExpiresAt time.Time
	DueAt     time.Time `bun:",nullzero"`
	Revision  int64
	Body      string
}

func authorizationRowOf(a acme.Authorization) (authorizationRow, error) {
	body, err := db.Encode(a, "authorization "+a.ID)
	return authorizationRow{
		Tenant: a.Scope.Tenant, ID: a.ID, Project: a.Scope.Project, Stage: a.Scope.Stage, Account: a.Account, OrderID: a.Order, Status: string(a.Status),
		Name: a.Name, Wildcard: a.Wildcard, ExpiresAt: a.ExpiresAt, DueAt: a.DueAt, Revision: a.Revision + 1, Body: body,
	}, err
}

func (r authorizationRow) authorization() (a acme.Authorization, err error) {
	err = db.Decode(r.Body, &a, "authorization "+r.ID)
	a.ID, a.Scope, a.Account, a.Order = r.ID, kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Account, r.OrderID
	a.Status, a.Name, a.Wildcard, a.ExpiresAt, a.Revision = acme.Status(r.Status), r.Name, r.Wildcard, r.ExpiresAt.UTC(), r.Revision
	if !r.DueAt.IsZero() {
		a.DueAt = r.DueAt.UTC()
	}
	return a, err
}

// InsertAuthorizations implements acme.Authorizations.
func (s *Store) InsertAuthorizations(ctx context.Context, all []acme.Authorization) error {
	rows := make([]authorizationRow, len(all))
	for i, a := range all {
		var err error
		if rows[i], err = authorizationRowOf(a); err != nil {
			return err
		}
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&rows).Exec(ctx)
	return db.Map(err, "the authorizations")
}

// SaveAuthorization implements acme.Authorizations.
func (s *Store) SaveAuthorization(ctx context.Context, a acme.Authorization) error {
	r, err := authorizationRowOf(a)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("status", "expires_at", "due_at", "revision", "body").Where("id = ? AND revision = ?", a.ID, a.Revision).Exec(ctx)
	return saved(result, err, "authorization "+a.ID)
}

// Authorization implements acme.Authorizations.
func (s *Store) Authorization(ctx context.Context, id string) (acme.Authorization, error) {
	var r authorizationRow
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("id = ?", id).Scan(ctx); err != nil {
		return acme.Authorization{}, db.Map(err, "authorization "+id)
	}
	return r.authorization()
}

// AuthorizationsOf implements acme.Authorizations.
func (s *Store) AuthorizationsOf(ctx context.Context, order string) ([]acme.Authorization, error) {
	var rows []authorizationRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where("order_id = ?", order).Order("id").Scan(ctx)
	return db.Each(rows, err, "the authorizations", authorizationRow.authorization)
}

// Due implements acme.Authorizations.
func (s *Store) Due(ctx context.Context, now time.Time, busy []string) (acme.Authorization, bool, error) {
	var r authorizationRow
	q := s.db.Reader(ctx).NewSelect().Model(&r).Where("due_at <= ?", now)
	if len(busy) > 0 {
		q = q.Where("id NOT IN (?)", bun.List(busy))
	}
	err := db.Map(q.Order("due_at").Limit(1).Scan(ctx), "the challenges that are due")
	if kernel.Is(err, kernel.NotFound) {
		return acme.Authorization{}, false, nil
	}
	if err != nil {
		return acme.Authorization{}, false, err
	}
	a, err := r.authorization()
	return a, err == nil, err
}

// ProvenNames implements acme.Authorizations.
func (s *Store) ProvenNames(ctx context.Context, account string, names []string, now time.Time) ([]string, error) {
	var rows []authorizationRow
	bare := make([]string, len(names))
	for i, name := range names {
		bare[i] = name
		if len(name) > 2 && name[:2] == "*." {
			bare[i] = name[2:]
		}
	}
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where("account = ? AND status = ? AND expires_at > ? AND name IN (?)", account, string(acme.Valid), now, bun.List(bare)).Scan(ctx)
	return db.Each(rows, err, "the authorizations", func(r authorizationRow) (string, error) {
		if r.Wildcard {
			return "*." + r.Name, nil
		}
		return r.Name, nil
	})
}
