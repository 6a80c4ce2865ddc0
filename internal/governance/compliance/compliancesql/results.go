package compliancesql

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// atOnce is how many rows are written by one statement.
const atOnce = 200

type findingRow struct {
	bun.BaseModel `bun:"table:compliance_findings"`

	ID       string
	Stack    string
	Tenant   string
	Project  string
	Stage    string
	Workload string
	Rule     string
	Outcome  string
	Level    string
	Severity string
	Controls string
	Place    string
	Body     string
}

func rowOf(p compliance.Place, f compliance.Finding) (findingRow, error) {
	body, err := json.Marshal(f)
	if err != nil {
		return findingRow{}, fmt.Errorf("write finding: %w", err)
	}
	return findingRow{
		ID: f.ID, Stack: p.Stack(), Tenant: p.Scope.Tenant, Project: p.Scope.Project, Stage: p.Scope.Stage, Workload: p.Workload,
		Rule: f.Rule, Outcome: string(f.Outcome), Level: string(f.Level), Severity: string(f.Severity),
		Controls: "," + strings.Join(f.Controls, ",") + ",", Place: order(p, f), Body: string(body),
	}, nil
}

// mostOfOrder bounds what orders findings before their ids: the place is a cursor, and
// has to fit into an index.
const mostOfOrder = 450

// order is the place of a finding among all: what fails, the strictest and the worst come first.
func order(p compliance.Place, f compliance.Finding) string {
	outcome := slices.Index([]compliance.Outcome{compliance.Failing, compliance.Errored, compliance.Exempted}, f.Outcome)
	level := len(policy.Levels()) - 1 - slices.Index(policy.Levels(), f.Level)
	text := fmt.Sprintf("%d%d%d %s %s %s", outcome, level, 9-f.Severity.Rank(), p.Stack(), f.Rule, f.Address)
	return strings.ToValidUTF8(text[:min(len(text), mostOfOrder)], "") + " " + f.ID
}

func findings(rows []findingRow) ([]compliance.Finding, error) {
	all := make([]compliance.Finding, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &all[i]); err != nil {
			return nil, fmt.Errorf("read finding %s: %w", r.ID, err)
		}
	}
	return all, nil
}

// Findings of stacks.
func (s *Store) Findings(ctx context.Context, stacks ...string) (map[string][]compliance.Finding, error) {
	var rows []findingRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Column("id", "stack", "body").Where("stack IN (?)", bun.List(stacks)).Scan(ctx)
	if err != nil {
		return nil, db.Map(err, "findings")
	}
	all, err := findings(rows)
	if err != nil {
		return nil, err
	}
	of := make(map[string][]compliance.Finding, len(stacks))
	for i, r := range rows {
		of[r.Stack] = append(of[r.Stack], all[i])
	}
	return of, nil
}

// Replace makes these the findings of their stacks.
func (s *Store) Replace(ctx context.Context, all ...compliance.Found) error {
	var stacks []string
	var rows []findingRow
	for _, found := range all {
		stacks = append(stacks, found.Stack())
		for _, f := range found.Findings {
			row, err := rowOf(found.Place, f)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	if len(stacks) == 0 {
		return nil
	}
	if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM compliance_findings WHERE stack IN (?)", bun.List(stacks)).Exec(ctx); err != nil {
		return db.Map(err, "findings")
	}
	for part := range slices.Chunk(rows, atOnce) {
		if _, err := s.db.Conn(ctx).NewInsert().Model(&part).Exec(ctx); err != nil {
			return db.Map(err, "findings")
		}
	}
	return nil
}

type spanRow struct {
	placed

	ID           string
	Began, Ended time.Time
	Words        string
}

const spanColumns = "id, stack, tenant, project, stage, workload, began, ended, words"

func (r spanRow) span() (compliance.Span, error) {
	span := compliance.Span{ID: r.ID, Place: r.place(), Since: r.Began.UTC(), Until: r.Ended.UTC()}
	if err := json.Unmarshal([]byte(r.Words), &span.Words); err != nil {
		return span, fmt.Errorf("read the history of %s: %w", r.Stack, err)
	}
	return span, nil
}

// Current returns the open spans of stacks.
func (s *Store) Current(ctx context.Context, stacks ...string) (map[string]compliance.Span, error) {
	var rows []spanRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+spanColumns+" FROM compliance_spans WHERE stack IN (?) AND ended = ?", bun.List(stacks), compliance.Open()).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "history of compliance")
	}
	of := make(map[string]compliance.Span, len(rows))
	for _, r := range rows {
		if of[r.Stack], err = r.span(); err != nil {
			return nil, err
		}
	}
	return of, nil
}

// Begin begins spans, each where the open one of its stack ends.
func (s *Store) Begin(ctx context.Context, all ...compliance.Span) error {
	var values []any
	for _, span := range all {
		words, err := json.Marshal(span.Words)
		if err != nil {
			return fmt.Errorf("write the history of %s: %w", span.Place.Stack(), err)
		}
		if err := s.end(ctx, span.Place.Stack(), span.Since); err != nil {
			return err
		}
		p := span.Place
		values = append(values, span.ID, p.Stack(), p.Scope.Tenant, p.Scope.Project, p.Scope.Stage, p.Workload, span.Since.UTC(), span.Until.UTC(), string(words))
	}
	if len(all) == 0 {
		return nil
	}
	const row = ", (?, ?, ?, ?, ?, ?, ?, ?, ?)"
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO compliance_spans ("+spanColumns+") VALUES "+strings.TrimPrefix(strings.Repeat(row, len(all)), ", "), values...).Exec(ctx)
	return db.Map(err, "history of compliance")
}

func (s *Store) end(ctx context.Context, stack string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE compliance_spans SET ended = ? WHERE stack = ? AND ended = ?", at.UTC(), stack, compliance.Open()).Exec(ctx)
	return db.Map(err, "history of "+stack)
}

// Leave ends the history of a stack and forgets all else of it.
func (s *Store) Leave(ctx context.Context, stack string, at time.Time) error {
	if err := s.end(ctx, stack, at); err != nil {
		return err
	}
	for _, table := range []string{"compliance_findings", "compliance_stacks"} {
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM "+table+" WHERE stack = ?", stack).Exec(ctx); err != nil {
			return db.Map(err, "compliance of "+stack)
		}
	}
	return nil
}

// Prune removes spans that ended before.
func (s *Store) Prune(ctx context.Context, before time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM compliance_spans WHERE ended < ?", before.UTC()).Exec(ctx)
	return db.Map(err, "history of compliance")
}
