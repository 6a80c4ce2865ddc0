package policysql

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// dueAtOnce bounds how many exemptions one sweep looks at.
const dueAtOnce = 200

// InsertExemption adds an exemption with revision 0.
func (s *Store) InsertExemption(ctx context.Context, e policy.Exemption) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write exemption: %w", err)
	}
	_, err = s.db.Conn(ctx).NewRaw(
		"INSERT INTO policy_exemptions (id, tenant, project, stage, workload, policy, status, ended, next_at, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
		e.ID, e.Scope.Tenant, e.Scope.Project, e.Scope.Stage, e.Workload, e.Policy, string(e.Status), ended(e), next(e), string(body)).Exec(ctx)
	return db.Map(err, "the exemption "+e.ID)
}

// SaveExemption writes e over the revision that it was read with.
func (s *Store) SaveExemption(ctx context.Context, e policy.Exemption) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write exemption: %w", err)
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE policy_exemptions SET status = ?, ended = ?, next_at = ?, revision = revision + 1, body = ? WHERE id = ? AND tenant = ? AND revision = ?",
		string(e.Status), ended(e), next(e), string(body), e.ID, e.Scope.Tenant, e.Revision).Exec(ctx)
	return swapped(result, err, "the exemption "+e.ID)
}

func ended(e policy.Exemption) bool { return e.Status == policy.Revoked || e.Status == policy.Expired }

// next is when something is to be done about it, nil for never.
func next(e policy.Exemption) *time.Time {
	at := e.Next()
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// Exemption returns one of the scope's project or of its tenant.
func (s *Store) Exemption(ctx context.Context, scope kernel.Scope, id string) (policy.Exemption, error) {
	return first(ctx, ours(s.exemptions(ctx), scope).Where("id = ?", id), id)
}

// AnyExemption returns one of any project of a tenant.
func (s *Store) AnyExemption(ctx context.Context, tenant, id string) (policy.Exemption, error) {
	return first(ctx, s.exemptions(ctx).Where("tenant = ? AND id = ?", tenant, id), id)
}

// Exemptions returns those of the scope's project and of its tenant, or of all projects.
func (s *Store) Exemptions(ctx context.Context, scope kernel.Scope, f policy.ExemptionFilter, page kernel.PageRequest) (kernel.Page[policy.Exemption], error) {
	q := s.exemptions(ctx).Where("tenant = ?", scope.Tenant)
	if scope.Project != "" {
		q = q.Where("project IN (?, '')", scope.Project)
	}
	for condition, value := range map[string]string{
		"stage IN (?, '')": f.Stage, "workload IN (?, '')": f.Workload, "policy = ?": f.Policy, "status = ?": string(f.Status), "id < ?": page.Cursor,
	} {
		if value != "" {
			q = q.Where(condition, value)
		}
	}
	if f.Status == "" && !f.All {
		q = q.Where("NOT ended")
	}
	all, err := scan(ctx, q.OrderExpr("id DESC").Limit(int64(page.Size())+1))
	return kernel.PageOf(all, page, func(e policy.Exemption) string { return e.ID }), err
}

// Standing returns the approved ones that are for a workload on a stage.
func (s *Store) Standing(ctx context.Context, scope kernel.Scope, workload string) ([]policy.Exemption, error) {
	return scan(ctx, ours(s.exemptions(ctx), scope).Where("status = 'approved' AND stage IN (?, '') AND workload IN (?, '')", scope.Stage, workload).Order("id"))
}

// DueExemptions returns those of all tenants about which something is to be done.
func (s *Store) DueExemptions(ctx context.Context, now time.Time) ([]policy.Exemption, error) {
	return scan(ctx, s.exemptions(ctx).Where("next_at IS NOT NULL AND next_at <= ?", now.UTC()).Order("next_at").Limit(dueAtOnce))
}

func (s *Store) exemptions(ctx context.Context) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().TableExpr("policy_exemptions").Column("revision", "body")
}

func first(ctx context.Context, q *bun.SelectQuery, id string) (policy.Exemption, error) {
	all, err := scan(ctx, q)
	if err != nil || len(all) == 0 {
		return policy.Exemption{}, found(err, "exemption", id)
	}
	return all[0], nil
}

func scan(ctx context.Context, q *bun.SelectQuery) ([]policy.Exemption, error) {
	var rows []struct {
		Revision int64
		Body     string
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Map(err, "exemptions")
	}
	all := make([]policy.Exemption, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &all[i]); err != nil {
			return nil, fmt.Errorf("read exemption: %w", err)
		}
		all[i].Revision = r.Revision
	}
	return all, nil
}
