// Package eventsql keeps the outbox and the topics in the database.
//
// It owns the tables event_outbox and event_topics. It publishes nothing.
package eventsql

import (
	"context"
	"embed"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "event", Files: migrations} }

// Store is an event.OutboxStore.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type outboxRow struct {
	bun.BaseModel `bun:"table:event_outbox"`

	ID      string `bun:",pk"`
	Tenant  string
	Subject string
	Body    string
}

// Add keeps a message until it is published.
func (s *Store) Add(ctx context.Context, m event.Message) error {
	row := outboxRow{ID: m.ID, Tenant: m.Tenant, Subject: m.Subject, Body: string(m.Body)}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "event "+m.ID)
}

// Waiting returns the oldest messages, in the order of their ids.
func (s *Store) Waiting(ctx context.Context, limit int) ([]event.Message, error) {
	var rows []outboxRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("id").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, db.Map(err, "the waiting events")
	}
	messages := make([]event.Message, 0, len(rows))
	for _, r := range rows {
		messages = append(messages, event.Message{ID: r.ID, Tenant: r.Tenant, Subject: r.Subject, Body: []byte(r.Body)})
	}
	return messages, nil
}

// Published removes messages that are in the stream.
func (s *Store) Published(ctx context.Context, ids []string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*outboxRow)(nil)).Where("id IN (?)", bun.List(ids)).Exec(ctx)
	return db.Map(err, "the published events")
}
