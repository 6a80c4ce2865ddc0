package usage

import (
	"context"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// mostActors bounds who is in memory between two rounds; more than that count as so many.
const mostActors = 20_000

// seen are the requests since the round before.
type seen struct {
	mu       sync.Mutex
	requests map[string]int64
	actors   map[Actor]bool
}

// Request counts one request of somebody who is signed in.
func (s *Service) Request(a kernel.Actor) {
	if a.Tenant == "" || a.Kind == kernel.ActorRun || a.Kind == kernel.ActorSystem {
		return
	}
	s.seen.add(1, a.Tenant, a.ID)
}

func (s *seen) add(n int64, tenant, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == nil {
		s.requests, s.actors = map[string]int64{}, map[Actor]bool{}
	}
	s.requests[tenant] += n
	if id != "" && len(s.actors) < mostActors {
		s.actors[Actor{tenant, id}] = true
	}
}

// take empties it.
func (s *seen) take() (requests map[string]int64, actors map[Actor]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests, actors = s.requests, s.actors
	s.requests, s.actors = nil, nil
	return requests, actors
}

// flush writes down the requests since the round before; where it cannot, they are of the
// next one.
func (s *Service) flush(ctx context.Context, p Progress) error {
	requests, actors := s.seen.take()
	if len(requests) == 0 {
		return nil
	}
	hour := p.hourOf(s.Clock.Now())
	var all []Amount
	for tenant, n := range requests {
		all = append(all, Amount{kernel.Scope{Tenant: tenant}, hour, Requests, n})
	}
	active := make([]Actor, 0, len(actors))
	for a := range actors {
		active = append(active, a)
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, all); err != nil {
			return err
		}
		return s.Store.AddActors(ctx, hour, active)
	})
	if err != nil {
		for tenant, n := range requests {
			s.seen.add(n, tenant, "")
		}
		for a := range actors {
			s.seen.add(0, a.Tenant, a.ID)
		}
	}
	return err
}
