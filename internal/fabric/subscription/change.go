package subscription

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Delete removes a subscription with what is kept of its deliveries.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	sub, err := s.own(ctx, scope, name)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Delete(ctx, scope, sub.ID); err != nil {
			return err
		}
		return s.record(ctx, sub, "deleted", "", map[string]any{"name": sub.Name})
	})
	s.nudge(err)
	return err
}

// Pause stops deliveries; events wait in the log, for as long as it keeps them.
func (s *Service) Pause(ctx context.Context, scope kernel.Scope, name, reason string) (Subscription, error) {
	sub, err := s.own(ctx, scope, name)
	if err != nil || sub.Status == Paused {
		return sub, err
	}
	return s.turn(ctx, sub, Paused, reason)
}

// Resume delivers what waits and what comes.
func (s *Service) Resume(ctx context.Context, scope kernel.Scope, name string) (Subscription, error) {
	sub, err := s.own(ctx, scope, name)
	if err != nil || sub.Status == Active {
		return sub, err
	}
	return s.turn(ctx, sub, Active, "")
}

func (s *Service) turn(ctx context.Context, sub Subscription, to Status, reason string) (Subscription, error) {
	sub.Status, sub.Reason, sub.UpdatedAt = to, reason, s.Clock.Now()
	verb := "resumed"
	if to == Paused {
		verb = "paused"
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, sub); err != nil {
			return err
		}
		return s.record(ctx, sub, verb, reason, map[string]any{"name": sub.Name})
	})
	s.nudge(err)
	return sub, err
}

// Rotate gives a webhook another signing secret, which it returns. For a day
// webhooks carry the signatures of both. NATS and Kafka get the given password.
func (s *Service) Rotate(ctx context.Context, scope kernel.Scope, name, secret string) (Created, error) {
	sub, err := s.own(ctx, scope, name)
	if err != nil {
		return Created{}, err
	}
	now, err := s.unseal(ctx, sub)
	if err != nil {
		return Created{}, err
	}
	next, err := s.given(ctx, sub, secret)
	if err != nil {
		return Created{}, err
	}
	if len(next.Keys) > 0 {
		parts := next.Parts
		next = now.rotated(next.Keys[0], s.Clock.Now())
		next.Parts = parts
	}
	if sub.Sealed, err = s.seal(ctx, sub, next); err != nil {
		return Created{}, err
	}
	sub.UpdatedAt = s.Clock.Now()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, sub); err != nil {
			return err
		}
		return s.record(ctx, sub, "rotated", "", map[string]any{"name": sub.Name})
	})
	s.nudge(err)
	return Created{Subscription: sub, Secret: next.shown()}, err
}
