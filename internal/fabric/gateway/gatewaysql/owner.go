package gatewaysql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const isOwned = "tenant = ? AND owner = ?"

// Owned returns the routes, and the policies and products, of a tenant that an owner keeps.
func (s *Store) Owned(ctx context.Context, tenant, owner string) ([]gateway.Route, []gateway.Policy, error) {
	var kept []routeRow
	if err := s.db.Conn(ctx).NewSelect().Model(&kept).Where(isOwned, tenant, owner).Order("project", "stage", "name").Scan(ctx); err != nil {
		return nil, nil, db.Map(err, "the routes of "+owner)
	}
	var rows []policyRow
	if err := s.db.Conn(ctx).NewSelect().Model(&rows).Where(isOwned, tenant, owner).Order("project", "stage", "name").Scan(ctx); err != nil {
		return nil, nil, db.Map(err, "the policies of "+owner)
	}
	var offered []productRow
	if err := s.db.Conn(ctx).NewSelect().Model(&offered).Where(isOwned, tenant, owner).Order("project", "stage", "name").Scan(ctx); err != nil {
		return nil, nil, db.Map(err, "the products of "+owner)
	}
	all, err := routes(kept)
	return all, append(policies(rows), products(offered)...), err
}

// Release has an owner keep nothing any longer.
func (s *Store) Release(ctx context.Context, tenant, owner string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, model := range []any{(*routeRow)(nil), (*policyRow)(nil), (*productRow)(nil)} {
		if _, err := s.db.Conn(ctx).NewUpdate().Model(model).Set("owner = ''").Where(isOwned, tenant, owner).Exec(ctx); err != nil {
			return db.Map(err, "what "+owner+" keeps")
		}
	}
	return nil
}
