package configsql

import (
	"cmp"
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type tokenRow struct {
	Tenant, Project, Hash, Body string
	LastUsedAt                  *time.Time
}

const tokenColumns = "tenant, project, hash, body, last_used_at"

func (r tokenRow) token() (t config.Token, err error) {
	err = db.Decode(r.Body, &t, "token")
	t.Opens = cmp.Or(t.Opens, config.AllScope) // there were no others
	if r.LastUsedAt != nil {
		t.LastUsedAt = r.LastUsedAt.UTC()
	}
	t.Scope, t.Hash = kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: t.Stage}, r.Hash
	return t, err
}

// PutToken keeps a token, in place of one that has its id.
func (s *Store) PutToken(ctx context.Context, t config.Token) error {
	body, err := db.Encode(t, "token")
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO config_tokens (id, tenant, project, stage, hash, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, body = excluded.body",
		t.ID, t.Scope.Tenant, t.Scope.Project, t.Stage, t.Hash, body).Exec(ctx)
	return db.Map(err, "token "+t.ID)
}

func (s *Store) token(ctx context.Context, where string, args ...any) (config.Token, error) {
	var r tokenRow
	if err := s.db.Reader(ctx).NewRaw("SELECT "+tokenColumns+" FROM config_tokens WHERE "+where, args...).Scan(ctx, &r); err != nil {
		return config.Token{}, db.Map(err, "token")
	}
	return r.token()
}

// TokenByHash returns a token by the hash of its secret.
func (s *Store) TokenByHash(ctx context.Context, hash string) (config.Token, error) {
	return s.token(ctx, "hash = ?", hash)
}

// Token returns a token of a tenant.
func (s *Store) Token(ctx context.Context, tenant, id string) (config.Token, error) {
	return s.token(ctx, "tenant = ? AND id = ?", tenant, id)
}

// TouchToken notes when a token was used last.
func (s *Store) TouchToken(ctx context.Context, t config.Token, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE config_tokens SET last_used_at = ? WHERE id = ? AND tenant = ?", at, t.ID, t.Scope.Tenant).Exec(ctx)
	return db.Map(err, "token "+t.ID)
}

// ListTokens returns those of the stages of a project that are reached, the oldest first.
func (s *Store) ListTokens(ctx context.Context, scope kernel.Scope, within kernel.Reach, page kernel.PageRequest) (kernel.Page[config.Token], error) {
	var rows []tokenRow
	q := s.db.Reader(ctx).NewSelect().TableExpr("config_tokens").ColumnExpr(tokenColumns).
		Where("tenant = ? AND project = ? AND id > ?", scope.Tenant, scope.Project, page.Cursor)
	err := db.Within(q, within, "project", "stage").Order("id").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "tokens", tokenRow.token)
	return kernel.PageOf(all, page, func(t config.Token) string { return t.ID }), err
}

// RemoveToken removes a token of a project.
func (s *Store) RemoveToken(ctx context.Context, scope kernel.Scope, id string) error {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM config_tokens WHERE id = ? AND tenant = ? AND project = ?", id, scope.Tenant, scope.Project).Exec(ctx)
	return db.Changed(result, err, "token")
}
