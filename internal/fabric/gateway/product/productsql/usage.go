package productsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type usageRow struct {
	bun.BaseModel `bun:"table:gateway_subscription_usage,alias:u"`

	Tenant       string
	Project      string
	Stage        string
	Subscription string `bun:",pk"`
	Period       string `bun:",pk"`
	Starts       string `bun:",pk"`
	Calls        int64
	Bytes        int64
	Refused      int64
}

func (r usageRow) usage() (product.Usage, error) {
	from, err := time.Parse(time.RFC3339, r.Starts)
	if err != nil {
		return product.Usage{}, kernel.Errorf(kernel.Internal, "the usage of a subscription cannot be read: %w", err)
	}
	return product.Usage{
		Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Subscription: r.Subscription, Period: product.Period(r.Period), From: from,
		Calls: r.Calls, Bytes: r.Bytes, Refused: r.Refused,
	}, nil
}

// stamp writes when a period begins, so that later ones sort after it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Add adds to counts in one statement, and returns what they are then.
func (s *Store) Add(ctx context.Context, all []product.Usage) ([]product.Usage, error) {
	if len(all) == 0 {
		return nil, nil
	}
	rows := make([]usageRow, len(all))
	for i, u := range all {
		rows[i] = usageRow{
			Tenant: u.Scope.Tenant, Project: u.Scope.Project, Stage: u.Scope.Stage, Subscription: u.Subscription, Period: string(u.Period), Starts: stamp(u.From),
			Calls: u.Calls, Bytes: u.Bytes, Refused: u.Refused,
		}
	}
	var out []usageRow
	_, err := s.db.Conn(ctx).NewInsert().Model(&rows).On("CONFLICT (subscription, period, starts) DO UPDATE").
		Set("calls = u.calls + EXCLUDED.calls").Set("bytes = u.bytes + EXCLUDED.bytes").Set("refused = u.refused + EXCLUDED.refused").
		Returning("tenant, project, stage, subscription, period, starts, calls, bytes, refused").Exec(ctx, &out)
	return db.Each(out, err, "the usage of subscriptions", usageRow.usage)
}

// Current returns the counts of periods that begin at the given times.
func (s *Store) Current(ctx context.Context, starts map[product.Period]time.Time) ([]product.Usage, error) {
	var rows []usageRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows)
	for period, from := range starts {
		q = q.WhereOr("(period = ? AND starts = ?)", string(period), stamp(from))
	}
	err := q.Scan(ctx)
	return db.Each(rows, err, "the usage of subscriptions", usageRow.usage)
}

// Tell notes that a share of a quota was told, once.
func (s *Store) Tell(ctx context.Context, u product.Usage, bytes bool, percent int) (bool, error) {
	column := "told_calls"
	if bytes {
		column = "told_bytes"
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE gateway_subscription_usage SET ? = ? WHERE subscription = ? AND period = ? AND starts = ? AND ? < ?",
		bun.Ident(column), percent, u.Subscription, string(u.Period), stamp(u.From), bun.Ident(column), percent).Exec(ctx)
	if err = db.Changed(result, err, "the usage of a subscription"); kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Usage returns the counts of a subscription, the newest first.
func (s *Store) Usage(ctx context.Context, subscription string, p product.Period, most int) ([]product.Usage, error) {
	var rows []usageRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("subscription = ? AND period = ?", subscription, string(p)).Order("starts DESC").Limit(int64(most)).Scan(ctx)
	return db.Each(rows, err, "the usage of a subscription", usageRow.usage)
}

// Drop removes hours before one time, and what is longer before another.
func (s *Store) Drop(ctx context.Context, hours, others time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM gateway_subscription_usage WHERE period = ? AND starts < ? OR starts < ?", string(product.Hour), stamp(hours), stamp(others)).Exec(ctx)
	return db.Map(err, "old usage of subscriptions")
}
