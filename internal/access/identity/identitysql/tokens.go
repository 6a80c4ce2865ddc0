package identitysql

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type tokenRow struct {
	bun.BaseModel `bun:"table:identity_subject_tokens,alias:t"`

	ID         string     `bun:"id,pk"`
	Tenant     string     `bun:"tenant"`
	SubjectID  string     `bun:"subject_id"`
	Name       string     `bun:"name"`
	Hash       string     `bun:"hash"`
	Scopes     string     `bun:"scopes"`
	Projects   string     `bun:"projects"`
	Stages     string     `bun:"stages"`
	CreatedAt  time.Time  `bun:"created_at"`
	ExpiresAt  *time.Time `bun:"expires_at"`
	LastUsedAt *time.Time `bun:"last_used_at"`
}

func (r tokenRow) token() identity.Token {
	return identity.Token{
		ID: r.ID, Tenant: r.Tenant, SubjectID: r.SubjectID, Name: r.Name, Hash: r.Hash, Limits: limits(r),
		CreatedAt: r.CreatedAt.UTC(), ExpiresAt: fromNull(r.ExpiresAt), LastUsedAt: fromNull(r.LastUsedAt),
	}
}

// limits reads names, none of which has a comma.
func limits(r tokenRow) *kernel.Limits {
	if r.Scopes+r.Projects+r.Stages == "" {
		return nil
	}
	return &kernel.Limits{Scopes: list(r.Scopes), Projects: list(r.Projects), Stages: list(r.Stages)}
}

func list(names string) []string {
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

func fromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func toNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// AddToken keeps a new token.
func (s *Store) AddToken(ctx context.Context, t identity.Token) error {
	row := tokenRow{
		ID: t.ID, Tenant: t.Tenant, SubjectID: t.SubjectID, Name: t.Name, Hash: t.Hash,
		CreatedAt: t.CreatedAt, ExpiresAt: toNull(t.ExpiresAt), LastUsedAt: toNull(t.LastUsedAt),
	}
	if l := t.Limits; l != nil {
		row.Scopes, row.Projects, row.Stages = strings.Join(l.Scopes, ","), strings.Join(l.Projects, ","), strings.Join(l.Stages, ",")
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the token "+t.Name)
}

// TokenByHash returns the token whose secret has a hash. It is the one read
// without a tenant: the token says which tenant its bearer belongs to.
func (s *Store) TokenByHash(ctx context.Context, hash string) (identity.Token, error) {
	var row tokenRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	return row.token(), db.Map(err, "the token")
}

// TouchToken notes when a token, and the service account that it is of, was used.
func (s *Store) TouchToken(ctx context.Context, t identity.Token, at time.Time) error {
	if strings.HasPrefix(t.SubjectID, "svc_") {
		_, err := s.db.Conn(ctx).NewUpdate().Model((*serviceRow)(nil)).Set("last_used_at = ?", at).
			Where("tenant = ? AND id = ?", t.Tenant, t.SubjectID).Exec(ctx)
		if err != nil {
			return db.Map(err, "the service account "+t.SubjectID)
		}
	}
	_, err := s.db.Conn(ctx).NewUpdate().Model((*tokenRow)(nil)).Set("last_used_at = ?", at).
		Where("tenant = ? AND id = ?", t.Tenant, t.ID).Exec(ctx)
	return db.Map(err, "the token "+t.ID)
}

// TokensOf lists a subject's tokens, the oldest first.
func (s *Store) TokensOf(ctx context.Context, tenant, subject string, page kernel.PageRequest) (kernel.Page[identity.Token], error) {
	var rows []tokenRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND subject_id = ? AND id > ?", tenant, subject, page.Cursor).
		Order("id").Limit(int64(page.Size() + 1)).Scan(ctx)
	list := make([]identity.Token, len(rows))
	for i, row := range rows {
		list[i] = row.token()
	}
	return kernel.PageOf(list, page, func(t identity.Token) string { return t.ID }), db.Map(err, "the tokens")
}

// RemoveToken removes a subject's token.
func (s *Store) RemoveToken(ctx context.Context, tenant, subject, id string) error {
	res, err := s.db.Conn(ctx).NewDelete().Model((*tokenRow)(nil)).
		Where("tenant = ? AND subject_id = ? AND id = ?", tenant, subject, id).Exec(ctx)
	return db.Changed(res, err, "the token "+id)
}
