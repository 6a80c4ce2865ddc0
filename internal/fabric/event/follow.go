package event

import (
	"context"
	"errors"
)

const readAtOnce = 64

// ErrForgotten says that the log keeps some events no longer that a follower has not had.
var ErrForgotten = errors.New("events are no longer kept that were not followed yet")

// Follower reads the log on and on. It is for one goroutine.
type Follower struct {
	log   *Log
	after uint64
	ahead []Entry
	// began says that the log was read once: what was there before this process knew.
	began bool
	// every tells that none may be missing.
	every bool
}

// Follow begins to read everyone's events after a sequence.
func (l *Log) Follow(after uint64) *Follower { return &Follower{log: l, after: after} }

// FollowEvery is Follow for who must know where some are missing: Next returns ErrForgotten
// once for each gap, and goes on behind it.
func (l *Log) FollowEvery(after uint64) *Follower {
	return &Follower{log: l, after: after, every: true}
}

// Next waits for the next event. The error is ctx's when it ends.
func (f *Follower) Next(ctx context.Context) (Event, error) {
	for len(f.ahead) == 0 {
		placed := f.log.placed.next() // before looking: what comes meanwhile is not missed
		if e, ok := f.log.end.at(f.after + 1); ok {
			f.after = e.Sequence
			return e, nil
		}
		if err := f.read(ctx); err != nil {
			return Event{}, err
		}
		if len(f.ahead) > 0 {
			break
		}
		select {
		case <-ctx.Done():
			return Event{}, ctx.Err()
		case <-placed:
		}
	}
	next := f.ahead[0]
	if f.every && next.Sequence > f.after+1 {
		f.after = next.Sequence - 1
		return Event{}, ErrForgotten
	}
	f.ahead, f.after = f.ahead[1:], next.Sequence
	return next.event()
}

// read reads on, where there can be more.
func (f *Follower) read(ctx context.Context) (err error) {
	known := f.log.known.Load() // before reading: what is known to be there is, or is forgotten
	if f.began && f.after >= known {
		return nil
	}
	f.ahead, err = f.log.Store.Read(ctx, Query{After: f.after}, readAtOnce)
	f.began = f.began || err == nil
	if err == nil && f.every && len(f.ahead) == 0 && known > f.after {
		f.after = known
		return ErrForgotten
	}
	return err
}
