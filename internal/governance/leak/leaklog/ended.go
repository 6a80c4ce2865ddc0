package leaklog

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// How logs of runs that have ended are looked through.
const (
	// settle is how long after the end of a run its log gets its last lines.
	settle = 3 * time.Second
	// idle is how often the database is asked for logs that nobody rang for.
	idle = 30 * time.Second
	// atOnce is how many logs a process looks through at once, one of a tenant.
	atOnce = 2
	// lookTime bounds a look; so long nobody else takes the log.
	lookTime = 5 * time.Minute
	// leave is how long a log is left to the process in which its run ended, which may be
	// the only one that has it, and to others by one that does not.
	leave = 10 * time.Minute
	// missing is how long a log is waited for that nobody has.
	missing = 24 * time.Hour
	// attempts ends looks that fail again and again, firstPause and longestPause are
	// between them.
	attempts     = 10
	firstPause   = 10 * time.Second
	longestPause = time.Hour
)

// Ended is the log of a run that has ended, and is to be looked through.
type Ended struct {
	Log

	// Node is the process in which the run ended, At when.
	Node string
	At   time.Time
	// Due is when it is to be looked through, Attempts how often that failed.
	Due      time.Time
	Attempts int
}

// Store keeps the logs that are to be looked through; leaksql implements it.
type Store interface {
	// Add takes a log along, in the transaction that ends its run.
	Add(ctx context.Context, e Ended) error
	// Next returns the log that is due the longest, of tenants that are not busy and not of
	// the runs in without: of a run that ended on the node, or before left.
	Next(ctx context.Context, now, left time.Time, node string, busy, without []string) (e Ended, ok bool, err error)
	// Take has a log due later, unless somebody else has taken it meanwhile.
	Take(ctx context.Context, e Ended, due time.Time, attempts int) (taken Ended, ok bool, err error)
	// Done forgets a log as it was taken.
	Done(ctx context.Context, e Ended) error
}

// Config is what a Watcher works with. All is required but Asker and Clock.
type Config struct {
	Store Store
	Runs  Runs
	Leaks Leaks
	// Asker tells who asked for a run, "" where nobody knows.
	Asker func(ctx context.Context, scope kernel.Scope, run string) (string, error)
	// Node names this process among those on the same database.
	Node  string
	Clock kernel.Clock
	Log   *slog.Logger
}

// Watcher has each log of a run looked through once the run has ended, by one process of
// all those on the same database.
type Watcher struct {
	Config

	bell  *rounds.Bell
	turns rounds.Turns

	mu sync.Mutex
	// elsewhere are the runs whose logs are not here, until when they are not looked for.
	elsewhere map[string]time.Time
}

// New returns a watcher.
func New(c Config) *Watcher {
	return &Watcher{Config: c, bell: rounds.NewBell(), turns: rounds.Turns{Most: atOnce}, elsewhere: map[string]time.Time{}}
}

// Ended has the log of a run looked through that ends in the transaction of ctx.
func (w *Watcher) Ended(ctx context.Context, of Log) error {
	now := w.Clock.Now()
	if err := w.Store.Add(ctx, Ended{Log: of, Node: w.Node, At: now, Due: now.Add(settle)}); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { w.bell.RingIn(settle + time.Millisecond) })
	return nil
}

// Watch looks through logs that are due until ctx ends.
func (w *Watcher) Watch(ctx context.Context) error {
	defer w.turns.Wait()
	return rounds.Rounds{Bell: w.bell, Idle: idle, Clock: w.Clock, Look: w.round}.Run(ctx)
}

// round begins looks as long as there is room, one for each tenant. Who has finished rings.
func (w *Watcher) round(ctx context.Context) error {
	return w.turns.Fill(func(busy []string) (tenant string, look func(), err error) {
		now := w.Clock.Now()
		e, ok, err := w.Store.Next(ctx, now, now.Add(-leave), w.Node, busy, w.without(now))
		if err != nil || !ok {
			return "", nil, err
		}
		taken, ok, err := w.Store.Take(ctx, e, now.Add(lookTime), e.Attempts+1)
		if err != nil || !ok {
			return e.Scope.Tenant, nil, err
		}
		return e.Scope.Tenant, func() { w.turn(ctx, taken) }, nil
	}, w.bell.Ring)
}

