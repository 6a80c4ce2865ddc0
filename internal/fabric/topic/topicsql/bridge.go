package topicsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

var (
	_ topic.Bridges      = (*Store)(nil)
	_ topic.BridgeLeases = (*Store)(nil)
)

type bridgeRow struct {
	bun.BaseModel `bun:"table:topic_bridges"`

	Tenant  string `bun:",pk"`
	Project string `bun:",pk"`
	Stage   string `bun:",pk"`
	Topic   string `bun:",pk"`
	Name    string `bun:",pk"`
	// Target is the topic that events are taken to.
	Target                              string
	Passed, Skipped, Rejected, Failures int64
	Problem                             string
	SeenAt                              time.Time `bun:",nullzero"`
	Revision                            int64
	Body                                string
}

func bridgeRowOf(t topic.Topic, b topic.Bridge) (bridgeRow, error) {
	body, err := db.Encode(b, "bridge "+b.Name)
	return bridgeRow{
		Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Topic: t.Name, Name: b.Name, Target: b.To, Revision: b.Revision + 1, Body: body,
	}, err
}

func (r bridgeRow) bridge() (b topic.Bridge, err error) {
	err = db.Decode(r.Body, &b, "bridge "+r.Name)
	b.Name, b.To, b.Revision = r.Name, r.Target, r.Revision
	b.State = topic.BridgeState{Passed: uint64(r.Passed), Skipped: uint64(r.Skipped), Rejected: uint64(r.Rejected), Failures: uint64(r.Failures), Problem: r.Problem}
	if at := r.SeenAt.UTC(); !r.SeenAt.IsZero() {
		b.State.SeenAt = &at
	}
	return b, err
}

func (r bridgeRow) of() (topic.OfTopic, error) {
	return topic.OfTopic{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Topic: r.Topic, Name: r.Name}, nil
}

// InsertBridge implements topic.Bridges.
func (s *Store) InsertBridge(ctx context.Context, t topic.Topic, b topic.Bridge) error {
	r, err := bridgeRowOf(t, b)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "bridge "+b.Name)
}

// SaveBridge implements topic.Bridges.
func (s *Store) SaveBridge(ctx context.Context, t topic.Topic, b topic.Bridge) error {
	r, err := bridgeRowOf(t, b)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("target", "revision", "body").WherePK().Where("revision = ?", b.Revision).Exec(ctx)
	return saved(result, err, "bridge "+b.Name)
}

// Bridge implements topic.Bridges.
func (s *Store) Bridge(ctx context.Context, t topic.Topic, name string) (topic.Bridge, error) {
	var r bridgeRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where(ofTopic+" AND name = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, name).Scan(ctx)
	if err != nil {
		return topic.Bridge{}, db.Map(err, "bridge "+name)
	}
	return r.bridge()
}

// BridgesOf implements topic.Bridges.
func (s *Store) BridgesOf(ctx context.Context, t topic.Topic) ([]topic.Bridge, error) {
	var rows []bridgeRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where(ofTopic, t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name).Order("name").Scan(ctx)
	return db.Each(rows, err, "the bridges", bridgeRow.bridge)
}

// BridgesTo implements topic.Bridges.
func (s *Store) BridgesTo(ctx context.Context, t topic.Topic) ([]topic.OfTopic, error) {
	var rows []bridgeRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND project = ? AND stage = ? AND target = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name).Order("topic", "name").Scan(ctx)
	return db.Each(rows, err, "the bridges", bridgeRow.of)
}

// DeleteBridge implements topic.Bridges.
func (s *Store) DeleteBridge(ctx context.Context, t topic.Topic, name string) error {
	result, err := s.db.Conn(ctx).NewDelete().Model((*bridgeRow)(nil)).Where(ofTopic+" AND name = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, name).Exec(ctx)
	return db.Changed(result, err, "bridge "+name)
}

// ClaimBridges implements topic.BridgeLeases.
func (s *Store) ClaimBridges(ctx context.Context, holder, home string, now, until time.Time) ([]topic.OfTopic, error) {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE topic_bridges SET holder = ?, held_until = ? WHERE (holder IN (?, '') OR held_until < ?) AND "+
		servedBy("topic_bridges", "topic")+" AND "+servedBy("topic_bridges", "target"),
		holder, until, holder, now, home, home).Exec(ctx)
	if err != nil {
		return nil, db.Map(err, "the bridges")
	}
	var rows []bridgeRow
	err = s.db.Reader(ctx).NewSelect().Model(&rows).Where("holder = ?", holder).Scan(ctx)
	return db.Each(rows, err, "the bridges", bridgeRow.of)
}

// NoteBridge implements topic.BridgeLeases.
func (s *Store) NoteBridge(ctx context.Context, of topic.OfTopic, holder string, at time.Time, more topic.BridgeState) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE topic_bridges SET passed = passed + ?, skipped = skipped + ?, rejected = rejected + ?, failures = failures + ?, problem = ?, seen_at = ? WHERE "+ofTopic+" AND name = ? AND holder = ?",
		int64(more.Passed), int64(more.Skipped), int64(more.Rejected), int64(more.Failures), more.Problem, at,
		of.Scope.Tenant, of.Scope.Project, of.Scope.Stage, of.Topic, of.Name, holder).Exec(ctx)
	return db.Map(err, "the bridges")
}

// ReleaseBridges implements topic.BridgeLeases.
func (s *Store) ReleaseBridges(ctx context.Context, holder string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE topic_bridges SET holder = '' WHERE holder = ?", holder).Exec(ctx)
	return db.Map(err, "the bridges")
}
