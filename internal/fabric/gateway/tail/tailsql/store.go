// Package tailsql carries lines of the access log from one replica of the gateway to
// who watches at another, through the database.
//
// It owns the tables gateway_tails and gateway_tail_parts, which are empty where nobody
// watches.
package tailsql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "gatewaytail", Files: migrations} }

// Store is a tail.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type watchRow struct {
	bun.BaseModel `bun:"table:gateway_tails"`

	ID      string `bun:",pk"`
	Tenant  string
	Node    string
	Filter  string
	Expires int64
}

type partRow struct {
	bun.BaseModel `bun:"table:gateway_tail_parts"`

	Watch  string `bun:",pk"`
	ID     string `bun:",pk"`
	Tenant string
	Lines  string
	Missed int64
}

const what = "who watches the gateway"

// Want implements tail.Store.
func (s *Store) Want(ctx context.Context, w tail.Watch) error {
	filter, err := json.Marshal(w.Filter)
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	row := watchRow{ID: w.ID, Tenant: w.Filter.Tenant, Node: w.Node, Filter: string(filter), Expires: w.Expires.UnixMilli()}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Set("expires = EXCLUDED.expires").Exec(ctx)
	return db.Map(err, what)
}

// End implements tail.Store.
func (s *Store) End(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db.Conn(ctx).NewDelete().Model((*watchRow)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
			return db.Map(err, what)
		}
		_, err := s.db.Conn(ctx).NewDelete().Model((*partRow)(nil)).Where("watch = ?", id).Exec(ctx)
		return db.Map(err, what)
	})
}

// Wanted implements tail.Store.
func (s *Store) Wanted(ctx context.Context, node string, now time.Time) ([]tail.Watch, error) {
	var rows []watchRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("node <> ? AND expires > ?", node, now.UnixMilli()).Order("id").Scan(ctx); err != nil {
		return nil, db.Map(err, what)
	}
	out := make([]tail.Watch, 0, len(rows))
	for _, r := range rows {
		w := tail.Watch{ID: r.ID, Node: r.Node, Expires: time.UnixMilli(r.Expires)}
		if err := json.Unmarshal([]byte(r.Filter), &w.Filter); err != nil {
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// Put implements tail.Store.
func (s *Store) Put(ctx context.Context, p tail.Part) error {
	lines, err := json.Marshal(p.Lines)
	if err != nil {
		return fmt.Errorf("write lines of the gateway: %w", err)
	}
	// The ids of parts grow with time, so that they are taken in their order.
	row := partRow{Watch: p.Watch, ID: kernel.NewID("part"), Tenant: p.Tenant, Lines: string(lines), Missed: p.Left}
	_, err = s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "lines of the gateway")
}

// Take implements tail.Store.
func (s *Store) Take(ctx context.Context, id string) ([]tail.Part, error) {
	var rows []partRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("watch = ?", id).Order("id").Limit(100).Scan(ctx); err != nil || len(rows) == 0 {
		return nil, db.Map(err, "lines of the gateway")
	}
	ids, out := make([]string, 0, len(rows)), make([]tail.Part, 0, len(rows))
	for _, r := range rows {
		p := tail.Part{Watch: r.Watch, Tenant: r.Tenant, Left: r.Missed}
		if err := json.Unmarshal([]byte(r.Lines), &p.Lines); err != nil {
			return nil, fmt.Errorf("read lines of the gateway: %w", err)
		}
		ids, out = append(ids, r.ID), append(out, p)
	}
	_, err := s.db.Conn(ctx).NewDelete().Model((*partRow)(nil)).Where("watch = ? AND id IN (?)", id, bun.List(ids)).Exec(ctx)
	return out, db.Map(err, "lines of the gateway")
}

// Tidy implements tail.Store.
func (s *Store) Tidy(ctx context.Context, now time.Time) error {
	if _, err := s.db.Conn(ctx).NewDelete().Model((*watchRow)(nil)).Where("expires <= ?", now.UnixMilli()).Exec(ctx); err != nil {
		return db.Map(err, what)
	}
	_, err := s.db.Conn(ctx).NewDelete().Model((*partRow)(nil)).Where("watch NOT IN (SELECT id FROM gateway_tails)").Exec(ctx)
	return db.Map(err, "lines of the gateway")
}
