// Package auditsql keeps audit entries in the database.
package auditsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "audit", Files: files} }

// Store implements audit.Store.
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
}

func (r entryRow) entry() audit.Entry {
	return audit.Entry{
		Tenant: r.Tenant, Seq: r.Seq, At: time.UnixMicro(r.AtMicros).UTC(),
		ActorID: r.ActorID, ActorName: r.ActorName, ActorKind: r.ActorKind, RequestID: r.RequestID,
		Type: r.Type, Project: r.Project, Stage: r.Stage, Subject: r.Subject, Reason: r.Reason,
		Data: r.Data, Prev: r.Prev, Hash: r.Hash,
	}
}

func rowOf(e audit.Entry) *entryRow {
	return &entryRow{
		Tenant: e.Tenant, Seq: e.Seq, AtMicros: e.At.UnixMicro(),
		ActorID: e.ActorID, ActorName: e.ActorName, ActorKind: e.ActorKind, RequestID: e.RequestID,
		Type: e.Type, Project: e.Project, Stage: e.Stage, Subject: e.Subject, Reason: e.Reason,
		Data: e.Data, Prev: e.Prev, Hash: e.Hash,
	}
}

func entries(rows []entryRow) []audit.Entry {
	out := make([]audit.Entry, len(rows))
	for i, row := range rows {
		out[i] = row.entry()
	}
	return out
}

// Advance takes the tenant's next number. The row of the head is the lock: who
// writes it first lets the others wait until the transaction ends.
func (s *Store) Advance(ctx context.Context, tenant string) (seq int64, prev string, err error) {
	const next = "UPDATE audit_heads SET seq = seq + 1 WHERE tenant = ? RETURNING seq, hash"
	conn := s.db.Conn(ctx)
	err = conn.NewRaw(next, tenant).Scan(ctx, &seq, &prev)
	if errors.Is(err, sql.ErrNoRows) { // it is the tenant's first
		if _, err := conn.NewRaw("INSERT INTO audit_heads (tenant, seq, hash) VALUES (?, 0, '') ON CONFLICT (tenant) DO NOTHING", tenant).Exec(ctx); err != nil {
			return 0, "", db.Map(err, "the audit log of "+tenant)
		}
		err = conn.NewRaw(next, tenant).Scan(ctx, &seq, &prev)
	}
	return seq, prev, db.Map(err, "the audit log of "+tenant)
}

// Append keeps an entry and makes it the head of its chain.
func (s *Store) Append(ctx context.Context, e audit.Entry) error {
	conn := s.db.Conn(ctx)
	if _, err := conn.NewInsert().Model(rowOf(e)).Exec(ctx); err != nil {
		return db.Map(err, "the audit entry")
	}
	_, err := conn.NewRaw("UPDATE audit_heads SET hash = ? WHERE tenant = ? AND seq = ?", e.Hash, e.Tenant, e.Seq).Exec(ctx)
	return db.Map(err, "the audit entry")
}

// Head returns number and hash of the tenant's last entry.
func (s *Store) Head(ctx context.Context, tenant string) (seq int64, hash string, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT seq, hash FROM audit_heads WHERE tenant = ?", tenant).Scan(ctx, &seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return seq, hash, db.Map(err, "the audit log of "+tenant)
}

// After returns entries with numbers above seq, in their order.
func (s *Store) After(ctx context.Context, tenant string, seq int64, limit int) ([]audit.Entry, error) {
	var rows []entryRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND seq > ?", tenant, seq).
		Order("seq").Limit(int64(limit)).Scan(ctx)
	return entries(rows), db.Map(err, "the audit log of "+tenant)
}

// List returns entries that match, the newest first.
func (s *Store) List(ctx context.Context, tenant string, f audit.Filter, page kernel.PageRequest) (kernel.Page[audit.Entry], error) {
	var rows []entryRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant)
	for _, c := range []struct{ column, value string }{
		{"project", f.Project}, {"stage", f.Stage}, {"type", f.Type}, {"subject", f.Subject}, {"actor_name", f.Actor},
	} {
		if c.value != "" {
			q = q.Where("? = ?", bun.Ident(c.column), c.value)
		}
	}
	if page.Cursor != "" {
		before, err := strconv.ParseInt(page.Cursor, 10, 64)
		if err != nil {
			return kernel.Page[audit.Entry]{}, kernel.Errorf(kernel.Invalid, "the cursor %q is none of this list", page.Cursor)
		}
		q = q.Where("seq < ?", before)
	}
	err := q.OrderExpr("seq DESC").Limit(int64(page.Size() + 1)).Scan(ctx)
	return kernel.PageOf(entries(rows), page, func(e audit.Entry) string { return strconv.FormatInt(e.Seq, 10) }),
		db.Map(err, "the audit log of "+tenant)
}
