// Package eventsql keeps the log of events in the database.
//
// It owns the tables event_outbox, event_log and event_head. It sends nothing. The table
// event_topics of before is taken over by topicsql.
package eventsql

import (
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql migrations/*/*.sql
var migrations embed.FS

// Migrations returns the room's migrations.
func Migrations() db.Migrations { return db.Migrations{Room: "event", Files: migrations} }

// atOnce is how many events are written by one statement: their values are taken out
// of its text, which is possible for so many.
const atOnce = 16

// Store is an event.LogStore.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ event.LogStore = (*Store)(nil)

// logRow is an event with its place.
type logRow struct {
	bun.BaseModel `bun:"table:event_log"`

	Position int64 `bun:",pk"`
	ID       string
	Tenant   string
	Fact     string
	Project  string
	Stage    string
	PlacedAt time.Time
	Body     string
}

// outboxRow is an event without a place.
type outboxRow struct {
	bun.BaseModel `bun:"table:event_outbox"`

	ID      string `bun:",pk"`
	Tenant  string
	Fact    string
	Project string
	Stage   string
	Body    string
}

// Add keeps events. On SQLite, where transactions that write wait for each other
// from their beginning, they have their places at once.
func (s *Store) Add(ctx context.Context, all []event.Entry, now time.Time) (last uint64, err error) {
	if s.db.Dialect() != db.SQLite {
		return 0, db.Map(s.wait(ctx, all), "events")
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		last, err = s.append(ctx, all, now)
		return err
	})
	return last, db.Map(err, "events")
}

// wait keeps events that have no place yet.
func (s *Store) wait(ctx context.Context, all []event.Entry) error {
	rows := make([]outboxRow, len(all))
	for i, e := range all {
		rows[i] = outboxRow{ID: e.ID, Tenant: e.Tenant, Fact: e.Fact, Project: e.Project, Stage: e.Stage, Body: string(e.Body)}
	}
	for some := range slices.Chunk(rows, atOnce) {
		if _, err := s.db.Conn(ctx).NewInsert().Model(&some).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// append adds events to the end of the log.
func (s *Store) append(ctx context.Context, all []event.Entry, now time.Time) (last uint64, err error) {
	conn, n := s.db.Conn(ctx), len(all)
	if err := conn.NewRaw("UPDATE event_head SET position = position + ? WHERE id = 1 RETURNING position", n).Scan(ctx, &last); err != nil {
		return 0, err
	}
	rows := make([]logRow, n)
	for i, e := range all {
		rows[i] = logRow{Position: int64(last) - int64(n-1-i), ID: e.ID, Tenant: e.Tenant, Fact: e.Fact, Project: e.Project, Stage: e.Stage, PlacedAt: now, Body: string(e.Body)}
	}
	for some := range slices.Chunk(rows, atOnce) {
		if _, err := conn.NewInsert().Model(&some).Exec(ctx); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// Order gives the oldest events without a place the next ones. Who places holds
// the head until the end of its transaction, so places are seen in their order.
func (s *Store) Order(ctx context.Context, limit int, now time.Time) (placed int, last uint64, err error) {
	var waits bool
	err = s.db.Reader(ctx).NewRaw("SELECT position, EXISTS (SELECT 1 FROM event_outbox) FROM event_head WHERE id = 1").Scan(ctx, &last, &waits)
	if err != nil || !waits {
		return 0, last, db.Map(err, "the log of events")
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		placed, last, err = s.place(ctx, limit, now)
		return err
	})
	return placed, last, db.Map(err, "the log of events")
}

func (s *Store) place(ctx context.Context, limit int, now time.Time) (placed int, last uint64, err error) {
	conn := s.db.Conn(ctx)
	if err := conn.NewRaw("UPDATE event_head SET position = position WHERE id = 1 RETURNING position").Scan(ctx, &last); err != nil {
		return 0, 0, err
	}
	result, err := conn.NewRaw(`INSERT INTO event_log (position, id, tenant, fact, project, stage, placed_at, body)
		SELECT ? + ROW_NUMBER() OVER (ORDER BY id), id, tenant, fact, project, stage, ?, body FROM event_outbox ORDER BY id LIMIT ?`, int64(last), now, limit).Exec(ctx)
	if err != nil {
		return 0, last, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return 0, last, err
	}
	if _, err := conn.NewRaw("DELETE FROM event_outbox WHERE id IN (SELECT id FROM event_log WHERE position > ?)", int64(last)).Exec(ctx); err != nil {
		return 0, last, err
	}
	_, err = conn.NewRaw("UPDATE event_head SET position = position + ? WHERE id = 1", n).Exec(ctx)
	return int(n), last + uint64(n), err
}

// Bounds returns what is kept.
func (s *Store) Bounds(ctx context.Context) (b event.Bounds, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COALESCE((SELECT MIN(position) FROM event_log), position + 1), position FROM event_head WHERE id = 1").Scan(ctx, &b.First, &b.Last)
	return b, db.Map(err, "the log of events")
}

// Read returns the first events that a query asks for, in their order, or the
// last ones, the newest first.
func (s *Store) Read(ctx context.Context, q event.Query, limit int) ([]event.Entry, error) {
	var rows []logRow
	find := s.db.Reader(ctx).NewSelect().Model(&rows).Where("position > ?", int64(q.After)).Limit(int64(limit))
	if q.Before == 0 {
		find = find.Order("position")
	} else {
		find = find.Where("position < ?", int64(q.Before)).Order("position DESC")
	}
	if q.Tenant != "" {
		find = find.Where("tenant = ?", q.Tenant)
	}
	if begin, ok := strings.CutSuffix(q.Fact, ">"); ok {
		find = find.Where("fact LIKE ?", begin+"%")
	} else if q.Fact != "" {
		find = find.Where("fact = ?", q.Fact)
	}
	if q.Project != "" {
		find = find.Where("project = ?", q.Project)
	}
	if q.Seen != nil {
		find = seen(find, q.Seen)
	}
	if err := find.Scan(ctx); err != nil {
		return nil, db.Map(err, "the log of events")
	}
	entries := make([]event.Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	return entries, nil
}

// seen narrows a query to what one of the sights has.
func seen(find *bun.SelectQuery, sights []event.Sight) *bun.SelectQuery {
	return find.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("1 = 0")
		for _, s := range sights {
			q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
				return db.Reached(about(q, s), s.Within, "project", "stage")
			})
		}
		return q
	})
}

// about narrows a query to the facts of a sight.
func about(q *bun.SelectQuery, s event.Sight) *bun.SelectQuery {
	if s.Else {
		for _, noun := range s.Nouns {
			q = q.Where("fact NOT LIKE ?", noun+".%")
		}
		return q
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, noun := range s.Nouns {
			q = q.WhereOr("fact LIKE ?", noun+".%")
		}
		return q
	})
}

// Get returns the event of a sequence, or NotFound.
func (s *Store) Get(ctx context.Context, sequence uint64) (event.Entry, error) {
	var r logRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where("position = ?", int64(sequence)).Scan(ctx)
	return r.entry(), db.Map(err, "the event")
}

func (r logRow) entry() event.Entry {
	return event.Entry{ID: r.ID, Tenant: r.Tenant, Fact: r.Fact, Project: r.Project, Stage: r.Stage, Body: []byte(r.Body), Sequence: uint64(r.Position)}
}

// Forget removes events that were placed before a time, and those up to a sequence.
func (s *Store) Forget(ctx context.Context, before time.Time, upTo uint64) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM event_log WHERE placed_at < ? OR position <= ?", before, int64(upTo)).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the log of events")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "the log of events")
}
