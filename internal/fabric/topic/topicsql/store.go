// Package topicsql keeps topics, their schemas, grants and subscriptions in the database.
//
// It owns the tables topics, topic_schemas, topic_grants, topic_subscriptions, topic_attempts,
// topic_bridges and topic_removals, and decides only that nobody writes over a change that he has not seen.
// Events are the broker's.
package topicsql

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables. They come after those of event, whose topics they take over.
func Migrations() db.Migrations { return db.Migrations{Room: "topic", Files: files} }

// Store implements all that topic keeps.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ topic.Store         = (*Store)(nil)
	_ topic.Schemas       = (*Store)(nil)
	_ topic.Grants        = (*Store)(nil)
	_ topic.Subscriptions = (*Store)(nil)
	_ topic.Attempts      = (*Store)(nil)
)

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "signing secrets of topics", Table: "topic_subscriptions", Columns: []string{"tenant", "project", "stage", "topic", "name"},
		Associated: func(c []string) []byte {
			return topic.Associated(kernel.Scope{Tenant: c[0], Project: c[1], Stage: c[2]}, c[3], c[4])
		},
	}
}

// saved tells a change that another came before.
func saved(result sql.Result, err error, what string) error {
	if err := db.Changed(result, err, what); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "%s was changed or deleted meanwhile", what).WithFix("look at it and try again")
}

type topicRow struct {
	bun.BaseModel `bun:"table:topics"`

	Tenant    string `bun:",pk"`
	Project   string `bun:",pk"`
	Stage     string `bun:",pk"`
	Name      string `bun:",pk"`
	Managed   bool
	Home      string
	Revision  int64
	CreatedAt time.Time
	Body      string
}

func rowOf(t topic.Topic) (topicRow, error) {
	body, err := db.Encode(t, "topic "+t.Name)
	return topicRow{
		Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Name: t.Name, Managed: t.Managed, Home: t.Home,
		Revision: t.Revision + 1, CreatedAt: t.CreatedAt, Body: body,
	}, err
}

func (r topicRow) topic() (t topic.Topic, err error) {
	err = db.Decode(r.Body, &t, "topic "+r.Name)
	t.Scope, t.Name, t.Managed = kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Name, r.Managed
	t.Revision, t.CreatedAt, t.Home = r.Revision, r.CreatedAt.UTC(), r.Home
	t.Broker = cmp.Or(t.Broker, topicdoc.Embedded) // there was no other one before
	return t, err
}

const (
	inScope = "tenant = ? AND project = ? AND stage = ? AND name = ?"
	ofTopic = "tenant = ? AND project = ? AND stage = ? AND topic = ?"
)

// Insert implements topic.Store.
func (s *Store) Insert(ctx context.Context, t topic.Topic) error {
	r, err := rowOf(t)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "topic "+t.Name)
}

// Save implements topic.Store.
func (s *Store) Save(ctx context.Context, t topic.Topic) error {
	r, err := rowOf(t)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("managed", "home", "revision", "body").WherePK().Where("revision = ?", t.Revision).Exec(ctx)
	return saved(result, err, "topic "+t.Name)
}

// Get implements topic.Store.
func (s *Store) Get(ctx context.Context, scope kernel.Scope, name string) (topic.Topic, error) {
	var r topicRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where(inScope, scope.Tenant, scope.Project, scope.Stage, name).Scan(ctx)
	if err != nil {
		return topic.Topic{}, db.Map(err, "topic "+name)
	}
	return r.topic()
}

// List implements topic.Store.
func (s *Store) List(ctx context.Context, scope kernel.Scope, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[topic.Topic], error) {
	var rows []topicRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND project = ?", scope.Tenant, scope.Project)
	q = db.Within(q, reach, "project", "stage")
	if scope.Stage != "" {
		q = q.Where("stage = ?", scope.Stage)
	}
	if stage, name, found := strings.Cut(page.Cursor, "/"); found {
		q = q.Where("(stage > ? OR (stage = ? AND name > ?))", stage, stage, name)
	}
	err := q.Order("stage", "name").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the topics", topicRow.topic)
	return kernel.PageOf(all, page, func(t topic.Topic) string { return t.Scope.Stage + "/" + t.Name }), err
}

