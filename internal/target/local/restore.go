package local

import (
	"context"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// atOnce is how many objects are brought back at a time.
const atOnce = 4

// restoreAll brings back everything that is recorded: first what services use,
// then the services.
func (s *Service) restoreAll() {
	var first, then []Key
	s.retry("the local target's records", func(ctx context.Context) error {
		first, then = nil, nil
		return s.config.Store.Keys(ctx, func(k Key) error {
			if k.Kind == Services {
				then = append(then, k)
			} else {
				first = append(first, k)
			}
			return nil
		})
	})
	s.restoreEach(first)
	s.restoreEach(then)
	if s.ctx.Err() == nil {
		s.services.tidyFromNow()
	}
}

// restoreEach tries each object once; those that fail are tried on in the
// background.
func (s *Service) restoreEach(keys []Key) {
	slots := make(chan struct{}, atOnce)
	var tried sync.WaitGroup
	for _, k := range keys {
		slots <- struct{}{}
		tried.Go(func() {
			err := s.restoreOne(s.ctx, k)
			<-slots
			if err != nil && s.ctx.Err() == nil {
				s.config.Log.Error("could not bring back", "object", k.String(), "scope", k.Scope.String(), "error", err)
				s.background.Go(func() { s.retryLater(k) })
			}
		})
	}
	tried.Wait()
}

func (s *Service) retryLater(k Key) {
	if !s.pause(firstRetry) {
		return
	}
	s.retry(k.Scope.String()+" "+k.String(), func(ctx context.Context) error { return s.restoreOne(ctx, k) })
}

// restoreOne brings an object back as it is recorded now, if it still is.
func (s *Service) restoreOne(ctx context.Context, k Key) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	unlock, err := s.locks.lock(ctx, k)
	if err != nil {
		return err
	}
	defer unlock()
	o, err := s.config.Store.Get(ctx, k)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := s.plane(k.Kind)
	if err != nil {
		return err
	}
	return p.restore(kernel.WithActor(ctx, kernel.System(component, k.Scope.Tenant)), o)
}
