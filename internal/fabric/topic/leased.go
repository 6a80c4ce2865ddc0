package topic

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// leaseTerm is how long a process that has gone silent keeps its workers from others,
	// claimEvery how often it says that it is there, and leaseMargin how far the clocks of two
	// may be apart.
	leaseTerm   = 30 * time.Second
	claimEvery  = 10 * time.Second
	leaseMargin = 5 * time.Second
	claimWithin = 5 * time.Second
)

// worker works on what belongs to a topic until its context ends.
type worker[T any] interface {
	run(ctx context.Context)
	// as reports whether another one would do what this one does.
	as(other T) bool
	// close lets go of what one has that runs no longer, or never ran.
	close()
}

// leases are claims of one process to what belongs to topics.
type leases[T worker[T]] interface {
	// claim has the holder hold what it can do until a time, and names it.
	claim(ctx context.Context, holder string, now, until time.Time) ([]OfTopic, error)
	release(ctx context.Context, holder string) error
	// read makes the worker of what is kept, NotFound where that was deleted meanwhile.
	read(ctx context.Context, of OfTopic) (T, error)
	// note is told of those that run before they may end, and ended of one that has.
	note(ctx context.Context, holder string, running map[OfTopic]T)
	ended(of OfTopic)
}

// leased are the workers of this process: each has its lease, and runs in no other process.
type leased[T worker[T]] struct {
	// what they are, for the log: subscriptions, say.
	what    string
	holder  string
	changed chan struct{}

	mu    sync.Mutex
	until time.Time
	// all is changed by run alone, which reads it without mu.
	all map[OfTopic]*running[T]
}

// running is a worker that runs.
type running[T worker[T]] struct {
	worker T
	cancel context.CancelFunc
	over   chan struct{}
}

// ended reports whether it runs no longer, though nobody has stopped it: its lease was over.
func (r *running[T]) ended() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}

func newLeased[T worker[T]](what, prefix string) *leased[T] {
	return &leased[T]{what: what, holder: kernel.NewID(prefix), changed: make(chan struct{}, 1), all: map[OfTopic]*running[T]{}}
}

// nudge has run look at what there is again after a change, which err is the outcome of.
func (l *leased[T]) nudge(err error) {
	if err != nil {
		return
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// may refuses to go on once another process may.
func (l *leased[T]) may(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.until.Add(-leaseMargin)) {
		return kernel.Errorf(kernel.Stale, "the %s may be another process's now", l.what)
	}
	return nil
}

// now are the workers that run.
func (l *leased[T]) now() map[OfTopic]T {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[OfTopic]T, len(l.all))
	for of, r := range l.all {
		out[of] = r.worker
	}
	return out
}

// whileRunning does something with one that runs still, while it cannot be replaced.
func (l *leased[T]) whileRunning(of OfTopic, do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[of] != nil {
		do()
	}
}

// run has workers run for what this process holds until ctx ends.
func (l *leased[T]) run(ctx context.Context, from leases[T], clock kernel.Clock, log *slog.Logger) error {
	timer := time.NewTicker(claimEvery)
	defer timer.Stop()
	defer l.end(ctx, from, log)
	for {
		if err := l.renew(ctx, from, clock, log); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.changed:
		case <-timer.C:
		}
	}
}

// renew claims what there is, and has its workers run.
func (l *leased[T]) renew(ctx context.Context, from leases[T], clock kernel.Clock, log *slog.Logger) error {
	within, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	from.note(within, l.holder, l.now())
	now := clock.Now()
	mine, err := from.claim(within, l.holder, now, now.Add(leaseTerm))
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.until = now.Add(leaseTerm)
	l.mu.Unlock()
	wanted := map[OfTopic]T{}
	for _, one := range mine {
		w, err := from.read(within, one)
		if kernel.Is(err, kernel.NotFound) {
			continue // it was deleted meanwhile
		}
		if err != nil { // one that runs goes on as it does
			log.WarnContext(ctx, "what works on a topic cannot be read", "what", l.what, "topic", Account(one.Scope, one.Topic), "name", one.Name, "error", err)
			r := l.all[one]
			if r == nil || r.ended() {
				continue
			}
			w = r.worker
		}
		wanted[one] = w
	}
	l.replace(ctx, from, wanted)
	return nil
}

// replace ends those that are not wanted as they are, and begins those that are new or have ended
// by themselves.
func (l *leased[T]) replace(ctx context.Context, from leases[T], wanted map[OfTopic]T) {
	for of, r := range maps.Clone(l.all) {
		if w, is := wanted[of]; !is || r.ended() || !r.worker.as(w) {
			l.stop(of, r)
			from.ended(of)
		}
	}
	for of, w := range wanted {
		if r := l.all[of]; r == nil {
			l.begin(ctx, of, w)
		} else if any(r.worker) != any(w) {
			w.close()
		}
	}
}

func (l *leased[T]) begin(ctx context.Context, of OfTopic, w T) {
	own, cancel := context.WithCancel(kernel.WithActor(ctx, kernel.System("topics", of.Scope.Tenant)))
	r := &running[T]{worker: w, cancel: cancel, over: make(chan struct{})}
	go func() {
		defer cancel()
		w.run(own)
		w.close()
		close(r.over)
		l.nudge(own.Err()) // it has ended by itself
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[of] = r
}

func (l *leased[T]) stop(of OfTopic, r *running[T]) {
	r.cancel()
	<-r.over
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, of)
}

// end ends all, and lets other processes take over at once.
func (l *leased[T]) end(ctx context.Context, from leases[T], log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimWithin)
	defer cancel()
	for _, r := range l.all {
		r.cancel()
		<-r.over
	}
	from.note(ctx, l.holder, l.now())
	l.replace(ctx, from, nil)
	if err := from.release(ctx, l.holder); err != nil {
		log.WarnContext(ctx, "what works on topics was not given back: it rests until others may take it", "what", l.what, "for", leaseTerm, "error", err)
	}
}
