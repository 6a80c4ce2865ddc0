package compliancesql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// watchingAtOnce bounds a page of the schedule.
const watchingAtOnce = 1000

const watchColumns = "stack, tenant, project, stage, workload, due, claim, cause, asked, basis, outcome, body"

type watchRow struct {
	placed

	Due           time.Time
	Claim, Cause  string
	Asked         int
	Basis         string
	Outcome, Body string
}

func (r watchRow) watch() (compliance.Watch, error) {
	w := compliance.Watch{Place: r.place(), Due: r.Due.UTC(), Claim: r.Claim, Cause: r.Cause, Asked: r.Asked, Basis: r.Basis}
	if err := json.Unmarshal([]byte(r.Body), &w.Standing); err != nil {
		return w, fmt.Errorf("read how %s stands: %w", r.Stack, err)
	}
	return w, nil
}

// Ask has a stack evaluated at a moment, or earlier.
func (s *Store) Ask(ctx context.Context, p compliance.Place, at time.Time, cause string) error {
	body, err := json.Marshal(compliance.Standing{
		Project: p.Scope.Project, Stage: p.Scope.Stage, Workload: p.Workload, Outcome: compliance.NotEvaluated,
	})
	if err != nil {
		return fmt.Errorf("write how %s stands: %w", p.Stack(), err)
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO compliance_stacks ("+watchColumns+") VALUES (?, ?, ?, ?, ?, ?, '', ?, 1, '', ?, ?)"+
			" ON CONFLICT (stack) DO UPDATE SET asked = compliance_stacks.asked + 1, cause = excluded.cause,"+
			" due = CASE WHEN compliance_stacks.claim = '' AND compliance_stacks.due > excluded.due THEN excluded.due ELSE compliance_stacks.due END",
		p.Stack(), p.Scope.Tenant, p.Scope.Project, p.Scope.Stage, p.Workload, at.UTC(), cause, string(compliance.NotEvaluated), string(body)).Exec(ctx)
	return db.Map(err, "schedule of "+p.Stack())
}

// Outdated has those of a tenant evaluated now whose basis is another one.
func (s *Store) Outdated(ctx context.Context, tenant, basis string, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw(
		"UPDATE compliance_stacks SET due = ?, cause = ?, asked = asked + 1 WHERE tenant = ? AND basis <> ? AND claim = '' AND due > ?",
		now.UTC(), compliance.CausePolicies, tenant, basis, now.UTC()).Exec(ctx)
	return db.Map(err, "schedule")
}

// Watching returns stacks in their order.
func (s *Store) Watching(ctx context.Context, after string) ([]compliance.Watch, error) {
	var rows []watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM compliance_stacks WHERE stack > ? ORDER BY stack LIMIT ?", after, watchingAtOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "schedule")
	}
	all := make([]compliance.Watch, len(rows))
	for i, r := range rows {
		if all[i], err = r.watch(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Watched returns a stack, or NotFound.
func (s *Store) Watched(ctx context.Context, stack string) (compliance.Watch, error) {
	var r watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM compliance_stacks WHERE stack = ?", stack).Scan(ctx, &r)
	if err != nil {
		return compliance.Watch{}, db.Map(err, "schedule of "+stack)
	}
	return r.watch()
}

// Due returns the one that has been due longest.
func (s *Store) Due(ctx context.Context, now time.Time) (compliance.Watch, bool, error) {
	var rows []watchRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+watchColumns+" FROM compliance_stacks WHERE due <= ? ORDER BY due LIMIT 1", now.UTC()).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return compliance.Watch{}, false, db.Map(err, "schedule")
	}
	w, err := rows[0].watch()
	return w, err == nil, err
}

// Claim takes a stack until a moment.
func (s *Store) Claim(ctx context.Context, w compliance.Watch, claim string, until time.Time) error {
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE compliance_stacks SET claim = ?, due = ? WHERE stack = ? AND claim = ? AND asked = ?",
		claim, until.UTC(), w.Stack(), w.Claim, w.Asked).Exec(ctx)
	return held(result, err, w)
}

// held makes Stale of a claim that is another's.
func held(result sql.Result, err error, w compliance.Watch) error {
	if err = db.Changed(result, err, "schedule of "+w.Stack()); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "another evaluates %s", w.Stack())
	}
	return err
}

// Tenants are those that have stacks.
func (s *Store) Tenants(ctx context.Context) ([]string, error) {
	var names []string
	err := s.db.Reader(ctx).NewRaw("SELECT DISTINCT tenant FROM compliance_stacks ORDER BY tenant").Scan(ctx, &names)
	return names, db.Map(err, "schedule")
}

// Finish writes what came out and moves the stack to its next turn.
func (s *Store) Finish(ctx context.Context, w compliance.Watch, next, now time.Time) error {
	st := w.Standing
	st.Project, st.Stage, st.Workload = w.Scope.Project, w.Scope.Stage, w.Workload
	body, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("write how %s stands: %w", w.Stack(), err)
	}
	const set = "UPDATE compliance_stacks SET claim = '', basis = ?, outcome = ?, body = ?"
	result, err := s.db.Conn(ctx).NewRaw(set+", due = ?, cause = ? WHERE stack = ? AND claim = ? AND asked = ?",
		w.Basis, string(st.Outcome), string(body), next.UTC(), compliance.CauseSchedule, w.Stack(), w.Claim, w.Asked).Exec(ctx)
	if err = held(result, err, w); !kernel.Is(err, kernel.Stale) {
		return err
	}
	result, err = s.db.Conn(ctx).NewRaw(set+", due = ? WHERE stack = ? AND claim = ?",
		w.Basis, string(st.Outcome), string(body), now.UTC(), w.Stack(), w.Claim).Exec(ctx)
	return held(result, err, w)
}
