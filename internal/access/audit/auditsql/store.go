// Package auditsql keeps the audit log in the database: entries, signed heads and keys.
//
// It owns the tables audit_*, and never sees a private key in the clear.
package auditsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql migrations/*/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "audit", Files: files} }

// atOnce is how many entries are written by one statement: its values are taken out of
// its text, which is possible for so many.
const atOnce = 16

// Store implements audit.Store, audit.HeadStore and audit.KeyStore.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type entryRow struct {
	bun.BaseModel `bun:"table:audit_entries,alias:e"`

	Tenant    string           `bun:"tenant,pk"`
	Seq       int64            `bun:"seq,pk"`
	AtMicros  int64            `bun:"at_micros"`
	ActorID   string           `bun:"actor_id"`
	ActorName string           `bun:"actor_name"`
	ActorKind kernel.ActorKind `bun:"actor_kind"`
	RequestID string           `bun:"request_id"`
	Type      string           `bun:"type"`
	Project   string           `bun:"project"`
	Stage     string           `bun:"stage"`
	Subject   string           `bun:"subject"`
	Reason    string           `bun:"reason"`
	Data      string           `bun:"data"`
	Prev      string           `bun:"prev"`
	Hash      string           `bun:"hash"`
	Address   string           `bun:"address"`
	Outcome   chain.Result     `bun:"outcome"`
}

func (r entryRow) entry() chain.Entry {
	return chain.Entry{
		Tenant: r.Tenant, Seq: r.Seq, At: time.UnixMicro(r.AtMicros).UTC(),
		ActorID: r.ActorID, ActorName: r.ActorName, ActorKind: r.ActorKind, RequestID: r.RequestID,
		Type: r.Type, Project: r.Project, Stage: r.Stage, Subject: r.Subject, Reason: r.Reason,
		Data: r.Data, Prev: r.Prev, Hash: r.Hash, Address: r.Address, Outcome: r.Outcome,
	}
}

func rowOf(e chain.Entry) entryRow {
	return entryRow{
		Tenant: e.Tenant, Seq: e.Seq, AtMicros: e.At.UnixMicro(),
		ActorID: e.ActorID, ActorName: e.ActorName, ActorKind: e.ActorKind, RequestID: e.RequestID,
		Type: e.Type, Project: e.Project, Stage: e.Stage, Subject: e.Subject, Reason: e.Reason,
		Data: e.Data, Prev: e.Prev, Hash: e.Hash, Address: e.Address, Outcome: e.Outcome,
	}
}

func entries(rows []entryRow) []chain.Entry {
	out := make([]chain.Entry, len(rows))
	for i, row := range rows {
		out[i] = row.entry()
	}
	return out
}

// Hold returns the end of the tenant's chain. Its row is the lock: who writes it
// first lets the others wait until the transaction ends.
func (s *Store) Hold(ctx context.Context, tenant string) (h chain.Place, err error) {
	const hold = "UPDATE audit_heads SET seq = seq WHERE tenant = ? RETURNING seq, hash"
	conn := s.db.Conn(ctx)
	err = conn.NewRaw(hold, tenant).Scan(ctx, &h.Seq, &h.Hash)
	if errors.Is(err, sql.ErrNoRows) { // it is the tenant's first
		if _, err := conn.NewRaw("INSERT INTO audit_heads (tenant, seq, hash) VALUES (?, 0, '') ON CONFLICT (tenant) DO NOTHING", tenant).Exec(ctx); err != nil {
			return h, db.Map(err, "the audit log of "+tenant)
		}
		err = conn.NewRaw(hold, tenant).Scan(ctx, &h.Seq, &h.Hash)
	}
	return h, db.Map(err, "the audit log of "+tenant)
}

// Move moves the end of the tenant's chain, where it is at from.
func (s *Store) Move(ctx context.Context, tenant string, from, to chain.Place) (moved bool, err error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE audit_heads SET seq = ?, hash = ? WHERE tenant = ? AND seq = ? AND hash = ?",
		to.Seq, to.Hash, tenant, from.Seq, from.Hash).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the audit log of "+tenant)
	}
	n, err := result.RowsAffected()
	return n == 1, db.Map(err, "the audit log of "+tenant)
}

// Append keeps entries.
func (s *Store) Append(ctx context.Context, all []chain.Entry) error {
	rows := make([]entryRow, len(all))
	for i, e := range all {
		rows[i] = rowOf(e)
	}
	for some := range slices.Chunk(rows, atOnce) {
		if _, err := s.db.Conn(ctx).NewInsert().Model(&some).Exec(ctx); err != nil {
			return db.Map(err, "the audit entry")
		}
	}
	return nil
}

// Head returns the end of the tenant's chain.
func (s *Store) Head(ctx context.Context, tenant string) (h chain.Place, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT seq, hash FROM audit_heads WHERE tenant = ?", tenant).Scan(ctx, &h.Seq, &h.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	return h, db.Map(err, "the audit log of "+tenant)
}

// After returns entries with numbers above seq, in their order.
func (s *Store) After(ctx context.Context, tenant string, seq int64, limit int) ([]chain.Entry, error) {
	var rows []entryRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND seq > ?", tenant, seq).
		Order("seq").Limit(int64(limit)).Scan(ctx)
	return entries(rows), db.Map(err, "the audit log of "+tenant)
}
