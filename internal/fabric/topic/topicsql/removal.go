package topicsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

var _ topic.Removals = (*Store)(nil)

type removalRow struct {
	bun.BaseModel `bun:"table:topic_removals"`

	ID        string `bun:",pk"`
	Tenant    string
	Project   string
	Stage     string
	Name      string
	Broker    string
	Home      string
	Since     time.Time
	HeldUntil time.Time
	NextAt    time.Time
	Attempts  int
}

func (r removalRow) removal() (topic.Removal, error) {
	return topic.Removal{
		ID: r.ID, Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Name: r.Name, Broker: r.Broker, Home: r.Home, Since: r.Since.UTC(), Attempts: r.Attempts,
	}, nil
}

// KeepRemoval implements topic.Removals.
func (s *Store) KeepRemoval(ctx context.Context, r topic.Removal, until time.Time) error {
	row := removalRow{
		ID: r.ID, Tenant: r.Scope.Tenant, Project: r.Scope.Project, Stage: r.Scope.Stage, Name: r.Name, Broker: r.Broker, Home: r.Home, Since: r.Since, HeldUntil: until, NextAt: until,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the removal of topic "+r.Name)
}

// RemovalsOf implements topic.Removals.
func (s *Store) RemovalsOf(ctx context.Context, tenant string) ([]topic.Removal, error) {
	var rows []removalRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant).Order("since", "id").Scan(ctx)
	return db.Each(rows, err, "the removals of topics", removalRow.removal)
}

// DueRemovals implements topic.Removals.
func (s *Store) DueRemovals(ctx context.Context, home string, now time.Time, limit int) ([]topic.Removal, error) {
	var rows []removalRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where(served+" AND next_at <= ?", home, now).Order("next_at", "id").Limit(int64(limit)).Scan(ctx)
	return db.Each(rows, err, "the removals of topics", removalRow.removal)
}

// HoldRemoval implements topic.Removals.
func (s *Store) HoldRemoval(ctx context.Context, id string, now, until time.Time) (bool, error) {
	return s.hold(ctx, until, "id = ? AND held_until <= ?", id, now)
}

// ProlongRemoval implements topic.Removals.
func (s *Store) ProlongRemoval(ctx context.Context, id string, held, until time.Time) (bool, error) {
	return s.hold(ctx, until, "id = ? AND held_until = ?", id, held)
}

// hold has one removal be held until a time where that is so of it.
func (s *Store) hold(ctx context.Context, until time.Time, where string, args ...any) (bool, error) {
	result, err := s.db.Conn(ctx).NewUpdate().Model((*removalRow)(nil)).Set("held_until = ?", until).Where(where, args...).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the removals of topics")
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "the removals of topics")
}

// DeferRemoval implements topic.Removals.
func (s *Store) DeferRemoval(ctx context.Context, id string, now, next time.Time) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*removalRow)(nil)).Set("held_until = ?, next_at = ?, attempts = attempts + 1", now, next).Where("id = ?", id).Exec(ctx)
	return db.Map(err, "the removals of topics")
}

// DeleteRemoval implements topic.Removals.
func (s *Store) DeleteRemoval(ctx context.Context, id string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*removalRow)(nil)).Where("id = ?", id).Exec(ctx)
	return db.Map(err, "the removals of topics")
}

// OldRemovals implements topic.Removals.
func (s *Store) OldRemovals(ctx context.Context, before time.Time, limit int) ([]topic.Removal, error) {
	var rows []removalRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("since <= ?", before).Order("since", "id").Limit(int64(limit)).Scan(ctx)
	return db.Each(rows, err, "the removals of topics", removalRow.removal)
}
