package fleet

import (
	"context"
	"hash/fnv"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Delivery is events of an assignment, numbered from From on.
type Delivery struct {
	From   int64   `json:"from"`
	Events []Event `json:"events"`
	// Again says that it was sent before, and nobody knows what became of it.
	Again bool `json:"again,omitempty"`
}

// turns lets the deliveries of one assignment come one after the other.
type turns [64]sync.Mutex

func (t *turns) of(id string) *sync.Mutex {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return &t[h.Sum32()%uint32(len(t))]
}

// Tell adds events to the run's log, each once: a delivery may be repeated, also
// when the process that took it was killed in the middle.
func (s *Service) Tell(ctx context.Context, r Runner, session, id string, d Delivery) error {
	turn := s.telling.of(id)
	turn.Lock()
	defer turn.Unlock()
	a, err := s.mine(ctx, r, session, id)
	if err != nil {
		return err
	}
	if d.From > a.Events {
		return kernel.Errorf(kernel.Invalid, "events from %d on were sent, but only %d have arrived", d.From, a.Events)
	}
	known := a.Events - d.From
	if known >= int64(len(d.Events)) {
		return nil
	}
	fresh := d.Events[known:]
	if !a.Looks { // a look has no log
		if err := s.log(ctx, a, fresh, d.Again); err != nil {
			return err
		}
	}
	_, err = s.edit(ctx, id, func(now *Assignment) (bool, error) {
		now.Events, now.Seen = a.Events+int64(len(fresh)), s.Clock.Now()
		return true, now.heldBy(r)
	})
	return err
}

// log appends the events, but for those that a former try has written.
func (s *Service) log(ctx context.Context, a Assignment, events []Event, again bool) error {
	if again {
		n, err := s.Logs.Has(ctx, a.Run, events)
		if err != nil {
			return err
		}
		events = events[n:]
	}
	if len(events) == 0 {
		return nil
	}
	return s.Logs.Append(ctx, a.Scope.Tenant, a.Run, events)
}
