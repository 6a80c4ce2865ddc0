package vcssql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type deliveryRow struct {
	row

	DeliveryKey, Digest, Event, Problem string
	ReceivedAt                          time.Time
	Attempts                            int
}

func deliveriesOf(rows []deliveryRow, err error) ([]vcs.Delivery, error) {
	return db.Each(rows, err, "webhooks", deliveryRow.delivery)
}

func (r deliveryRow) delivery() (vcs.Delivery, error) {
	d := vcs.Delivery{
		ID: r.ID, Repository: r.Repository, Scope: r.scope(), Key: r.DeliveryKey, Digest: kernel.Digest(r.Digest),
		ReceivedAt: r.ReceivedAt.UTC(), Attempts: r.Attempts, Problem: r.Problem,
	}
	return d, db.Decode(r.Event, &d.Event, "webhook "+r.ID)
}

const deliveryColumns = "SELECT id, tenant, project, repository, delivery_key, digest, event, problem, received_at, attempts FROM vcs_deliveries "

// AddDelivery keeps a webhook; Conflict for one that the repository has had.
func (s *Store) AddDelivery(ctx context.Context, d vcs.Delivery) error {
	event, err := db.Encode(d.Event, "webhook")
	if err != nil {
		return err
	}
	return s.exec(ctx, "webhook "+d.Key,
		"INSERT INTO vcs_deliveries (id, repository, tenant, project, delivery_key, digest, event, received_at, attempts, problem, done, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '', ?, ?)",
		d.ID, d.Repository, d.Scope.Tenant, d.Scope.Project, d.Key, string(d.Digest), event, d.ReceivedAt, d.Event.Kind == vcs.Ignored, d.ReceivedAt)
}

// Waiting returns the webhooks that are to be worked on, in their order.
func (s *Store) Waiting(ctx context.Context, now time.Time, limit int) ([]vcs.Delivery, error) {
	var rows []deliveryRow
	err := s.db.Reader(ctx).NewRaw(deliveryColumns+"WHERE NOT done AND due_at <= ? ORDER BY due_at, id LIMIT ?", now, limit).Scan(ctx, &rows)
	return deliveriesOf(rows, err)
}

// Done ends webhooks.
func (s *Store) Done(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.exec(ctx, "webhooks", "UPDATE vcs_deliveries SET done = ? WHERE id IN (?)", true, bun.List(ids))
}

// Retry has a webhook worked on again at a time.
func (s *Store) Retry(ctx context.Context, id string, attempts int, problem string, at time.Time) error {
	return s.exec(ctx, "webhook "+id, "UPDATE vcs_deliveries SET attempts = ?, problem = ?, due_at = ? WHERE id = ?", attempts, problem, at, id)
}

// CountWaiting counts the webhooks that have not ended.
func (s *Store) CountWaiting(ctx context.Context) (int, error) {
	var n int
	err := s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM vcs_deliveries WHERE NOT done").Scan(ctx, &n)
	return n, db.Map(err, "webhooks")
}

// Forget removes webhooks that have ended and came before a time.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM vcs_deliveries WHERE done AND received_at < ?", before).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "webhooks")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "webhooks")
}

// Deliveries returns those of a repository, the newest first; the cursor is an id.
func (s *Store) Deliveries(ctx context.Context, scope kernel.Scope, repository string, p kernel.PageRequest) (kernel.Page[vcs.Delivery], error) {
	query := deliveryColumns + "WHERE repository = ? AND tenant = ? AND project = ?"
	args := []any{repository, scope.Tenant, scope.Project}
	if p.Cursor != "" {
		query += " AND id < ?"
		args = append(args, p.Cursor)
	}
	var rows []deliveryRow
	err := s.db.Reader(ctx).NewRaw(query+" ORDER BY id DESC LIMIT ?", append(args, p.Size()+1)...).Scan(ctx, &rows)
	all, err := deliveriesOf(rows, err)
	return kernel.PageOf(all, p, func(d vcs.Delivery) string { return d.ID }), err
}
