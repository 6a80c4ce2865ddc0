package identitysql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// GrantsFrom returns the roles that a user or a group has because a source says so; ""
// is people.
func (s *Store) GrantsFrom(ctx context.Context, tenant, subject, source string) ([]identity.Grant, error) {
	var rows []grantRow
	err := s.selectGrants(ctx, &rows).Where("g.tenant = ? AND g.subject_id = ? AND g.source = ?", tenant, subject, source).Order("g.id").Scan(ctx)
	return grantsOf(rows), db.Map(err, "the grants of "+subject)
}

// UsersFrom returns the ids of users of whom a source says something.
func (s *Store) UsersFrom(ctx context.Context, tenant, source string) ([]string, error) {
	ids := []string{}
	err := s.db.Reader(ctx).NewRaw(`SELECT subject_id FROM identity_grants WHERE tenant = ? AND source = ?
		UNION SELECT user_id FROM identity_group_members WHERE tenant = ? AND source = ? ORDER BY 1`, tenant, source, tenant, source).Scan(ctx, &ids)
	return ids, db.Map(err, "the users of "+source)
}