// Delete implements topic.Store.
func (s *Store) Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error) {
	for _, table := range []string{"topic_schemas", "topic_grants", "topic_subscriptions", "topic_attempts"} {
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM ? WHERE "+ofTopic, bun.Ident(table), scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx); err != nil {
			return false, db.Map(err, "topic "+name)
		}
	}
	_, err := s.db.Conn(ctx).NewDelete().Model((*bridgeRow)(nil)).Where("tenant = ? AND project = ? AND stage = ? AND (topic = ? OR target = ?)", scope.Tenant, scope.Project, scope.Stage, name, name).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "topic "+name)
	}
	result, err := s.db.Conn(ctx).NewDelete().Model((*topicRow)(nil)).Where(inScope, scope.Tenant, scope.Project, scope.Stage, name).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "topic "+name)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "topic "+name)
}

// Count implements topic.Store.
func (s *Store) Count(ctx context.Context, tenant string) (int, error) {
	n, err := s.db.Conn(ctx).NewSelect().Model((*topicRow)(nil)).Where("tenant = ?", tenant).Count(ctx)
	return int(n), db.Map(err, "the topics")
}

// All implements topic.Store.
func (s *Store) All(ctx context.Context) ([]topic.Topic, error) {
	var rows []topicRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("tenant", "project", "stage", "name").Scan(ctx)
	return db.Each(rows, err, "the topics", topicRow.topic)
}

type schemaRow struct {
	bun.BaseModel `bun:"table:topic_schemas"`

	Tenant  string `bun:",pk"`
	Project string `bun:",pk"`
	Stage   string `bun:",pk"`
	Topic   string `bun:",pk"`
	Type    string `bun:",pk"`
	Version int    `bun:",pk"`
	Body    string
}

func (r schemaRow) schema() (e topic.EventSchema, err error) {
	err = db.Decode(r.Body, &e, "schema "+r.Type)
	e.Type, e.Version = r.Type, r.Version
	return e, err
}

// InsertSchema implements topic.Schemas.
func (s *Store) InsertSchema(ctx context.Context, t topic.Topic, e topic.EventSchema) error {
	body, err := db.Encode(e, "schema "+e.Type)
	if err != nil {
		return err
	}
	r := schemaRow{Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Topic: t.Name, Type: e.Type, Version: e.Version, Body: body}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "the schema of "+e.Type)
}

func (s *Store) schemas(ctx context.Context, t topic.Topic, rows *[]schemaRow) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().Model(rows).Where(ofTopic, t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name)
}

// LatestSchemas implements topic.Schemas.
func (s *Store) LatestSchemas(ctx context.Context, t topic.Topic) ([]topic.EventSchema, error) {
	var rows []schemaRow
	err := s.schemas(ctx, t, &rows).Where(`version = (SELECT MAX(n.version) FROM topic_schemas n WHERE n.tenant = "schema_row".tenant AND n.project = "schema_row".project
		AND n.stage = "schema_row".stage AND n.topic = "schema_row".topic AND n.type = "schema_row".type)`).Order("type").Scan(ctx)
	return db.Each(rows, err, "the schemas", schemaRow.schema)
}

// ListSchemas implements topic.Schemas.
func (s *Store) ListSchemas(ctx context.Context, t topic.Topic, page kernel.PageRequest) (kernel.Page[topic.EventSchema], error) {
	var rows []schemaRow
	q := s.schemas(ctx, t, &rows)
	if kind, version, found := strings.Cut(page.Cursor, "/"); found {
		q = q.Where("(type > ? OR (type = ? AND version > CAST(? AS BIGINT)))", kind, kind, version)
	}
	err := q.Order("type", "version").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the schemas", schemaRow.schema)
	return kernel.PageOf(all, page, cursorOf), err
}

// SchemaOf implements topic.Schemas.
func (s *Store) SchemaOf(ctx context.Context, t topic.Topic, eventType string, version int) (topic.EventSchema, error) {
	var rows []schemaRow
	q := s.schemas(ctx, t, &rows).Where("type = ?", eventType)
	if version > 0 {
		q = q.Where("version = ?", version)
	}
	if err := q.Order("version DESC").Limit(1).Scan(ctx); err != nil {
		return topic.EventSchema{}, db.Map(err, "the schema of "+eventType)
	}
	if len(rows) == 0 {
		return topic.EventSchema{}, db.Map(sql.ErrNoRows, "the schema of "+eventType)
	}
	return rows[0].schema()
}
