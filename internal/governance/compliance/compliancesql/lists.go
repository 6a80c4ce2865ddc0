package compliancesql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Standings are in the order of project, workload and stage.
func (s *Store) Standings(ctx context.Context, sight compliance.Sight, f compliance.Filter, page kernel.PageRequest) (kernel.Page[compliance.Standing], error) {
	var rows []watchRow
	q := within(s.db.Reader(ctx).NewSelect().TableExpr("compliance_stacks").ColumnExpr(watchColumns), sight, f)
	q = where(q, map[string]string{"outcome = ?": string(f.Outcome), "stack > ?": page.Cursor})
	if err := q.OrderExpr("stack").Limit(int64(page.Size())+1).Scan(ctx, &rows); err != nil {
		return kernel.Page[compliance.Standing]{}, db.Map(err, "how stacks stand")
	}
	all := make([]compliance.Standing, len(rows))
	for i, r := range rows {
		w, err := r.watch()
		if err != nil {
			return kernel.Page[compliance.Standing]{}, err
		}
		all[i] = w.Standing
		all[i].Pending = w.Claim != "" || !w.Due.After(sight.Now)
	}
	return kernel.PageOf(all, page, func(st compliance.Standing) string {
		return kernel.StackID(kernel.Scope{Tenant: sight.Tenant, Project: st.Project, Stage: st.Stage}, st.Workload)
	}), nil
}

// ListFindings has what is worst first.
func (s *Store) ListFindings(ctx context.Context, sight compliance.Sight, f compliance.Filter, page kernel.PageRequest) (kernel.Page[compliance.Finding], error) {
	var rows []findingRow
	q := within(s.db.Reader(ctx).NewSelect().Model(&rows).Column("id", "place", "body"), sight, f)
	q = where(q, map[string]string{
		"rule = ?": f.Rule, "outcome = ?": string(f.Outcome), "level = ?": f.Level, "severity = ?": f.Severity, "place > ?": page.Cursor,
	})
	if f.Control != "" {
		escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Control)
		q = q.Where(`controls LIKE ? ESCAPE '\'`, "%,"+escaped+",%")
	}
	if err := q.OrderExpr("place").Limit(int64(page.Size()) + 1).Scan(ctx); err != nil {
		return kernel.Page[compliance.Finding]{}, db.Map(err, "findings")
	}
	all, err := findings(rows)
	if err != nil {
		return kernel.Page[compliance.Finding]{}, err
	}
	places := make(map[string]string, len(rows))
	for _, r := range rows {
		places[r.ID] = r.Place
	}
	return kernel.PageOf(all, page, func(f compliance.Finding) string { return places[f.ID] }), nil
}

// Spans gives those that touch the time to each.
func (s *Store) Spans(ctx context.Context, sight compliance.Sight, f compliance.Filter, from, to time.Time, each func(compliance.Span) error) error {
	q := within(s.db.Reader(ctx).NewSelect().TableExpr("compliance_spans").ColumnExpr(spanColumns), sight, f).
		Where("ended > ?", from.UTC()).Where("began <= ?", to.UTC())
	rows, err := q.Rows(ctx)
	if err != nil {
		return db.Map(err, "history of compliance")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r spanRow
		if err := rows.Scan(&r.ID, &r.Stack, &r.Tenant, &r.Project, &r.Stage, &r.Workload, &r.Began, &r.Ended, &r.Words); err != nil {
			return fmt.Errorf("read the history of compliance: %w", err)
		}
		span, err := r.span()
		if err != nil {
			return err
		}
		if err := each(span); err != nil {
			return err
		}
	}
	return db.Map(rows.Err(), "history of compliance")
}
