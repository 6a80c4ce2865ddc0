package subscription

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ListDeliveries returns what became of events, the newest first.
func (s *Service) ListDeliveries(ctx context.Context, scope kernel.Scope, name string, status DeliveryStatus, page kernel.PageRequest) (kernel.Page[Delivery], error) {
	sub, err := s.Get(ctx, scope, name)
	if err != nil {
		return kernel.Page[Delivery]{}, err
	}
	return s.Store.ListDeliveries(ctx, sub.ID, status, page)
}

// Redeliver queues deliveries to be sent again, all dead ones where no event is
// named, and returns how many.
func (s *Service) Redeliver(ctx context.Context, scope kernel.Scope, name string, events []string) (n int, err error) {
	sub, err := s.own(ctx, scope, name)
	if err != nil {
		return 0, err
	}
	if sub.Status == Paused {
		return 0, kernel.Errorf(kernel.Refused, "subscription %s is paused: %s", name, sub.Reason).WithFix("terrace subscription resume %s", name)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if n, err = s.requeue(ctx, sub, events); err != nil || n == 0 {
			return err
		}
		return s.record(ctx, sub, "redelivered", "", map[string]any{"count": n})
	})
	if err == nil {
		s.workers.wake(sub.ID)
	}
	return n, err
}

func (s *Service) requeue(ctx context.Context, sub Subscription, events []string) (int, error) {
	if len(events) == 0 {
		return s.Store.QueueDead(ctx, sub.ID)
	}
	for _, id := range events {
		d, err := s.Store.Delivery(ctx, sub.ID, id)
		if err != nil {
			return 0, err
		}
		if d.Status == Retrying {
			return 0, kernel.Errorf(kernel.Conflict, "event %s is being delivered", id)
		}
		if len(d.Body) == 0 {
			if d.Body, err = s.body(ctx, d); err != nil {
				return 0, err
			}
		}
		d.Status = Queued
		if err := s.Store.PutDelivery(ctx, sub.ID, d); err != nil {
			return 0, err
		}
	}
	return len(events), nil
}

// body reads an event that was delivered from the log.
func (s *Service) body(ctx context.Context, d Delivery) ([]byte, error) {
	e, ok, err := s.Events.At(ctx, d.Sequence)
	if err != nil {
		return nil, err
	}
	if !ok || e.ID != d.Event {
		return nil, kernel.Errorf(kernel.NotFound, "event %s is no longer kept", d.Event).WithFix("events are kept for 7 days, dead deliveries for 30")
	}
	return json.Marshal(e)
}
