package identitysql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// RemoveUser removes a user with their groups and elevations.
func (s *Store) RemoveUser(ctx context.Context, tenant, id string) error {
	for _, table := range []string{"identity_group_members", "identity_elevations"} {
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM "+table+" WHERE tenant = ? AND user_id = ?", tenant, id).Exec(ctx); err != nil {
			return db.Map(err, "what there is of "+id)
		}
	}
	res, err := s.db.Conn(ctx).NewDelete().Model((*userRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the user "+id)
}

// OwnedBy returns the names of the service accounts that a user answers for.
func (s *Store) OwnedBy(ctx context.Context, tenant, id string) (names []string, err error) {
	err = s.db.Reader(ctx).NewSelect().Model((*serviceRow)(nil)).Column("name").Where("tenant = ? AND owner_id = ?", tenant, id).Order("name").Scan(ctx, &names)
	return names, db.Map(err, "the service accounts of "+id)
}

// HandOver has another user answer for the service accounts of one.
func (s *Store) HandOver(ctx context.Context, tenant, from, to string) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*serviceRow)(nil)).Set("owner_id = ?", to).Where("tenant = ? AND owner_id = ?", tenant, from).Exec(ctx)
	return db.Map(err, "the service accounts of "+from)
}
