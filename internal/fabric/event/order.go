package event

import (
	"context"
	"time"
)

const (
	orderAtOnce = 128
	// idlePoll is how often Serve looks for what other processes do.
	idlePoll = time.Second
	maxRetry = 10 * time.Second
)

// Serve gives what is recorded its place, and tells followers of what other
// processes have placed, until ctx ends. Every process may do it.
func (l *Log) Serve(ctx context.Context) error {
	recorded := make(chan struct{}, 1)
	l.recorded.Store(&recorded)
	defer l.recorded.Store(nil)
	timer := time.NewTimer(0)
	defer timer.Stop()
	retry, seen := time.Duration(0), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-recorded:
		case <-timer.C:
		}
		last, err := l.place(ctx)
		if last > seen {
			seen = last
			l.placed.all()
		}
		if err != nil && ctx.Err() == nil {
			retry = min(max(2*retry, 100*time.Millisecond), maxRetry)
			l.Log.WarnContext(ctx, "events wait for their place", "error", err, "retry", retry)
			timer.Reset(retry)
			continue
		}
		retry = 0
		timer.Reset(idlePoll)
	}
}

// Order places what is recorded now.
func (l *Log) Order(ctx context.Context) error {
	_, err := l.place(ctx)
	l.placed.all()
	return err
}

// place places what is recorded, and returns the last place that is taken.
func (l *Log) place(ctx context.Context) (last uint64, err error) {
	for {
		var n int
		if n, last, err = l.Store.Order(ctx, orderAtOnce, l.Clock.Now()); err != nil || n < orderAtOnce {
			l.know(last)
			return last, err
		}
	}
}
