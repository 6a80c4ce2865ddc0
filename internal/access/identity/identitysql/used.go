package identitysql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// CountServiceAccounts returns how many service accounts a tenant has, the disabled too.
func (s *Store) CountServiceAccounts(ctx context.Context, tenant string) (n int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM identity_service_accounts WHERE tenant = ?", tenant).Scan(ctx, &n)
	return n, db.Map(err, "the service accounts")
}

// CountTokens returns how many tokens of a tenant are good at now.
func (s *Store) CountTokens(ctx context.Context, tenant string, now time.Time) (n int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*) FROM identity_subject_tokens WHERE tenant = ? AND (expires_at IS NULL OR expires_at > ?)", tenant, now.UTC()).Scan(ctx, &n)
	return n, db.Map(err, "the tokens")
}
