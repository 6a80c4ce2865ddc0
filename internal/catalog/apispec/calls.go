package apispec

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxCounts bounds what is counted apart between two writes; what comes beyond
	// is counted for the consumer Others.
	maxCounts = 20_000
	// Others are consumers beyond what is counted apart.
	Others = "(others)"
	// keepCalls is how long days are kept.
	keepCalls = 400 * 24 * time.Hour
)

// CallStore keeps counts; apispecsql implements it.
type CallStore interface {
	// AddCalls adds to what is counted of each.
	AddCalls(ctx context.Context, all []Call) error
	// Calls returns the sums of a version's calls within a reach since a day, the most first.
	Calls(ctx context.Context, k Key, within kernel.Reach, stage, since string, most int) ([]Call, error)
	// DropCalls removes days before one.
	DropCalls(ctx context.Context, before string) error
}

// Calls counts who calls which operation, in memory until Write. It is safe for
// use by many goroutines.
type Calls struct {
	Store CallStore
	Clock kernel.Clock

	mu     sync.Mutex
	counts map[counted]*tally
}

// counted is what is counted apart. It is made of words of the platform.
type counted struct {
	Key

	stage, operation, consumer, day string
}

type tally struct{ calls, errors int64 }

// Count counts one call, which failed where its status is 400 or more.
func (c *Calls) Count(k Key, stage, operation, consumer string, status int) {
	at := counted{Key: k, stage: stage, operation: operation, consumer: consumer, day: c.Clock.Now().UTC().Format(time.DateOnly)}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.counts[at]
	if t == nil {
		if len(c.counts) >= maxCounts {
			at.consumer = Others
		}
		if t = c.counts[at]; t == nil {
			t = c.room(at)
		}
	}
	t.calls++
	if status >= 400 {
		t.errors++
	}
}

// room makes place for a count. There are at most twice as many as are counted
// apart: beyond, operations are not told apart either.
func (c *Calls) room(at counted) *tally {
	if c.counts == nil {
		c.counts = map[counted]*tally{}
	}
	if len(c.counts) >= 2*maxCounts {
		at.operation = Others
	}
	t := c.counts[at]
	if t == nil {
		t = &tally{}
		c.counts[at] = t
	}
	return t
}

// Write keeps what was counted. Where it cannot, the counts go on.
func (c *Calls) Write(ctx context.Context) error {
	c.mu.Lock()
	counts := c.counts
	c.counts = nil
	c.mu.Unlock()
	if len(counts) == 0 {
		return nil
	}
	all := make([]Call, 0, len(counts))
	for at, t := range counts {
		all = append(all, Call{Key: at.Key, Stage: at.stage, Operation: at.operation, Consumer: at.consumer, Day: at.day, Calls: t.calls, Errors: t.errors})
	}
	if err := c.Store.AddCalls(ctx, all); err != nil {
		c.restore(counts)
		return fmt.Errorf("write calls: %w", err)
	}
	return nil
}

// restore adds counts that could not be written.
func (c *Calls) restore(counts map[counted]*tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, t := range counts {
		now := c.counts[at]
		if now == nil {
			now = c.room(at)
		}
		now.calls += t.calls
		now.errors += t.errors
	}
}

// Tidy removes days that are too old.
func (c *Calls) Tidy(ctx context.Context) error {
	return c.Store.DropCalls(ctx, c.Clock.Now().Add(-keepCalls).UTC().Format(time.DateOnly))
}

// Consumers returns who called which operation of a version on a stage since a
// day, the most first; on all stages for an empty one.
func (s *Service) Consumers(ctx context.Context, k Key, stage string, days int) ([]Call, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, k.scope()); err != nil {
		return nil, err
	}
	if stage != "" {
		if err := s.Stages.Check(stage); err != nil {
			return nil, err
		}
	}
	if _, err := s.Store.Revision(ctx, k, 0); err != nil {
		return nil, err
	}
	within, err := s.sight(ctx, k.scope())
	if err != nil {
		return nil, err
	}
	since := s.Clock.Now().AddDate(0, 0, 1-days).UTC().Format(time.DateOnly)
	return s.Traffic.Calls(ctx, k, within, stage, since, maxConsumers)
}

// maxConsumers bounds a list of who calls what.
const maxConsumers = 1000
