package gatewaysql

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type productRow struct {
	bun.BaseModel `bun:"table:gateway_products"`

	Tenant    string `bun:",pk"`
	Project   string `bun:",pk"`
	Stage     string `bun:",pk"`
	Name      string `bun:",pk"`
	Spec      string
	Owner     string
	UpdatedAt time.Time
}

// PutProduct keeps a product, replacing the one of its name.
func (s *Store) PutProduct(ctx context.Context, p gateway.Policy) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	row := productRow{Tenant: p.Scope.Tenant, Project: p.Scope.Project, Stage: p.Scope.Stage, Name: p.Name, Spec: string(p.Spec), Owner: p.Owner, UpdatedAt: p.UpdatedAt}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, stage, name) DO UPDATE").
		Set("spec = EXCLUDED.spec, owner = EXCLUDED.owner, updated_at = EXCLUDED.updated_at").Exec(ctx)
	if err != nil {
		return db.Map(err, "product "+p.Name)
	}
	return s.remember(ctx, p.Scope, gateway.ClassProduct, p.Name, gateway.Version{Kind: gatewaydoc.KindProduct, Document: p.Spec, At: p.UpdatedAt})
}

// DeleteProduct removes a product if it is there.
func (s *Store) DeleteProduct(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewDelete().Model((*productRow)(nil)).Where(isNamed, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	return s.gone(ctx, result, err, scope, gateway.ClassProduct, name)
}

// Products returns those of a scope itself, by name.
func (s *Store) Products(ctx context.Context, scope kernel.Scope) ([]gateway.Policy, error) {
	var rows []productRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where(inScope, scope.Tenant, scope.Project, scope.Stage).Order("name").Scan(ctx)
	return products(rows), db.Map(err, "the products of "+scope.String())
}

// AllProducts returns every product of a tenant, of every tenant for "".
func (s *Store) AllProducts(ctx context.Context, tenant string) ([]gateway.Policy, error) {
	var rows []productRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? OR ? = ''", tenant, tenant).Order("tenant", "project", "stage", "name").Scan(ctx)
	return products(rows), db.Map(err, "the products of the gateway")
}

func products(rows []productRow) []gateway.Policy {
	out := make([]gateway.Policy, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.Policy{
			Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Name: r.Name, Kind: gatewaydoc.KindProduct,
			Spec: json.RawMessage(r.Spec), Owner: r.Owner, UpdatedAt: r.UpdatedAt.UTC(),
		})
	}
	return out
}
