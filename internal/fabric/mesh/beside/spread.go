package beside

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

const (
	// Lease is how long others take for true what a daemon has told last.
	Lease = 30 * time.Second
	// renewEvery is how often a daemon tells that it is there.
	renewEvery = 10 * time.Second
	// exchangeEvery is how often it is looked what others have told.
	exchangeEvery = time.Second
	// gather is how long changes are waited for that come together.
	gather = 50 * time.Millisecond
	// patience bounds an exchange.
	patience = 10 * time.Second
	// severally is how many sidecars are removed one by one at most; where more have left, all
	// that are there are written anew.
	severally = 100
)

// Daemon is one that has told of sidecars.
type Daemon struct {
	Name string
	// Revision is another one after each change of what it tells.
	Revision int64
	// SeenAt is when it was there last, by its own clock.
	SeenAt time.Time
}

// Store is what daemons tell each other in; besidesql implements it.
type Store interface {
	// Begin has a daemon tell of all these, and of none that it has told of before.
	Begin(ctx context.Context, daemon string, all []Record, now time.Time) error
	// Change has it tell of some more, or otherwise, and of others no longer. It does nothing
	// and is not held where nothing is known of the daemon (any more).
	Change(ctx context.Context, daemon string, put []Record, gone []Key, now time.Time) (held bool, err error)
	// Renew tells that a daemon is there; it is held as in Change.
	Renew(ctx context.Context, daemon string, now time.Time) (held bool, err error)
	// Daemons are all that have told of sidecars and were not dropped.
	Daemons(ctx context.Context) ([]Daemon, error)
	// Records are what daemons tell, by daemon.
	Records(ctx context.Context, daemons []string) (map[string][]Record, error)
	// Drop removes what a daemon has told, unless it was there since.
	Drop(ctx context.Context, d Daemon) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a Spread needs.
type Config struct {
	Sidecars *Sidecars
	Store    Store
	Tx       Tx
	Clock    kernel.Clock
	// Daemon is the name of this one, which no other has, nor had one before it.
	Daemon string
	Log    *slog.Logger
}

// Spread has all daemons of an installation know the sidecars of each.
type Spread struct {
	Config

	mu sync.Mutex
	// told are the own ones as the store has them, whose lease runs since renewed.
	told    map[Key]Record
	renewed time.Time
	// held is what was read of others, at last at read; none is given up sooner than a lease
	// after back, since when the store can be read without a gap.
	held       map[string]held
	read, back time.Time
}

// held is what is known of another daemon.
type held struct {
	revision int64
	records  []Record
}

// NewSpread returns one for sidecars of which none has come yet, which are not complete before
// the store was read.
func NewSpread(c Config) *Spread {
	c.Sidecars.mu.Lock()
	defer c.Sidecars.mu.Unlock()
	c.Sidecars.awaited++
	return &Spread{Config: c}
}

// Watch keeps what this daemon and others know the same until ctx ends. What this one has told
// stays until its lease ends: sidecars come back to it, or go to another.
func (s *Spread) Watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for failed := false; ; {
		turned := s.Sidecars.Turned()
		err := s.bounded(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "which sidecars stand beside workloads is not exchanged with other daemons; what was known last holds", "error", err)
		}
		failed = err != nil
		if !next(ctx, timer, turned) {
			return nil
		}
	}
}

func (s *Spread) bounded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.Exchange(ctx)
}

// next waits until it is time for another exchange; it is false once ctx ends.
func next(ctx context.Context, timer *time.Timer, turned <-chan struct{}) bool {
	timer.Reset(supervise.Beat(exchangeEvery))
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-turned: // many start together
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(gather):
		return true
	}
}

// Exchange tells others what is new here, and takes what is new there. Where it fails, what was
// known last holds.
func (s *Spread) Exchange(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Clock.Now()
	if err := s.tell(ctx, now); err != nil {
		return err
	}
	return s.learn(ctx, now)
}

// tell has the store be what this daemon knows.
func (s *Spread) tell(ctx context.Context, now time.Time) error {
	own := s.Sidecars.own()
	put, gone := s.differ(own, now)
	changed := len(put)+len(gone) > 0
	if !changed && (len(own) == 0 || now.Sub(s.renewed) < renewEvery) {
		return nil
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		ok := false
		switch {
		case !changed:
			ok, err = s.Store.Renew(ctx, s.Daemon, now)
		case s.told != nil && len(gone) <= severally:
			ok, err = s.Store.Change(ctx, s.Daemon, put, gone, now)
		}
		if ok || err != nil {
			return err
		}
		all := make([]Record, 0, len(own))
		for _, r := range own {
			all = append(all, r)
		}
		return s.Store.Begin(ctx, s.Daemon, all, now)
	})
	if err == nil {
		s.told, s.renewed = own, now
	}
	return err
}

// differ is what the store has not of own ones, and what it still has; own get since when they
// are so.
func (s *Spread) differ(own map[Key]Record, now time.Time) (put []Record, gone []Key) {
	for k, r := range own {
		before, known := s.told[k]
		r.Since = before.Since
		if !known || r != before {
			r.Since = now
			put = append(put, r)
		}
		own[k] = r
	}
	for k := range s.told {
		if _, still := own[k]; !still {
			gone = append(gone, k)
		}
	}
	return put, gone
}

// learn reads what others tell.
func (s *Spread) learn(ctx context.Context, now time.Time) error {
	daemons, err := s.Store.Daemons(ctx)
	if err != nil {
		return err
	}
	first := s.read.IsZero()
	if !first && now.Sub(s.read) > renewEvery {
		s.back = now // nobody could renew, or this one was not there to see it
	}
	there := map[string]held{}
	var changed []string
	for _, d := range daemons {
		before, known := s.held[d.Name]
		switch {
		case d.Name == s.Daemon:
			continue
		case now.Sub(d.SeenAt) >= Lease && now.Sub(s.back) >= Lease:
			if err := s.drop(ctx, d); err != nil {
				return err
			}
			continue
		case !known || before.revision != d.Revision:
			changed = append(changed, d.Name)
		}
		there[d.Name] = held{d.Revision, before.records}
	}
	if err := s.take(ctx, there, changed); err != nil {
		return err
	}
	s.read = now
	if first {
		s.Sidecars.arrived()
	}
	return nil
}

// take reads what some daemons tell that has changed, and has that of all hold.
func (s *Spread) take(ctx context.Context, there map[string]held, changed []string) error {
	if len(changed) == 0 && len(there) == len(s.held) {
		return nil
	}
	if len(changed) > 0 {
		records, err := s.Store.Records(ctx, changed)
		if err != nil {
			return err
		}
		for _, name := range changed {
			there[name] = held{there[name].revision, records[name]}
		}
	}
	s.held = there
	s.Sidecars.learn(together(there))
	return nil
}

func (s *Spread) drop(ctx context.Context, d Daemon) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Store.Drop(ctx, d) })
}
