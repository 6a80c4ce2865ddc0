package event

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Retention is how long the log keeps events; of more than maxKept the oldest go
// before.
const (
	Retention = 7 * 24 * time.Hour
	maxKept   = 4_000_000
)

// Entry is an event as the log keeps it.
type Entry struct {
	ID     string
	Tenant string
	// Fact is the type of the fact, such as run.approved.
	Fact string
	// Project and Stage are those of the event, "" where it has none.
	Project, Stage string
	// Body is the event in its JSON form.
	Body []byte
	// Sequence is its place in the log, 0 before it has one.
	Sequence uint64
}

// Query asks for events after a sequence.
type Query struct {
	// Tenant is whose; empty is everyone's, for components of Terrace.
	Tenant string
	// Fact is a type of facts, such as run.approved, or run.> for all that begin
	// so; empty is every type.
	Fact  string
	After uint64
	// Before, where it is not 0, asks for those before a sequence, the newest first.
	Before uint64
	// Project is one project; empty is all.
	Project string
	// Seen narrow to what one of them has; nil is all.
	Seen []Sight
}

// Sight is where facts of some kinds are seen.
type Sight struct {
	// Nouns begin the types of the facts, such as run; with Else it is about all others.
	Nouns  []string
	Else   bool
	Within kernel.Reach
}

// Bounds are the sequences of the oldest and the newest event that are kept;
// of an empty log First is Last+1.
type Bounds struct{ First, Last uint64 }

// LogStore keeps events; eventsql implements it.
type LogStore interface {
	// Add keeps events, in the transaction of ctx. It returns the place of the last
	// one where they have theirs at once, which follow each other, else 0.
	Add(ctx context.Context, all []Entry, now time.Time) (last uint64, err error)
	// Order gives the oldest events without a place the next ones, at most limit of
	// them, and returns how many it has placed and the last place that is taken. A
	// reader that has seen a place will find nothing new before it.
	Order(ctx context.Context, limit int, now time.Time) (placed int, last uint64, err error)
	Bounds(ctx context.Context) (Bounds, error)
	// Read returns the first events that a query asks for, in their order, or the
	// last ones, the newest first.
	Read(ctx context.Context, q Query, limit int) ([]Entry, error)
	// Get returns the event of a sequence, or NotFound.
	Get(ctx context.Context, sequence uint64) (Entry, error)
	// Forget removes events that were placed before a time, and those up to a sequence.
	Forget(ctx context.Context, before time.Time, upTo uint64) (int, error)
}

// Log is what happened, in one order that every process on its database sees.
type Log struct {
	Store LogStore
	Clock kernel.Clock
	Log   *slog.Logger
	// Address is where others reach the platform: the schemas of data are there.
	// Without one events name no schema.
	Address string

	// recorded tells Serve of a commit.
	recorded atomic.Pointer[chan struct{}]
	placed   broadcast
	end      end
	schemas  schemas
	// known is the last place that this process knows to be taken.
	known atomic.Uint64
}

// know notes that a place is taken.
func (l *Log) know(sequence uint64) {
	for {
		before := l.known.Load()
		if before >= sequence || l.known.CompareAndSwap(before, sequence) {
			return
		}
	}
}

// wake tells Serve that something is recorded.
func (l *Log) wake() {
	if recorded := l.recorded.Load(); recorded != nil {
		select {
		case *recorded <- struct{}{}:
		default:
		}
	}
}

// Bounds returns what is kept.
func (l *Log) Bounds(ctx context.Context) (Bounds, error) { return l.Store.Bounds(ctx) }

// After returns the tenant's first event after a sequence, of the types that fact
// names as in a Query; ok is false when there is none yet.
func (l *Log) After(ctx context.Context, tenant, fact string, sequence uint64) (e Event, ok bool, err error) {
	entries, err := l.Store.Read(ctx, Query{Tenant: tenant, Fact: fact, After: sequence}, 1)
	if err != nil || len(entries) == 0 {
		return Event{}, false, err
	}
	e, err = entries[0].event()
	return e, err == nil, err
}

// Read returns the first events that a query asks for, in their order, or the last ones,
// the newest first.
func (l *Log) Read(ctx context.Context, q Query, limit int) ([]Event, error) {
	entries, err := l.Store.Read(ctx, q, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Event, len(entries))
	for i, e := range entries {
		if out[i], err = e.event(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// At returns the event of a sequence; ok is false when it is no longer kept.
func (l *Log) At(ctx context.Context, sequence uint64) (e Event, ok bool, err error) {
	entry, err := l.Store.Get(ctx, sequence)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return Event{}, false, nil
	case err != nil:
		return Event{}, false, err
	}
	e, err = entry.event()
	return e, err == nil, err
}

// Sweep forgets what is older than Retention.
func (l *Log) Sweep(ctx context.Context) error {
	b, err := l.Store.Bounds(ctx)
	if err != nil {
		return err
	}
	_, err = l.Store.Forget(ctx, l.Clock.Now().Add(-Retention), b.Last-min(b.Last, maxKept))
	l.end.forget()
	return err
}

func (e Entry) event() (out Event, err error) {
	if err := json.Unmarshal(e.Body, &out); err != nil {
		return Event{}, fmt.Errorf("decode event %s: %w", e.ID, err)
	}
	out.Sequence = e.Sequence
	return out, nil
}

// broadcast wakes everyone who waits.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// next returns what is closed at the next call of all.
func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) all() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
