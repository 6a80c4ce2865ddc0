package gatewaysql

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type policyRow struct {
	bun.BaseModel `bun:"table:gateway_policies"`

	Tenant    string `bun:",pk"`
	Project   string `bun:",pk"`
	Stage     string `bun:",pk"`
	Name      string `bun:",pk"`
	Kind      string
	Route     string
	Spec      string
	Owner     string
	UpdatedAt time.Time
}

// PutPolicy keeps a policy, replacing the one of its name.
func (s *Store) PutPolicy(ctx context.Context, p gateway.Policy) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	var names []string
	err := s.db.Conn(ctx).NewSelect().Model((*policyRow)(nil)).Column("name").
		Where(inScope, p.Scope.Tenant, p.Scope.Project, p.Scope.Stage).
		Where("kind = ? AND route = ? AND name <> ?", p.Kind, p.Route, p.Name).Scan(ctx, &names)
	if err != nil {
		return db.Map(err, "policy "+p.Name)
	}
	if len(names) > 0 {
		return kernel.Errorf(kernel.Conflict, "policy %s is a %s for the same routes", names[0], p.Kind).
			WithFix("change policy %s, or delete it", names[0])
	}
	row := policyRow{
		Tenant: p.Scope.Tenant, Project: p.Scope.Project, Stage: p.Scope.Stage, Name: p.Name,
		Kind: p.Kind, Route: p.Route, Spec: string(p.Spec), Owner: p.Owner, UpdatedAt: p.UpdatedAt,
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, stage, name) DO UPDATE").
		Set("kind = EXCLUDED.kind, route = EXCLUDED.route, spec = EXCLUDED.spec, owner = EXCLUDED.owner, updated_at = EXCLUDED.updated_at").Exec(ctx)
	if err != nil {
		return db.Map(err, "policy "+p.Name)
	}
	return s.remember(ctx, p.Scope, gateway.ClassPolicy, p.Name, gateway.Version{Kind: p.Kind, Target: p.Route, Document: p.Spec, At: p.UpdatedAt})
}

// DeletePolicy removes a policy if it is there.
func (s *Store) DeletePolicy(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewDelete().Model((*policyRow)(nil)).
		Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	return s.gone(ctx, result, err, scope, gateway.ClassPolicy, name)
}

// Policies returns those of a scope itself, by name.
func (s *Store) Policies(ctx context.Context, scope kernel.Scope) ([]gateway.Policy, error) {
	var rows []policyRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where(inScope, scope.Tenant, scope.Project, scope.Stage).Order("name").Scan(ctx)
	return policies(rows), db.Map(err, "the policies of "+scope.String())
}

// AllPolicies returns every policy of every tenant.
func (s *Store) AllPolicies(ctx context.Context) ([]gateway.Policy, error) {
	var rows []policyRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("tenant", "project", "stage", "name").Scan(ctx)
	return policies(rows), db.Map(err, "the policies of the gateway")
}

func policies(rows []policyRow) []gateway.Policy {
	out := make([]gateway.Policy, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.Policy{
			Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage},
			Name:  r.Name, Kind: r.Kind, Route: r.Route, Spec: json.RawMessage(r.Spec), Owner: r.Owner, UpdatedAt: r.UpdatedAt.UTC(),
		})
	}
	return out
}
