package pkisql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type listRow struct {
	bun.BaseModel `bun:"table:pki_lists"`

	Issuer     string `bun:",pk"`
	Number     int64
	Turn       int64
	NextUpdate int64
	DER        []byte
}

// Latest implements pki.Lists.
func (s *Store) Latest(ctx context.Context, issuer string) (pki.List, error) {
	var r listRow
	if err := s.db.Reader(ctx).NewSelect().Model(&r).Where("issuer = ?", issuer).Scan(ctx); err != nil {
		return pki.List{}, db.Map(err, "the list of "+issuer)
	}
	return pki.List{Issuer: r.Issuer, Number: r.Number, Turn: r.Turn, NextUpdate: timeOf(r.NextUpdate), DER: r.DER}, nil
}

// Keep implements pki.Lists.
func (s *Store) Keep(ctx context.Context, l pki.List) error {
	r := listRow{Issuer: l.Issuer, Number: l.Number, Turn: l.Turn, NextUpdate: millis(l.NextUpdate), DER: l.DER}
	_, err := s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT (issuer) DO UPDATE").
		Set("number = EXCLUDED.number").Set("turn = EXCLUDED.turn").Set("next_update = EXCLUDED.next_update").Set("der = EXCLUDED.der").Exec(ctx)
	return db.Map(err, "the list of "+l.Issuer)
}

// RevokedBy implements pki.Lists.
func (s *Store) RevokedBy(ctx context.Context, issuer string, at time.Time) ([]pki.Entry, error) {
	var rows []certificateRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Column("id", "serial", "revoked_at", "reason").Where("issuer = ? AND revoked_at > 0 AND not_after > ?", issuer, millis(at)).
		Order("not_after", "id").Scan(ctx)
	return db.Each(rows, err, "what was revoked", certificateRow.entry)
}
