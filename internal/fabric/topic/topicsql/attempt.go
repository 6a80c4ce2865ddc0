package topicsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// maxAttempts is of how many events of a subscription attempts are kept: twice as many as may
// be out.
const maxAttempts = 2000

type attemptRow struct {
	bun.BaseModel `bun:"table:topic_attempts"`

	Tenant       string `bun:",pk"`
	Project      string `bun:",pk"`
	Stage        string `bun:",pk"`
	Topic        string `bun:",pk"`
	Subscription string `bun:",pk"`
	Dead         bool   `bun:",pk"`
	Part         int    `bun:",pk"`
	Place        int64  `bun:",pk"`
	Attempts     int
	KeptAt       time.Time
}

const ofSource = ofTopic + " AND subscription = ? AND dead = ?"

func sourceOf(a topic.AttemptsOf) []any {
	t := a.Topic
	return []any{t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, a.Subscription, a.Dead}
}

// Attempts implements topic.Attempts.
func (s *Store) Attempts(ctx context.Context, of topic.AttemptsOf) (map[broker.Position]int, error) {
	var rows []attemptRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Column("part", "place", "attempts").Where(ofSource, sourceOf(of)...).Scan(ctx)
	all := make(map[broker.Position]int, len(rows))
	for _, r := range rows {
		all[broker.Position{Partition: r.Part, Offset: uint64(r.Place)}] = r.Attempts
	}
	return all, db.Map(err, "the attempts")
}

// KeepAttempts implements topic.Attempts.
func (s *Store) KeepAttempts(ctx context.Context, of topic.AttemptsOf, at broker.Position, n int, now time.Time) error {
	t := of.Topic
	r := attemptRow{
		Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Topic: t.Name, Subscription: of.Subscription, Dead: of.Dead,
		Part: at.Partition, Place: int64(at.Offset), Attempts: n, KeptAt: now.UTC(),
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&r).
		On("CONFLICT (tenant, project, stage, topic, subscription, dead, part, place) DO UPDATE").Set("attempts = EXCLUDED.attempts, kept_at = EXCLUDED.kept_at").Exec(ctx)
	if err != nil {
		return db.Map(err, "the attempts")
	}
	where := sourceOf(of)
	oldest := s.db.Conn(ctx).NewSelect().Model((*attemptRow)(nil)).Column("kept_at").Where(ofSource, where...).OrderExpr("kept_at DESC").Limit(1).Offset(maxAttempts)
	_, err = s.db.Conn(ctx).NewDelete().Model((*attemptRow)(nil)).Where(ofSource, where...).Where("kept_at <= (?)", oldest).Exec(ctx)
	return db.Map(err, "the attempts")
}

// ForgetAttempts implements topic.Attempts.
func (s *Store) ForgetAttempts(ctx context.Context, of topic.AttemptsOf, at ...broker.Position) error {
	for _, p := range at {
		_, err := s.db.Conn(ctx).NewDelete().Model((*attemptRow)(nil)).Where(ofSource+" AND part = ? AND place = ?", append(sourceOf(of), p.Partition, int64(p.Offset))...).Exec(ctx)
		if err != nil {
			return db.Map(err, "the attempts")
		}
	}
	return nil
}

// ForgetAllAttempts implements topic.Attempts.
func (s *Store) ForgetAllAttempts(ctx context.Context, of topic.AttemptsOf) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*attemptRow)(nil)).Where(ofSource, sourceOf(of)...).Exec(ctx)
	return db.Map(err, "the attempts")
}
