package meshsql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const isOwned = "tenant = ? AND owner = ?"

// Owned returns the documents of a tenant that an owner keeps, as the transaction sees them.
func (s *Store) Owned(ctx context.Context, tenant, owner string) ([]mesh.Policy, error) {
	var rows []row
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where(isOwned, tenant, owner).Order("project", "stage", "kind", "name").Scan(ctx)
	return db.Each(rows, err, "the documents of the mesh of "+owner, row.policy)
}

// Release has an owner keep nothing any longer.
func (s *Store) Release(ctx context.Context, tenant, owner string) error {
	if err := s.Hold(ctx); err != nil {
		return err
	}
	_, err := s.db.Conn(ctx).NewUpdate().Model((*row)(nil)).Set("owner = ''").Where(isOwned, tenant, owner).Exec(ctx)
	return db.Map(err, "what "+owner+" keeps of the mesh")
}
