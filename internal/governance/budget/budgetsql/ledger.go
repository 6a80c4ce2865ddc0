package budgetsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Lock lets nobody else decide for the tenant until the transaction ends.
func (s *Store) Lock(ctx context.Context, tenant string, now time.Time) (seen time.Time, err error) {
	err = s.db.Conn(ctx).NewRaw("INSERT INTO budget_clocks (tenant, seen, turn) VALUES (?, ?, 0) ON CONFLICT (tenant) DO UPDATE SET turn = budget_clocks.turn + 1 RETURNING seen",
		tenant, now.UTC()).Scan(ctx, &seen)
	return seen.UTC(), db.Map(err, "the clock of budgets")
}

// See sets the latest moment at which somebody decided.
func (s *Store) See(ctx context.Context, tenant string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE budget_clocks SET seen = ? WHERE tenant = ?", at.UTC(), tenant).Exec(ctx)
	return db.Map(err, "the clock of budgets")
}

// Seen returns that moment.
func (s *Store) Seen(ctx context.Context, tenant string) (time.Time, error) {
	var seen []time.Time
	err := s.db.Reader(ctx).NewRaw("SELECT seen FROM budget_clocks WHERE tenant = ?", tenant).Scan(ctx, &seen)
	if err != nil || len(seen) == 0 {
		return time.Time{}, db.Map(err, "the clock of budgets")
	}
	return seen[0].UTC(), nil
}

type entryRow struct {
	Tenant, Project, Stage, Workload string
	Since                            time.Time
	Ended                            *time.Time
	Currency, Monthly                string
	Unpriced                         int
	Run                              string
}

func (r entryRow) entry() (e budget.Entry, err error) {
	e = budget.Entry{
		Stack: stack(r.Tenant, r.Project, r.Stage, r.Workload), Since: r.Since.UTC(), Currency: r.Currency, Unpriced: r.Unpriced, Run: r.Run,
	}
	if r.Ended != nil {
		until := r.Ended.UTC()
		e.Until = &until
	}
	e.Monthly, _, err = focus.ParseAmount(r.Monthly)
	return e, err
}

func stack(tenant, project, stage, workload string) budget.Stack {
	return budget.Stack{Scope: kernel.Scope{Tenant: tenant, Project: project, Stage: stage}, Workload: workload}
}

// Entries returns what has run since a moment, and what runs.
func (s *Store) Entries(ctx context.Context, tenant string, since time.Time) ([]budget.Entry, error) {
	var rows []entryRow
	err := s.db.Reader(ctx).NewRaw(`SELECT tenant, project, stage, workload, since, ended, currency, monthly, unpriced, run FROM budget_entries
		WHERE tenant = ? AND (ended IS NULL OR ended > ?) ORDER BY stack, since`, tenant, since.UTC()).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "the ledger of budgets")
	}
	all := make([]budget.Entry, len(rows))
	for i, r := range rows {
		if all[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Enter ends the entry of the stack that runs on, and begins e.
func (s *Store) Enter(ctx context.Context, e budget.Entry) error {
	if err := s.Leave(ctx, e.Stack, e.Since); err != nil {
		return err
	}
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO budget_entries (stack, since, ended, tenant, project, stage, workload, currency, monthly, unpriced, run)
		VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stack, since) DO UPDATE SET ended = NULL, currency = excluded.currency, monthly = excluded.monthly, unpriced = excluded.unpriced, run = excluded.run`,
		e.ID(), e.Since.UTC(), e.Scope.Tenant, e.Scope.Project, e.Scope.Stage, e.Workload, e.Currency, e.Monthly.String(), e.Unpriced, e.Run).Exec(ctx)
	return db.Map(err, "the ledger of "+e.ID())
}

// Leave ends the entry of the stack that runs on.
func (s *Store) Leave(ctx context.Context, st budget.Stack, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE budget_entries SET ended = ? WHERE stack = ? AND ended IS NULL", at.UTC(), st.ID()).Exec(ctx)
	return db.Map(err, "the ledger of "+st.ID())
}

type reservationRow struct {
	Run, Tenant, Project, Stage, Workload, Currency, BeforeIt, AfterIt string
	Unpriced                                                           int
	Held, Applying                                                     bool
}

const reservationColumns = "run, tenant, project, stage, workload, currency, before_it, after_it, unpriced, held, applying"

func (r reservationRow) reservation() (out budget.Reservation, err error) {
	out = budget.Reservation{Stack: stack(r.Tenant, r.Project, r.Stage, r.Workload), Run: r.Run, Currency: r.Currency, Unpriced: r.Unpriced, Held: r.Held, Applying: r.Applying}
	if out.Before, _, err = focus.ParseAmount(r.BeforeIt); err != nil {
		return out, err
	}
	out.After, _, err = focus.ParseAmount(r.AfterIt)
	return out, err
}

// Reserve writes what is reserved for a run. Its apply has begun where it had before:
// who asks about a run does not undo what the run did.
func (s *Store) Reserve(ctx context.Context, r budget.Reservation) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO budget_reservations ("+reservationColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run) DO UPDATE SET currency = excluded.currency, before_it = excluded.before_it, after_it = excluded.after_it, unpriced = excluded.unpriced, held = excluded.held, applying = budget_reservations.applying OR excluded.applying`,
		r.Run, r.Scope.Tenant, r.Scope.Project, r.Scope.Stage, r.Workload, r.Currency, r.Before.String(), r.After.String(), r.Unpriced, r.Held, r.Applying).Exec(ctx)
	return db.Map(err, "what is reserved for "+r.Run)
}

// Reservation returns that of a run.
func (s *Store) Reservation(ctx context.Context, run string) (budget.Reservation, error) {
	var row reservationRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+reservationColumns+" FROM budget_reservations WHERE run = ?", run).Scan(ctx, &row)
	if err != nil {
		return budget.Reservation{}, db.Map(err, "what is reserved for "+run)
	}
	return row.reservation()
}

// Reserved returns those of a tenant, or of all.
func (s *Store) Reserved(ctx context.Context, tenant string) ([]budget.Reservation, error) {
	var rows []reservationRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+reservationColumns+" FROM budget_reservations WHERE (tenant = ? OR ? = '') ORDER BY run", tenant, tenant).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "what is reserved for runs")
	}
	all := make([]budget.Reservation, len(rows))
	for i, r := range rows {
		if all[i], err = r.reservation(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Refuse removes what is reserved for a run whose apply has not begun.
func (s *Store) Refuse(ctx context.Context, run string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM budget_reservations WHERE run = ? AND NOT applying", run).Exec(ctx)
	return db.Map(err, "what is reserved for "+run)
}

// Release removes what is reserved for a run.
func (s *Store) Release(ctx context.Context, run string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM budget_reservations WHERE run = ?", run).Exec(ctx)
	return db.Map(err, "what is reserved for "+run)
}
