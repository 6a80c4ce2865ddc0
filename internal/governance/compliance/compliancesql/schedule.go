package compliancesql

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// watchingAtOnce bounds a page of the schedule.
const watchingAtOnce = 1000

const watchColumns = "stack, tenant, project, stage, workload, due, claim, cause, asked, basis, said, outcome, body"

type watchRow struct {
	placed

	Due           time.Time
	Claim, Cause  string
	Asked         int
	Basis, Said   string
	Outcome, Body string
}

func (r watchRow) watch() (compliance.Watch, error) {
	w := compliance.Watch{Place: r.place(), Due: r.Due.UTC(), Claim: r.Claim, Cause: r.Cause, Asked: r.Asked, Basis: r.Basis, Said: r.Said}
	if err := json.Unmarshal([]byte(r.Body), &w.Standing); err != nil {
		return w, fmt.Errorf("read how %s stands: %w", r.Stack, err)
	}
	return w, nil
}

// Ask has stacks evaluated at their moments, or earlier.
func (s *Store) Ask(ctx context.Context, all ...compliance.Asking) error {
	if len(all) == 0 {
		return nil
	}
	values := make([]any, 0, 9*len(all))
	for _, a := range all {
		p := a.Place
		body, err := json.Marshal(compliance.Standing{
			Project: p.Scope.Project, Stage: p.Scope.Stage, Workload: p.Workload, Outcome: compliance.NotEvaluated,
		})
		if err != nil {
			return fmt.Errorf("write how %s stands: %w", p.Stack(), err)
		}
		values = append(values, p.Stack(), p.Scope.Tenant, p.Scope.Project, p.Scope.Stage, p.Workload, a.At.UTC(), a.Cause, string(compliance.NotEvaluated), string(body))
	}
	const row = ", (?, ?, ?, ?, ?, ?, '', ?, 1, '', '', ?, ?)"
	_, err := s.db.Conn(ctx).NewRaw(
		"INSERT INTO compliance_stacks ("+watchColumns+") VALUES "+strings.TrimPrefix(strings.Repeat(row, len(all)), ", ")+
			" ON CONFLICT (stack) DO UPDATE SET asked = compliance_stacks.asked + 1, cause = excluded.cause,"+
			" due = CASE WHEN compliance_stacks.claim = '' AND compliance_stacks.due > excluded.due THEN excluded.due ELSE compliance_stacks.due END",
		values...).Exec(ctx)
	return db.Map(err, "schedule")
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
	return watches(rows)
}

func watches(rows []watchRow) ([]compliance.Watch, error) {
	all := make([]compliance.Watch, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.watch(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Due reports whether there are stacks whose moment has come.
func (s *Store) Due(ctx context.Context, now time.Time) (there bool, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT EXISTS (SELECT 1 FROM compliance_stacks WHERE due <= ?)", now.UTC()).Scan(ctx, &there)
	return there, db.Map(err, "schedule")
}

// Claim takes stacks whose moment has come.
func (s *Store) Claim(ctx context.Context, claim string, now, until time.Time, limit int) ([]compliance.Watch, error) {
	due := "SELECT stack FROM compliance_stacks WHERE due <= ? ORDER BY due LIMIT ?"
	if s.db.Dialect() == db.Postgres {
		due += " FOR UPDATE SKIP LOCKED" // it waits for nobody who asks for several
	}
	var rows []watchRow
	err := s.db.Conn(ctx).NewRaw("UPDATE compliance_stacks SET claim = ?, due = ? WHERE due <= ? AND stack IN ("+due+") RETURNING "+watchColumns,
		claim, until.UTC(), now.UTC(), now.UTC(), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "schedule")
	}
	return watches(rows)
}

// LetGo has those of the stacks that are under a claim evaluated by whoever comes first.
func (s *Store) LetGo(ctx context.Context, claim string, now time.Time, stacks ...string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE compliance_stacks SET claim = '', due = ? WHERE claim = ? AND stack IN (?)",
		now.UTC(), claim, bun.List(stacks)).Exec(ctx)
	return db.Map(err, "schedule")
}

// Tenants are those that have stacks.
func (s *Store) Tenants(ctx context.Context) ([]string, error) {
	var names []string
	err := s.db.Reader(ctx).NewRaw("SELECT DISTINCT tenant FROM compliance_stacks ORDER BY tenant").Scan(ctx, &names)
	return names, db.Map(err, "schedule")
}

// Finish writes what came out and moves the stack to its next turn.
func (s *Store) Finish(ctx context.Context, w compliance.Watch, next, now time.Time) (again bool, err error) {
	st := w.Standing
	st.Project, st.Stage, st.Workload = w.Scope.Project, w.Scope.Stage, w.Workload
	body, err := json.Marshal(st)
	if err != nil {
		return false, fmt.Errorf("write how %s stands: %w", w.Stack(), err)
	}
	var asked []int
	err = s.db.Conn(ctx).NewRaw("UPDATE compliance_stacks SET claim = '', basis = ?, said = ?, outcome = ?, body = ?,"+
		" due = CASE WHEN asked = ? THEN ? WHEN asked <> ? THEN ? ELSE due END, cause = CASE WHEN asked = ? THEN ? ELSE cause END"+
		" WHERE stack = ? AND claim = ? RETURNING asked",
		w.Basis, w.Said, string(st.Outcome), string(body), w.Asked, next.UTC(), w.Asked, now.UTC(), w.Asked, compliance.CauseSchedule, w.Stack(), w.Claim).Scan(ctx, &asked)
	if err != nil {
		return false, db.Map(err, "schedule of "+w.Stack())
	}
	if len(asked) == 0 {
		return false, kernel.Errorf(kernel.Stale, "another evaluates %s", w.Stack())
	}
	return asked[0] != w.Asked, nil
}
