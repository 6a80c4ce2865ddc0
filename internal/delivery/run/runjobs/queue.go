// Package runjobs queues the steps of runs as River jobs, in the transaction
// that makes them due, and works them off.
//
// It owns River: its tables, its client and its workers. What a step does is
// delivery/run's Turn: a job wakes, and which run is taken up is decided there.
// That a step happens once is its lease, not the queue.
package runjobs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const (
	// DefaultConcurrency is how many jobs a laptop works off at once.
	DefaultConcurrency = 2
	// DefaultPoll is how often jobs are looked for that other processes queued: of
	// its own a process is told by its bell.
	DefaultPoll = time.Second
	// DefaultRest is how long there is no job until none are looked for.
	DefaultRest = 10 * time.Second
	attempts    = 5
)

// Turner executes the runs whose turn it is; run is the one that became due.
type Turner interface {
	Turn(ctx context.Context, scope kernel.Scope, run string) error
}

// Config tunes a Queue.
type Config struct {
	// Concurrency is how many jobs are worked off at once; 0 is DefaultConcurrency.
	// Which of them executes a run is the Turner's choice.
	Concurrency int
	// Others is how many more are worked off at once at this moment, such as those of
	// runs that others execute; nil is none. It is asked again and again.
	Others func() int
	// Poll is how often new jobs are looked for; 0 is DefaultPoll.
	Poll time.Duration
	// Rest is how long there is no job until River rests; 0 is DefaultRest.
	Rest time.Duration
	Log  *slog.Logger
}

// Queue is River over Terrace's database.
type Queue struct {
	config Config
	db     *db.DB
	driver riverdriver.Driver[*sql.Tx]
	insert *river.Client[*sql.Tx]
	// queued says that this process has queued a job.
	queued chan struct{}
	crew   crew
}

// New returns a queue that can take jobs; Start works them off.
func New(d *db.DB, c Config) (*Queue, error) {
	c.Concurrency = cmp.Or(c.Concurrency, DefaultConcurrency)
	c.Poll, c.Rest = cmp.Or(c.Poll, DefaultPoll), cmp.Or(c.Rest, DefaultRest)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	q := &Queue{config: c, db: d, driver: driver(d), queued: make(chan struct{}, 1)}
	var err error
	q.insert, err = river.NewClient(q.driver, &river.Config{Logger: discreet(c.Log)})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return q, nil
}

func driver(d *db.DB) riverdriver.Driver[*sql.Tx] {
	if d.Dialect() == db.SQLite {
		return riversqlite.New(d.SQL())
	}
	return riverdatabasesql.New(d.SQL())
}

// Migrate brings River's tables to their newest version.
func (q *Queue) Migrate(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// quiet drops what River's migrator says on every start.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// discreet keeps what River says of itself for those who debug: its counts of
// jobs would be a line every few seconds.
func discreet(log *slog.Logger) *slog.Logger { return slog.New(discreetHandler{log.Handler()}) }

type discreetHandler struct{ slog.Handler }

// Enabled takes River's information for details; warnings stay what they are.
func (h discreetHandler) Enabled(ctx context.Context, level slog.Level) bool {
	if level < slog.LevelWarn {
		level = slog.LevelDebug
	}
	return h.Handler.Enabled(ctx, level)
}

func (h discreetHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return discreetHandler{h.Handler.WithAttrs(attrs)}
}

func (h discreetHandler) WithGroup(name string) slog.Handler {
	return discreetHandler{h.Handler.WithGroup(name)}
}

// advanceArgs name the run to advance.
type advanceArgs struct {
	Tenant  string `json:"tenant"`
	Project string `json:"project"`
	Run     string `json:"run"`
}

// Kind is the name of the job in River's tables.
func (advanceArgs) Kind() string { return "run_advance" }

// plenty is how many jobs wait at the least before a run has none of its own, and
// plentyEach how many for each that is worked off at once: other processes may work
// off more of them.
const (
	plenty     = 16
	plentyEach = 4
)

// atOnce is how many jobs are worked off at once now. One that only finds that nothing
// more may be executed costs two commits, so there are no more of them than that.
func (q *Queue) atOnce() int {
	if q.config.Others == nil {
		return q.config.Concurrency
	}
	return q.config.Concurrency + q.config.Others()
}

// Enqueue sees to it that the next step of a run is made once the transaction of ctx
// is committed. Where many jobs wait already it adds no other: each of them executes
// whichever runs there are then, until there is none.
func (q *Queue) Enqueue(ctx context.Context, scope kernel.Scope, run string) error {
	if !db.InTransaction(ctx) {
		return errors.New("enqueue a run: there is no transaction to do it in")
	}
	db.AfterCommit(ctx, q.wake)
	if enough, err := q.enough(ctx); enough || err != nil {
		return db.Map(err, "job for run "+run)
	}
	args := advanceArgs{Tenant: scope.Tenant, Project: scope.Project, Run: run}
	err := db.WithSQLTx(ctx, func(tx *sql.Tx) error {
		_, err := q.insert.InsertTx(ctx, tx, args, &river.InsertOpts{MaxAttempts: attempts})
		return err
	})
	return db.Map(err, "job for run "+run)
}

// enough reports whether plenty of jobs wait that were not tried yet. They begin after
// the end of the transaction of ctx: on SQLite to begin a job is to write, and on
// PostgreSQL they are locked until then, which who looks for jobs skips.
func (q *Queue) enough(ctx context.Context) (bool, error) {
	query := "SELECT id FROM river_job WHERE state = 'available' AND queue = ? AND kind = ? AND attempt = 0 LIMIT ?"
	if q.db.Dialect() == db.Postgres {
		query += " FOR UPDATE SKIP LOCKED"
	}
	var waiting []int64
	many := max(plenty, plentyEach*q.atOnce())
	err := q.db.Conn(ctx).NewRaw(query, river.QueueDefault, advanceArgs{}.Kind(), many).Scan(ctx, &waiting)
	return len(waiting) == many, err
}

// wake has the job that was queued looked for at once.
func (q *Queue) wake() {
	select {
	case q.queued <- struct{}{}:
	default: // it is about to be, with the one before
	}
}
