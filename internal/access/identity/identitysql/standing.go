package identitysql

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Revision returns how often the tenant's access has changed.
func (s *Store) Revision(ctx context.Context, tenant string) (n int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(revision), 0) FROM identity_revisions WHERE tenant = ?", tenant).Scan(ctx, &n)
	return n, db.Map(err, "the revision of "+tenant)
}

// Advance counts a change of the tenant's access; a second one waits for the first.
func (s *Store) Advance(ctx context.Context, tenant string) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO identity_revisions (tenant, revision) VALUES (?, 1)
		ON CONFLICT (tenant) DO UPDATE SET revision = identity_revisions.revision + 1`, tenant).Exec(ctx)
	return db.Map(err, "the revision of "+tenant)
}

// Standing returns what a user or a service account is in a tenant.
func (s *Store) Standing(ctx context.Context, tenant, id string) (identity.Standing, error) {
	out := identity.Standing{}
	if strings.HasPrefix(id, "svc_") {
		var row serviceRow
		err := s.db.Reader(ctx).NewSelect().Model(&row).Where("tenant = ? AND id = ?", tenant, id).Scan(ctx)
		if err != nil {
			return out, db.Map(err, "the service account "+id)
		}
		out.Subject, out.DisabledAt = identity.Subject{Kind: identity.KindService, ID: row.ID, Name: row.Name}, fromNull(row.DisabledAt)
	} else {
		u, err := s.UserByID(ctx, tenant, id)
		if err != nil {
			return out, err
		}
		out.Subject, out.DisabledAt = identity.Subject{Kind: identity.KindUser, ID: u.ID, Name: u.Name}, u.DisabledAt
	}
	var err error
	out.Grants, err = s.GrantsFor(ctx, tenant, id)
	return out, err
}
