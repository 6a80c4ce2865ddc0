package gatewaysql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type sessionKeyRow struct {
	bun.BaseModel `bun:"table:gateway_session_keys"`

	ID        string `bun:",pk"`
	Sealed    []byte
	CreatedAt time.Time
}

// SessionKeys implements session.Store.
func (s *Store) SessionKeys(ctx context.Context) ([]session.Key, error) {
	var rows []sessionKeyRow
	if err := s.db.Conn(ctx).NewSelect().Model(&rows).Order("created_at DESC", "id DESC").Scan(ctx); err != nil {
		return nil, db.Map(err, "the keys of sessions")
	}
	out := make([]session.Key, 0, len(rows))
	for _, r := range rows {
		out = append(out, session.Key{ID: r.ID, Sealed: r.Sealed, CreatedAt: r.CreatedAt.UTC()})
	}
	return out, nil
}

// AddSessionKey implements session.Store.
func (s *Store) AddSessionKey(ctx context.Context, k session.Key) error {
	_, err := s.db.Conn(ctx).NewInsert().Model(&sessionKeyRow{ID: k.ID, Sealed: k.Sealed, CreatedAt: k.CreatedAt}).Exec(ctx)
	return db.Map(err, "a key of sessions")
}

// ForgetSessionKeys implements session.Store.
func (s *Store) ForgetSessionKeys(ctx context.Context, before time.Time) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*sessionKeyRow)(nil)).Where("created_at < ?", before).Exec(ctx)
	return db.Map(err, "the old keys of sessions")
}
