// Package acmesql keeps what ACME is about in the database.
//
// It owns the tables acme_keys, acme_accounts, acme_orders, acme_authorizations,
// acme_certificates and acme_nonces, and decides only that a key has one account, that a nonce
// is used once, and that nobody writes over a change that he has not seen.
package acmesql

import (
	"context"
	"database/sql"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "acme", Files: files} }

// Store implements all that acme keeps.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ acme.Accounts       = (*Store)(nil)
	_ acme.Orders         = (*Store)(nil)
	_ acme.Authorizations = (*Store)(nil)
	_ acme.Certificates   = (*Store)(nil)
	_ acme.Keys           = (*Store)(nil)
	_ acme.Ledger         = (*Store)(nil)
)

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "keys of ACME accounts", Table: "acme_keys", Columns: []string{"tenant", "id"},
		Associated: func(c []string) []byte { return acme.Associated(c[0], c[1]) },
	}
}

// saved tells a change that another came before.
func saved(result sql.Result, err error, what string) error {
	if err := db.Changed(result, err, what); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "%s was changed meanwhile", what).WithFix("look at it and try again")
}

// UseNonce implements acme.Ledger.
func (s *Store) UseNonce(ctx context.Context, nonce string, expires time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO acme_nonces (nonce, expires_at) VALUES (?, ?)", nonce, expires).Exec(ctx)
	return db.Map(err, "the nonce")
}

// sweepAtOnce is how many rows of a kind are removed in one statement.
const sweepAtOnce = 1000

// Sweep implements acme.Ledger.
func (s *Store) Sweep(ctx context.Context, before, idle time.Time) (removed int, err error) {
	for _, one := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM acme_nonces WHERE nonce IN (SELECT nonce FROM acme_nonces WHERE expires_at < ? LIMIT ?)", []any{before}},
		{"DELETE FROM acme_authorizations WHERE id IN (SELECT id FROM acme_authorizations WHERE expires_at < ? LIMIT ?)", []any{before}},
		{"DELETE FROM acme_orders WHERE id IN (SELECT id FROM acme_orders WHERE expires_at < ? LIMIT ?)", []any{before}},
		{"DELETE FROM acme_certificates WHERE serial IN (SELECT serial FROM acme_certificates WHERE not_after < ? LIMIT ?)", []any{before}},
		{"DELETE FROM acme_keys WHERE id IN (SELECT id FROM acme_keys k WHERE over_at < ? AND NOT EXISTS (SELECT 1 FROM acme_accounts a WHERE a.external_key = k.id) LIMIT ?)", []any{before}},
		{`DELETE FROM acme_accounts WHERE id IN (SELECT id FROM acme_accounts a WHERE external_key = '' AND created_at < ? AND status = ?
			AND NOT EXISTS (SELECT 1 FROM acme_orders o WHERE o.account = a.id) AND NOT EXISTS (SELECT 1 FROM acme_certificates c WHERE c.account = a.id) LIMIT ?)`, []any{idle, string(acme.Valid)}},
	} {
		result, err := s.db.Conn(ctx).NewRaw(one.query, append(one.args, sweepAtOnce)...).Exec(ctx)
		if err != nil {
			return removed, db.Map(err, "what is over of ACME")
		}
		n, err := result.RowsAffected()
		if err != nil {
			return removed, db.Map(err, "what is over of ACME")
		}
		removed += int(n)
	}
	return removed, nil
}

type keyRow struct {
	bun.BaseModel `bun:"table:acme_keys"`

	Tenant   string
	ID       string `bun:",pk"`
	Project  string
	Stage    string
	OverAt   time.Time `bun:",nullzero"`
	Revision int64
	Body     string
	Sealed   []byte
}

func keyRowOf(k acme.Key) (keyRow, error) {
	over := k.ExpiresAt
	if over.IsZero() || !k.RevokedAt.IsZero() && k.RevokedAt.Before(over) {
		over = k.RevokedAt
	}
	body, err := db.Encode(k, "key "+k.ID)
	return keyRow{Tenant: k.Scope.Tenant, ID: k.ID, Project: k.Scope.Project, Stage: k.Scope.Stage, OverAt: over, Revision: k.Revision + 1, Body: body, Sealed: k.Sealed}, err
}

func (r keyRow) key() (k acme.Key, err error) {
	err = db.Decode(r.Body, &k, "key "+r.ID)
	k.ID, k.Scope, k.Revision, k.Sealed = r.ID, kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Revision, r.Sealed
	return k, err
}

// InsertKey implements acme.Keys.
func (s *Store) InsertKey(ctx context.Context, k acme.Key) error {
	r, err := keyRowOf(k)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "key "+k.ID)
}

// SaveKey implements acme.Keys. The secret stays as it is.
func (s *Store) SaveKey(ctx context.Context, k acme.Key) error {
	r, err := keyRowOf(k)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("over_at", "revision", "body").Where("id = ? AND revision = ?", k.ID, k.Revision).Exec(ctx)
	return saved(result, err, "key "+k.ID)
}

// Key implements acme.Keys.
func (s *Store) Key(ctx context.Context, tenant, id string) (acme.Key, error) {
	var r keyRow
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("id = ? AND (tenant = ? OR ? = '')", id, tenant, tenant).Scan(ctx); err != nil {
		return acme.Key{}, db.Map(err, "key "+id)
	}
	return r.key()
}

// ListKeys implements acme.Keys.
func (s *Store) ListKeys(ctx context.Context, tenant string, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[acme.Key], error) {
	var rows []keyRow
	q := db.Reached(s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("sealed").Where("tenant = ?", tenant), reach, "project", "stage")
	if page.Cursor != "" {
		q = q.Where("id > ?", page.Cursor)
	}
	err := q.Order("id").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the keys of ACME accounts", keyRow.key)
	return kernel.PageOf(all, page, func(k acme.Key) string { return k.ID }), err
}

// CountKeys implements acme.Keys.
func (s *Store) CountKeys(ctx context.Context, tenant string) (int, error) {
	n, err := s.db.Conn(ctx).NewSelect().Model((*keyRow)(nil)).Where("tenant = ?", tenant).Count(ctx)
	return int(n), db.Map(err, "the keys of ACME accounts")
}
