package event

import "context"

const readAtOnce = 64

// Follower reads the log on and on. It is for one goroutine.
type Follower struct {
	log   *Log
	after uint64
	ahead []Entry
	// began says that the log was read once: what was there before this process knew.
	began bool
}

// Follow begins to read everyone's events after a sequence.
func (l *Log) Follow(after uint64) *Follower { return &Follower{log: l, after: after} }

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
	f.ahead, f.after = f.ahead[1:], next.Sequence
	return next.event()
}

// read reads on, where there can be more.
func (f *Follower) read(ctx context.Context) (err error) {
	if f.began && f.after >= f.log.known.Load() {
		return nil
	}
	f.ahead, err = f.log.Store.Read(ctx, Query{After: f.after}, readAtOnce)
	f.began = f.began || err == nil
	return err
}
