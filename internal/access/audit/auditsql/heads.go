package auditsql

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type headRow struct {
	bun.BaseModel `bun:"table:audit_signed_heads,alias:h"`

	Tenant   string `bun:"tenant,pk"`
	Seq      int64  `bun:"seq,pk"`
	Hash     string `bun:"hash"`
	AtMicros int64  `bun:"at_micros"`
	Previous string `bun:"previous"`
	Key      string `bun:"key_id"`
	Note     string `bun:"note"`
}

func (r headRow) head() audit.SignedHead {
	return audit.SignedHead{Head: chain.Head{
		Tenant: r.Tenant, Seq: r.Seq, Hash: r.Hash, At: time.UnixMicro(r.AtMicros).UTC(), Previous: r.Previous, Key: r.Key,
	}, Note: r.Note}
}

func headsOf(rows []headRow) []audit.SignedHead {
	out := make([]audit.SignedHead, len(rows))
	for i, r := range rows {
		out[i] = r.head()
	}
	return out
}

// AddHead keeps a head; a second one of an entry is a Conflict.
func (s *Store) AddHead(ctx context.Context, h audit.SignedHead) error {
	what := "a head of entry " + strconv.FormatInt(h.Seq, 10)
	result, err := s.db.Conn(ctx).NewRaw(`INSERT INTO audit_signed_heads (tenant, seq, hash, at_micros, previous, key_id, note) SELECT ?, ?, ?, ?, ?, ?, ?
		WHERE NOT EXISTS (SELECT 1 FROM audit_signed_heads WHERE tenant = ? AND seq = ?)`,
		h.Tenant, h.Seq, h.Hash, h.At.UnixMicro(), h.Previous, h.Key, h.Note, h.Tenant, h.Seq).Exec(ctx)
	if err = db.Changed(result, err, what); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Conflict, "%s exists already", what)
	}
	return err
}

// LastHead returns the newest head; the zero head where there is none.
func (s *Store) LastHead(ctx context.Context, tenant string) (audit.SignedHead, error) {
	var rows []headRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant).OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return audit.SignedHead{}, db.Map(err, "the heads of "+tenant)
	}
	return rows[0].head(), nil
}

// HeadsBetween returns the heads of entries above after, up to a number, in their order.
func (s *Store) HeadsBetween(ctx context.Context, tenant string, after, upTo int64) ([]audit.SignedHead, error) {
	var rows []headRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND seq > ? AND seq <= ?", tenant, after, upTo).Order("seq").Scan(ctx)
	return headsOf(rows), db.Map(err, "the heads of "+tenant)
}

// ListHeads returns heads, the newest first.
func (s *Store) ListHeads(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[audit.SignedHead], error) {
	var rows []headRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant)
	if page.Cursor != "" {
		before, err := strconv.ParseInt(page.Cursor, 10, 64)
		if err != nil {
			return kernel.Page[audit.SignedHead]{}, kernel.Errorf(kernel.Invalid, "the cursor %q is none of this list", page.Cursor)
		}
		q = q.Where("seq < ?", before)
	}
	err := q.OrderExpr("seq DESC").Limit(int64(page.Size() + 1)).Scan(ctx)
	return kernel.PageOf(headsOf(rows), page, func(h audit.SignedHead) string { return strconv.FormatInt(h.Seq, 10) }), db.Map(err, "the heads of "+tenant)
}

// Ends returns the tenants whose chain has gone on since their last head.
func (s *Store) Ends(ctx context.Context) (tenants []string, err error) {
	err = s.db.Reader(ctx).NewRaw(`SELECT e.tenant FROM audit_heads e WHERE e.seq <>
		(SELECT COALESCE(MAX(h.seq), 0) FROM audit_signed_heads h WHERE h.tenant = e.tenant) ORDER BY e.tenant`).Scan(ctx, &tenants)
	return tenants, db.Map(err, "the audit logs")
}

type keyRow struct {
	bun.BaseModel `bun:"table:audit_keys,alias:k"`

	Number     int64  `bun:"number,pk"`
	Sealed     []byte `bun:"sealed"`
	FromMicros int64  `bun:"from_micros"`
	Introduced string `bun:"introduced"`
}

// AddKey keeps a key; a second one of a number is a Conflict.
func (s *Store) AddKey(ctx context.Context, k audit.Key) error {
	row := keyRow{Number: k.Number, Sealed: k.Sealed, FromMicros: k.From.UnixMicro(), Introduced: k.Introduced}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the key "+strconv.FormatInt(k.Number, 10)+" of the audit log")
}

// SigningKeys returns the keys in their order.
func (s *Store) SigningKeys(ctx context.Context) ([]audit.Key, error) {
	var rows []keyRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("number").Scan(ctx)
	keys := make([]audit.Key, len(rows))
	for i, r := range rows {
		keys[i] = audit.Key{Number: r.Number, Sealed: r.Sealed, From: time.UnixMicro(r.FromMicros).UTC(), Introduced: r.Introduced}
	}
	return keys, db.Map(err, "the keys of the audit log")
}

// SpendKey replaces what is sealed of a key.
func (s *Store) SpendKey(ctx context.Context, number int64, sealed []byte) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE audit_keys SET sealed = ? WHERE number = ?", sealed, number).Exec(ctx)
	return db.Map(err, "the key "+strconv.FormatInt(number, 10)+" of the audit log")
}

// Remove removes all of a tenant. The row in audit_removals opens the door that the
// triggers keep shut; it is gone at the end of the transaction.
func (s *Store) Remove(ctx context.Context, tenant string) error {
	if !db.InTransaction(ctx) {
		return kernel.Errorf(kernel.Internal, "an audit log is removed in a transaction")
	}
	for _, statement := range []string{
		"INSERT INTO audit_removals (tenant) VALUES (?)",
		"DELETE FROM audit_entries WHERE tenant = ?",
		"DELETE FROM audit_signed_heads WHERE tenant = ?",
		"DELETE FROM audit_heads WHERE tenant = ?",
		"DELETE FROM audit_removals WHERE tenant = ?",
	} {
		if _, err := s.db.Conn(ctx).NewRaw(statement, tenant).Exec(ctx); err != nil {
			return db.Map(err, "the audit log of "+tenant)
		}
	}
	return nil
}