// turn looks through a log, and has it looked through again where that failed. What the
// database does not take down is tried again once nobody has the log any more.
func (w *Watcher) turn(ctx context.Context, e Ended) {
	err := w.look(ctx, e)
	if err != nil && ctx.Err() == nil {
		w.Log.WarnContext(ctx, "the log of a run was not looked through for leaked values yet", "run", e.Run, "attempt", e.Attempts, "error", err)
		err = w.again(ctx, e)
	}
	if err != nil && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "how far logs of runs are looked through could not be written", "run", e.Run, "error", err)
	}
}

func (w *Watcher) look(ctx context.Context, e Ended) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	log := &stretches{runs: w.Runs, run: e.Run, line: 1}
	first, err := log.next(ctx)
	if kernel.Is(err, kernel.NotFound) {
		return w.end(ctx, e, "it is gone: "+err.Error())
	}
	if err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	if first.text == "" {
		return w.absent(ctx, e)
	}
	if w.Asker != nil {
		if e.By, err = w.Asker(ctx, e.Scope, e.Run); err != nil {
			return fmt.Errorf("who asked for it: %w", err)
		}
	}
	return w.all(ctx, e, log, first)
}

// all looks through a log from its first stretch on, and tells what was not looked at.
func (w *Watcher) all(ctx context.Context, e Ended, log *stretches, p stretch) (err error) {
	e.Part = !p.last
	var left []string
	for size := p.more; ; size += p.more {
		if p.more > 0 {
			found, err := w.Leaks.Inspect(ctx, e.Scope, e.place(p.line), p.text)
			if err != nil {
				return err
			}
			if found.Incomplete != "" && !slices.Contains(left, found.Incomplete) {
				left = append(left, found.Incomplete)
			}
		}
		if p.last {
			break
		}
		if size >= mostOfRun {
			left = append(left, fmt.Sprintf("only its first %d MB were looked at", mostOfRun>>20))
			break
		}
		if p, err = log.next(ctx); err != nil {
			return fmt.Errorf("read it: %w", err)
		}
	}
	if len(left) > 0 {
		return w.end(ctx, e, strings.Join(left, "; "))
	}
	return w.Store.Done(ctx, e)
}

// absent leaves a log that is not here to others for a while, or tells that nobody has it.
func (w *Watcher) absent(ctx context.Context, e Ended) error {
	now := w.Clock.Now()
	if now.Sub(e.At) >= missing {
		return w.end(ctx, e, "no process had it for a day")
	}
	w.mu.Lock()
	w.elsewhere[e.Run] = now.Add(leave)
	w.mu.Unlock()
	_, _, err := w.Store.Take(ctx, e, now, 0)
	return err
}

// without are runs whose logs were not here a moment ago.
func (w *Watcher) without(now time.Time) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.elsewhere, func(_ string, until time.Time) bool { return !now.Before(until) })
	return slices.Sorted(maps.Keys(w.elsewhere))
}

// again has a log looked through later, or no more where that failed often.
func (w *Watcher) again(ctx context.Context, e Ended) error {
	if e.Attempts >= attempts {
		return w.end(ctx, e, fmt.Sprintf("that failed %d times", e.Attempts))
	}
	_, _, err := w.Store.Take(ctx, e, w.Clock.Now().Add(min(firstPause<<(e.Attempts-1), longestPause)), e.Attempts)
	return err
}

func (w *Watcher) end(ctx context.Context, e Ended, why string) error {
	if err := w.Leaks.Unseen(ctx, e.Scope, e.place(0), why); err != nil {
		return err
	}
	return w.Store.Done(ctx, e)
}
