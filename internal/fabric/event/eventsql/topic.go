package eventsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Topics is an event.TopicStore.
type Topics struct{ db *db.DB }

// NewTopics returns a store of topics on d.
func NewTopics(d *db.DB) *Topics { return &Topics{db: d} }

type topicRow struct {
	bun.BaseModel `bun:"table:event_topics"`

	Tenant       string `bun:",pk"`
	Project      string `bun:",pk"`
	Stage        string `bun:",pk"`
	Name         string `bun:",pk"`
	Subject      string
	Retention    int64
	PasswordHash string
	CreatedAt    time.Time
}

const inScope = "tenant = ? AND project = ? AND stage = ? AND name = ?"

// Put keeps a topic, replacing the one of its name.
func (s *Topics) Put(ctx context.Context, t event.Topic) error {
	row := topicRow{
		Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Name: t.Name, Subject: t.Subject,
		Retention: int64(t.Retention), PasswordHash: t.PasswordHash, CreatedAt: t.CreatedAt,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (tenant, project, stage, name) DO UPDATE").
		Set("subject = EXCLUDED.subject, retention = EXCLUDED.retention, password_hash = EXCLUDED.password_hash").Exec(ctx)
	return db.Map(err, "topic "+t.Name)
}

// Get returns a topic, or NotFound.
func (s *Topics) Get(ctx context.Context, scope kernel.Scope, name string) (event.Topic, error) {
	var row topicRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where(inScope, scope.Tenant, scope.Project, scope.Stage, name).Scan(ctx)
	if err != nil {
		return event.Topic{}, db.Map(err, "topic "+name)
	}
	return row.topic(), nil
}

// Delete removes a topic and reports whether there was one.
func (s *Topics) Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error) {
	result, err := s.db.Conn(ctx).NewDelete().Model((*topicRow)(nil)).
		Where(inScope, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "topic "+name)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "topic "+name)
}

// All returns every topic of every tenant.
func (s *Topics) All(ctx context.Context) ([]event.Topic, error) {
	var rows []topicRow
	if err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("tenant", "project", "stage", "name").Scan(ctx); err != nil {
		return nil, db.Map(err, "the topics")
	}
	return topics(rows), nil
}

func topics(rows []topicRow) []event.Topic {
	out := make([]event.Topic, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.topic())
	}
	return out
}

func (r topicRow) topic() event.Topic {
	scope := kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}
	return event.Topic{
		Scope: scope, Name: r.Name, Subject: r.Subject, Retention: time.Duration(r.Retention),
		Username: event.Username(scope, r.Name), PasswordHash: r.PasswordHash, CreatedAt: r.CreatedAt.UTC(),
	}
}
