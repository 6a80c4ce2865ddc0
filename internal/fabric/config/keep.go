package config

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The lease of a look is short, and renewed while the look lasts: where its daemon is killed,
// another one, or the next process of it, looks again within seconds.
const (
	lease   = 20 * time.Second
	renewal = 5 * time.Second
)

// keep renews the lease of a source until end is called. Where another daemon has taken it,
// which thought this one dead, the context that it returns ends.
func (s *Service) keep(ctx context.Context, n Source) (held context.Context, end func()) {
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		timer := time.NewTicker(renewal)
		defer timer.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-timer.C:
			}
			if err := s.Store.Renew(held, n.ID, s.Node, s.Clock.Now().Add(lease)); kernel.Is(err, kernel.Locked) {
				cancel(err)
				return
			}
		}
	}()
	return held, func() { cancel(context.Canceled); <-done }
}
