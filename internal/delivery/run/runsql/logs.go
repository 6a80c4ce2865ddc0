package runsql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// logRow is a part of a log as it is kept.
type logRow struct {
	Run, Part, Tenant string
	FirstAt, LastAt   time.Time
	Size              int64
	RemovedAt         *time.Time
}

func (r logRow) part() (run.LogPart, error) {
	p := run.LogPart{Run: r.Run, ID: r.Part, Tenant: r.Tenant, First: r.FirstAt.UTC(), Last: r.LastAt.UTC(), Size: r.Size}
	if r.RemovedAt != nil {
		p.Removed = r.RemovedAt.UTC()
	}
	return p, nil
}

const logColumns = "l.run, l.part, l.tenant, l.first_at, l.last_at, l.size, l.removed_at"

// AddLogParts notes parts of logs; those whose run is no more are returned, and left out.
// One that is known stays as it is.
func (s *Store) AddLogParts(ctx context.Context, parts []run.LogPart) (gone []run.LogPart, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		gone = nil
		for _, p := range parts {
			if _, err := s.RunTenant(ctx, p.Run); kernel.Is(err, kernel.NotFound) {
				gone = append(gone, p)
				continue
			} else if err != nil {
				return err
			}
			_, err := s.db.Conn(ctx).NewRaw(
				"INSERT INTO run_logs (run, part, tenant, first_at, last_at, size) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run, part) DO NOTHING",
				p.Run, p.ID, p.Tenant, p.First.UTC(), p.Last.UTC(), p.Size).Exec(ctx)
			if err != nil {
				return db.Map(err, "the log of "+p.Run)
			}
		}
		return nil
	})
	return gone, err
}

// LogParts returns the parts of a run's log, the first first, those that were removed too.
func (s *Store) LogParts(ctx context.Context, id string) ([]run.LogPart, error) {
	var rows []logRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+logColumns+" FROM run_logs AS l WHERE l.run = ? ORDER BY l.first_at, l.part", id).Scan(ctx, &rows)
	return db.Each(rows, err, "the log of "+id, logRow.part)
}

// OldLogParts returns parts of runs that have ended and of which nothing was told since
// the time, the oldest first.
func (s *Store) OldLogParts(ctx context.Context, before time.Time, most int) ([]run.LogPart, error) {
	var rows []logRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+logColumns+` FROM run_logs AS l JOIN runs AS r ON r.id = l.run
		WHERE l.removed_at IS NULL AND l.last_at < ? AND r.ended
		AND NOT EXISTS (SELECT 1 FROM run_logs AS later WHERE later.run = l.run AND later.last_at >= ?)
		ORDER BY l.last_at LIMIT ?`, before.UTC(), before.UTC(), most).Scan(ctx, &rows)
	return db.Each(rows, err, "old logs", logRow.part)
}

// RemoveLogParts notes that parts of logs are no more.
func (s *Store) RemoveLogParts(ctx context.Context, parts []run.LogPart, at time.Time) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, p := range parts {
			_, err := s.db.Conn(ctx).NewRaw("UPDATE run_logs SET removed_at = ? WHERE run = ? AND part = ? AND removed_at IS NULL", at.UTC(), p.Run, p.ID).Exec(ctx)
			if err != nil {
				return db.Map(err, "the log of "+p.Run)
			}
		}
		return nil
	})
}

// RunTenant returns the tenant of a run, or NotFound.
func (s *Store) RunTenant(ctx context.Context, id string) (tenant string, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT tenant FROM runs WHERE id = ?", id).Scan(ctx, &tenant)
	return tenant, db.Map(err, "run "+id)
}

// RunByID returns a run of whatever tenant, or NotFound.
func (s *Store) RunByID(ctx context.Context, id string) (run.Run, error) {
	var r row
	if err := s.db.Reader(ctx).NewRaw("SELECT revision, body FROM runs WHERE id = ?", id).Scan(ctx, &r); err != nil {
		return run.Run{}, db.Map(err, "run "+id)
	}
	return r.run()
}
