package leak

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// How what somebody waits for is followed by what nobody may wait for.
const (
	behindTime  = time.Minute
	behindTries = 5
	behindPause = 2 * time.Second
)

// behind keeps strays of texts for which somebody waits, one after the other, after the
// answer: how long it takes says whether there were any.
type behind struct {
	mu   sync.Mutex
	all  []strays
	busy bool
	work sync.WaitGroup
}

// leave has strays kept when the caller has gone on.
func (s *Service) leave(all strays) {
	b := &s.behind
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all = append(b.all, all); b.busy {
		return
	}
	b.busy = true
	b.work.Go(func() {
		for next, ok := b.next(); ok; next, ok = b.next() {
			s.follow(next)
		}
	})
}

func (b *behind) next() (strays, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy = len(b.all) > 0; !b.busy {
		return strays{}, false
	}
	next := b.all[0]
	b.all = b.all[1:]
	return next, true
}

// follow keeps strays, with a few tries. It takes nothing along of who waits for the answer.
func (s *Service) follow(all strays) {
	ctx, cancel := context.WithTimeout(kernel.WithActor(context.Background(), kernel.System("leaks", all.scope.Tenant)), behindTime)
	defer cancel()
	for try := 1; ; try++ {
		err := s.keepStrays(ctx, all)
		if err == nil {
			return
		}
		if try == behindTries || ctx.Err() != nil {
			s.Log.ErrorContext(ctx, "secrets of other projects in a text could not be kept as findings", "scope", all.scope, "kind", all.at.Kind, "error", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(behindPause):
		}
	}
}

// Settle waits until all that was found so far is kept.
func (s *Service) Settle() { s.behind.work.Wait() }
