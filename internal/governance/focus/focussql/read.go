package focussql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type costRow struct {
	Provider, Service, Kind, SubAccount, Resource, Name, Tags, Currency, Category string

	BilledMilli, BilledPico, EffectiveMilli, EffectivePico, ListMilli, ListPico int64
}

// Costs returns the sums of a month's billing periods.
func (s *Store) Costs(ctx context.Context, tenant, month string) ([]focus.Cost, error) {
	return scanned(ctx, s.db.Reader(ctx).NewRaw(`SELECT t.provider, t.service, t.category AS kind, t.sub_account, t.resource, t.name, COALESCE(l.tags, '') AS tags, c.currency, c.category,
		c.billed_milli, c.billed_pico, c.effective_milli, c.effective_pico, c.list_milli, c.list_pico
		FROM (SELECT x.thing, x.label, x.currency, x.category,
			CAST(SUM(x.billed_milli) AS BIGINT) AS billed_milli, CAST(SUM(x.billed_pico) AS BIGINT) AS billed_pico,
			CAST(SUM(x.effective_milli) AS BIGINT) AS effective_milli, CAST(SUM(x.effective_pico) AS BIGINT) AS effective_pico,
			CAST(SUM(x.list_milli) AS BIGINT) AS list_milli, CAST(SUM(x.list_pico) AS BIGINT) AS list_pico
			FROM focus_slices s JOIN focus_sums x ON x.slice = s.id
			WHERE s.tenant = ? AND s.status = ? AND s.period >= ? AND s.period < ?
			GROUP BY x.thing, x.label, x.currency, x.category) c
		JOIN focus_things t ON t.tenant = ? AND t.id = c.thing
		LEFT JOIN focus_labels l ON l.tenant = ? AND l.id = c.label
		ORDER BY c.thing, c.label, c.currency, c.category`,
		tenant, current, month, month+"~", tenant, tenant), "the costs", costRow.cost)
}

func (r costRow) cost() focus.Cost {
	return focus.Cost{
		Thing: focus.Thing{Provider: r.Provider, Service: r.Service, Category: r.Kind, SubAccount: r.SubAccount, Resource: r.Resource, Name: r.Name},
		Tags:  r.Tags, Currency: r.Currency, Category: r.Category,
		Billed: amount(r.BilledMilli, r.BilledPico), Effective: amount(r.EffectiveMilli, r.EffectivePico), List: amount(r.ListMilli, r.ListPico),
	}
}

// scanned are the rows of a query as what they mean.
func scanned[R, T any](ctx context.Context, q *bun.RawQuery, what string, meaning func(R) T) ([]T, error) {
	var rows []R
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, what)
	}
	all := make([]T, len(rows))
	for i, r := range rows {
		all[i] = meaning(r)
	}
	return all, nil
}

// amount carries the picos of a sum over.
func amount(milli, pico int64) focus.Amount {
	return focus.Amount{Milli: milli}.Add(focus.Amount{Pico: pico})
}

type dayRow struct {
	Day, Service, Currency, Tags  string
	EffectiveMilli, EffectivePico int64
}

// Days returns the sums of usage from a day to a day.
func (s *Store) Days(ctx context.Context, tenant, from, to string) ([]focus.Daily, error) {
	return scanned(ctx, s.db.Reader(ctx).NewRaw(`SELECT c.day, c.service, c.currency, COALESCE(l.tags, '') AS tags, c.effective_milli, c.effective_pico
		FROM (SELECT d.day, d.service, d.currency, d.label,
			CAST(SUM(d.effective_milli) AS BIGINT) AS effective_milli, CAST(SUM(d.effective_pico) AS BIGINT) AS effective_pico
			FROM focus_slices s JOIN focus_days d ON d.slice = s.id
			WHERE s.tenant = ? AND s.status = ? AND s.last_day >= ? AND s.first_day <= ? AND d.day >= ? AND d.day <= ?
			GROUP BY d.day, d.service, d.currency, d.label) c
		LEFT JOIN focus_labels l ON l.tenant = ? AND l.id = c.label
		ORDER BY c.day, c.service, c.currency, c.label`, tenant, current, from, to, from, to, tenant), "the costs by day", dayRow.daily)
}

func (r dayRow) daily() focus.Daily {
	return focus.Daily{Day: r.Day, Service: r.Service, Currency: r.Currency, Tags: r.Tags, Effective: amount(r.EffectiveMilli, r.EffectivePico)}
}

type sliceRow struct {
	Account, Period, PeriodEnd, Part, FirstDay, LastDay, Import string
}

// Coverage returns what is there, by account and period.
func (s *Store) Coverage(ctx context.Context, tenant string) ([]focus.Slice, error) {
	return scanned(ctx, s.db.Reader(ctx).NewRaw("SELECT account, period, period_end, part, first_day, last_day, import FROM focus_slices WHERE tenant = ? AND status = ? ORDER BY period, account, part",
		tenant, current), "the imports", sliceRow.slice)
}

func (r sliceRow) slice() focus.Slice {
	return focus.Slice{Account: r.Account, Period: r.Period, End: r.PeriodEnd, Part: r.Part, From: r.FirstDay, To: r.LastDay, Import: r.Import}
}

// Rules returns a tenant's rules, or NotFound.
func (s *Store) Rules(ctx context.Context, tenant string) (r focus.Rules, err error) {
	var body string
	if err := s.db.Reader(ctx).NewRaw("SELECT body FROM focus_rules WHERE tenant = ?", tenant).Scan(ctx, &body); err != nil {
		return r, db.Map(err, "rules of allocation")
	}
	if err := db.Decode(body, &r, "the rules of allocation"); err != nil {
		return r, err
	}
	return r, nil
}

// PutRules keeps a tenant's rules.
func (s *Store) PutRules(ctx context.Context, tenant string, r focus.Rules) error {
	body, err := db.Encode(r, "the rules of allocation")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO focus_rules (tenant, body) VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET body = excluded.body", tenant, body).Exec(ctx)
	return db.Map(err, "rules of allocation")
}

// Tell keeps that an anomaly was told.
func (s *Store) Tell(ctx context.Context, tenant, anomaly string, at time.Time) (bool, error) {
	result, err := s.db.Conn(ctx).NewRaw("INSERT INTO focus_told (tenant, anomaly, told_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", tenant, anomaly, at).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the anomaly")
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "the anomaly")
}
