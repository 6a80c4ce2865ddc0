// Package supervise runs the background loops of Terrace: each has a name and
// an owner, is started again with backoff when it fails, and ends with the
// group.
//
// It owns goroutines and their life. It does not own what the loops do, nor
// which replica of several runs one.
package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

// The bounds of the pause before a failed loop runs again. One that ran
// longer than healthy starts from the first again.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 30 * time.Second
	healthy    = time.Minute
)

// Loop works until ctx ends. An error or a panic has it run again after a
// pause; nil means that it is done.
type Loop func(ctx context.Context) error

// Group runs loops. The zero Group is not usable; New returns one.
type Group struct {
	log *slog.Logger

	mu      sync.Mutex
	waiting []named
	ctx     context.Context //nolint:containedctx // the life of the group, set by Start
	cancel  context.CancelFunc
	running sync.WaitGroup
	stopped bool
}

type named struct {
	name string
	loop Loop
}

// New returns a group that logs to log.
func New(log *slog.Logger) *Group { return &Group{log: log} }

// Add adds a loop. Before Start it waits for it; after Stop it never runs.
func (g *Group) Add(name string, loop Loop) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.stopped:
	case g.ctx == nil:
		g.waiting = append(g.waiting, named{name, loop})
	default:
		g.launch(named{name, loop})
	}
}

// Every adds a loop that calls work at once and then at every Beat of interval.
// An error of work is logged, and work is called again at the next one.
func (g *Group) Every(name string, interval time.Duration, work Loop) {
	g.Add(name, func(ctx context.Context) error {
		for {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				g.log.WarnContext(ctx, "periodic work failed", slog.String("loop", name), slog.String("error", err.Error()))
			}
			if !pause(ctx, Beat(interval)) {
				return nil
			}
		}
	})
}

// Start runs the loops until Stop is called; the end of ctx does not stop
// them, its values reach them. A second call does nothing.
func (g *Group) Start(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx != nil || g.stopped {
		return
	}
	g.ctx, g.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, n := range g.waiting {
		g.launch(n)
	}
	g.waiting = nil
}

// Stop ends the loops and waits for them. The error names that some were still
// running when ctx ended. A second call waits again.
func (g *Group) Stop(ctx context.Context) error {
	g.mu.Lock()
	g.stopped = true
	if g.cancel != nil {
		g.cancel()
	}
	g.mu.Unlock()
	done := make(chan struct{})
	go func() { g.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("background loops are still running: %w", ctx.Err())
	}
}

// launch is called with the lock held.
func (g *Group) launch(n named) {
	ctx := g.ctx
	g.running.Go(func() { g.keep(ctx, n) })
}

// keep runs a loop until it is done or the group ends.
func (g *Group) keep(ctx context.Context, n named) {
	wait := firstPause
	for ctx.Err() == nil {
		start := time.Now()
		err := guard(ctx, n.loop)
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(start) >= healthy {
			wait = firstPause
		}
		g.log.ErrorContext(ctx, "a background loop failed and will run again",
			slog.String("loop", n.name), slog.Duration("after", wait), slog.String("error", err.Error()))
		if !pause(ctx, jitter(wait)) {
			return
		}
		wait = min(2*wait, maxPause)
	}
}

// guard turns a panic of a loop into its error.
func guard(ctx context.Context, loop Loop) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return loop(ctx)
}

// jitter spreads d over its upper half, so that what failed together does not
// come back together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2) //nolint:gosec // not a secret
}

// pause waits for d; false means that ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
