package subscription

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
)

const (
	// KeepDelivered and KeepDead are how long deliveries stay after their end.
	KeepDelivered = 7 * 24 * time.Hour
	KeepDead      = 30 * 24 * time.Hour
)

// workers are the subscriptions that deliver here.
type workers struct {
	mu  sync.Mutex
	all map[string]*worker
}

// wake has a worker look for redeliveries.
func (w *workers) wake(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.all[id]; one != nil {
		signal(one.requeued)
	}
}

func (w *workers) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.all {
		signal(one.wakeup)
	}
}

// offer wakes those who wait for the event.
func (w *workers) offer(e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.all {
		if one.wants(e) {
			signal(one.wakeup)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Tail follows the log's end for all subscriptions until ctx ends.
func (s *Service) Tail(ctx context.Context) error {
	s.feed.reset()
	b, err := s.Events.Bounds(ctx)
	if err != nil {
		return err
	}
	follower := s.Events.Follow(b.Last)
	s.workers.wakeAll() // for what came while nobody followed
	for {
		e, err := follower.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		s.feed.push(e)
		s.workers.offer(e)
		s.heed(e)
	}
}

// heed follows changes of subscriptions, also those that other processes make.
func (s *Service) heed(e event.Event) {
	switch e.Fact() {
	case factPrefix + "redelivered":
		s.workers.wake(e.Subject)
	case factPrefix + "created", factPrefix + "deleted", factPrefix + "paused", factPrefix + "resumed", factPrefix + "rotated":
		s.nudge(nil)
	}
}

// Watch delivers for the subscriptions that this process holds until ctx ends:
// one event at a time for each, so that each has its order and none waits for
// another.
func (s *Service) Watch(ctx context.Context) error {
	timer := time.NewTicker(claimEvery)
	defer timer.Stop()
	defer s.stop(ctx)
	for {
		if err := s.reload(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.changed:
		case <-timer.C:
		}
	}
}

// reload brings the workers to what this process holds.
func (s *Service) reload(ctx context.Context) error {
	mine, err := s.claim(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]Subscription{}
	for _, sub := range mine {
		wanted[sub.ID] = sub
	}
	for _, w := range s.outdated(wanted) {
		w.stop()
	}
	s.workers.mu.Lock()
	defer s.workers.mu.Unlock()
	for id, sub := range wanted {
		if s.workers.all[id] == nil {
			s.workers.all[id] = s.begin(ctx, sub)
		}
	}
	return nil
}

// outdated takes the workers out that are not wanted as they are.
func (s *Service) outdated(wanted map[string]Subscription) []*worker {
	s.workers.mu.Lock()
	defer s.workers.mu.Unlock()
	var out []*worker
	for id, w := range s.workers.all {
		if sub, ok := wanted[id]; !ok || !sub.UpdatedAt.Equal(w.sub.UpdatedAt) || w.ended() {
			out = append(out, w)
			delete(s.workers.all, id)
		}
	}
	return out
}

// stop ends the workers, and lets other processes take over at once.
func (s *Service) stop(ctx context.Context) {
	all := s.outdated(nil)
	for _, w := range all {
		w.cancel()
	}
	for _, w := range all {
		w.stop()
	}
	s.release(context.WithoutCancel(ctx))
}

// Sweep forgets deliveries that ended long ago.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	_, err := s.Store.Forget(ctx, now.Add(-KeepDelivered), now.Add(-KeepDead))
	return err
}
