package subscriptionsql

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type deliveryRow struct {
	bun.BaseModel `bun:"table:event_deliveries"`

	Subscription string `bun:",pk"`
	Event        string `bun:",pk"`
	Sequence     int64
	Status       string
	EndedAt      time.Time
	Body         string
	Kept         []byte
}

func rowOf(id string, d subscription.Delivery) (deliveryRow, error) {
	body, err := db.Encode(d, "delivery "+d.Event)
	return deliveryRow{Subscription: id, Event: d.Event, Sequence: int64(d.Sequence), Status: string(d.Status), EndedAt: d.At, Body: body, Kept: d.Body}, err
}

func (r deliveryRow) delivery() (d subscription.Delivery, err error) {
	err = db.Decode(r.Body, &d, "delivery "+r.Event)
	d.Status, d.Body = subscription.DeliveryStatus(r.Status), r.Kept
	return d, err
}

func deliveries(rows []deliveryRow, err error) ([]subscription.Delivery, error) {
	return db.Each(rows, err, "the deliveries", deliveryRow.delivery)
}

// Advance keeps deliveries and moves the cursor, or is Stale.
func (s *Store) Advance(ctx context.Context, id string, from, to uint64, done []subscription.Delivery) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		result, err := s.db.Conn(ctx).NewRaw("UPDATE event_subscriptions SET position = ? WHERE id = ? AND position = ?", int64(to), id, int64(from)).Exec(ctx)
		if err := db.Changed(result, err, "the subscription"); err != nil {
			if kernel.Is(err, kernel.NotFound) {
				return kernel.Errorf(kernel.Stale, "the subscription is gone, or another process delivers for it")
			}
			return err
		}
		return s.put(ctx, id, done)
	})
}

func (s *Store) put(ctx context.Context, id string, done []subscription.Delivery) error {
	if len(done) == 0 {
		return nil
	}
	rows := make([]deliveryRow, len(done))
	for i, d := range done {
		var err error
		if rows[i], err = rowOf(id, d); err != nil {
			return err
		}
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&rows).On("CONFLICT (subscription, event) DO UPDATE").
		Set("status = EXCLUDED.status").Set("ended_at = EXCLUDED.ended_at").Set("body = EXCLUDED.body").Set("kept = EXCLUDED.kept").Exec(ctx)
	return db.Map(err, "the deliveries")
}

// PutDelivery keeps one delivery.
func (s *Store) PutDelivery(ctx context.Context, id string, d subscription.Delivery) error {
	return s.put(ctx, id, []subscription.Delivery{d})
}

// Delivery returns one, or NotFound.
func (s *Store) Delivery(ctx context.Context, id, event string) (subscription.Delivery, error) {
	return s.one(ctx, "delivery "+event, "subscription = ? AND event = ?", id, event)
}

// Retrying returns the delivery that is tried again, or NotFound.
func (s *Store) Retrying(ctx context.Context, id string) (subscription.Delivery, error) {
	return s.one(ctx, "a delivery to try again", "subscription = ? AND status = ?", id, string(subscription.Retrying))
}

func (s *Store) one(ctx context.Context, what, where string, args ...any) (subscription.Delivery, error) {
	var r deliveryRow
	if err := s.db.Reader(ctx).NewSelect().Model(&r).Where(where, args...).Order("sequence").Limit(1).Scan(ctx); err != nil {
		return subscription.Delivery{}, db.Map(err, what)
	}
	return r.delivery()
}

// Queued returns the redeliveries that were asked for, in the events' order.
func (s *Store) Queued(ctx context.Context, id string, limit int) ([]subscription.Delivery, error) {
	var rows []deliveryRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("subscription = ? AND status = ?", id, string(subscription.Queued)).
		Order("sequence").Limit(int64(limit)).Scan(ctx)
	return deliveries(rows, err)
}

// QueueDead queues every dead delivery and returns how many.
func (s *Store) QueueDead(ctx context.Context, id string) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE event_deliveries SET status = ? WHERE subscription = ? AND status = ?",
		string(subscription.Queued), id, string(subscription.Dead)).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the deliveries")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "the deliveries")
}

// ListDeliveries returns the newest first.
func (s *Store) ListDeliveries(ctx context.Context, id string, status subscription.DeliveryStatus, page kernel.PageRequest) (kernel.Page[subscription.Delivery], error) {
	var rows []deliveryRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("kept").Where("subscription = ?", id)
	if status != "" {
		q = q.Where("status = ?", string(status))
	}
	if page.Cursor != "" {
		before, err := strconv.ParseInt(page.Cursor, 10, 64)
		if err != nil {
			return kernel.Page[subscription.Delivery]{}, kernel.Errorf(kernel.Invalid, "the cursor %q is not one of this list", page.Cursor).WithFix("take next of the page before")
		}
		q = q.Where("sequence < ?", before)
	}
	err := q.Order("sequence DESC").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := deliveries(rows, err)
	return kernel.PageOf(all, page, func(d subscription.Delivery) string { return strconv.FormatUint(d.Sequence, 10) }), err
}

// Forget removes deliveries that ended before a time, the dead have their own, and
// those of subscriptions that are gone.
func (s *Store) Forget(ctx context.Context, delivered, dead time.Time) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM event_deliveries WHERE (status = ? AND ended_at < ?) OR (status = ? AND ended_at < ?) OR subscription NOT IN (SELECT id FROM event_subscriptions)",
		string(subscription.Delivered), delivered, string(subscription.Dead), dead).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the deliveries")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "the deliveries")
}
