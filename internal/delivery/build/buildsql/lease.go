package buildsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Waiting returns what nobody builds, the longest first.
func (s *Store) Waiting(ctx context.Context, now time.Time, limit int) ([]build.Build, error) {
	var rows []row
	err := s.db.Reader(ctx).NewRaw(
		columns+"WHERE state IN ('queued', 'building') AND (holder = '' OR held_until < ?) ORDER BY asked_at, id LIMIT ?", now, limit).Scan(ctx, &rows)
	return db.Each(rows, err, "builds", row.build)
}

// Take takes a build that nobody has.
func (s *Store) Take(ctx context.Context, b build.Build, holder string, now, until time.Time) (fence int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		result, err := s.db.Conn(ctx).NewRaw(
			"UPDATE builds SET holder = ?, held_until = ?, fence = fence + 1 WHERE tenant = ? AND project = ? AND tree = ?"+
				" AND state IN ('queued', 'building') AND (holder = '' OR held_until < ?)",
			holder, until, b.Scope.Tenant, b.Scope.Project, b.Tree, now).Exec(ctx)
		if err := db.Changed(result, err, "build "+b.ID); kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Stale) {
			return kernel.Errorf(kernel.Locked, "another daemon builds %s", b.ID)
		} else if err != nil {
			return err
		}
		return db.Map(s.db.Conn(ctx).NewRaw("SELECT fence FROM builds WHERE tenant = ? AND project = ? AND tree = ?",
			b.Scope.Tenant, b.Scope.Project, b.Tree).Scan(ctx, &fence), "build "+b.ID)
	})
	return fence, err
}

// Save writes how a build stands, and keeps it, or gives it back where it has ended.
func (s *Store) Save(ctx context.Context, b build.Build, fence int64, until time.Time) error {
	body, err := db.Encode(b, "build "+b.ID)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"UPDATE builds SET state = ?, body = ?, held_until = ?, holder = CASE WHEN ? THEN '' ELSE holder END WHERE tenant = ? AND project = ? AND tree = ? AND fence = ? AND holder <> ''",
		string(b.State), body, until, b.State.Ended(), b.Scope.Tenant, b.Scope.Project, b.Tree, fence).Exec(ctx)
	if err := db.Changed(result, err, "build "+b.ID); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "another daemon has build %s by now", b.ID)
	} else if err != nil {
		return err
	}
	return nil
}

// Recover gives back what a former process of the holder has had. Its fences are
// void, should it be alive after all.
func (s *Store) Recover(ctx context.Context, holder string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE builds SET holder = '', fence = fence + 1 WHERE holder = ?", holder).Exec(ctx)
	return db.Map(err, "builds")
}
