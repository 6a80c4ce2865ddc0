package subscription

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Created is a new subscription, with the secret that verifies its webhooks.
type Created struct {
	Subscription Subscription `json:"subscription"`
	Secret       string       `json:"secret,omitempty" doc:"What webhooks are signed with; it is shown this once."`
}

// Create keeps a subscription to what happens from now on, for an actor with
// subscription.write.
func (s *Service) Create(ctx context.Context, scope kernel.Scope, spec Spec) (Created, error) {
	if err := s.Authorizer.Authorize(ctx, "subscription.write", scope); err != nil {
		return Created{}, err
	}
	if problems := spec.problems(); len(problems) > 0 {
		return Created{}, kernel.Errorf(kernel.Invalid, "the subscription cannot be made").WithProblems(problems...)
	}
	if err := s.stagesThere(spec); err != nil {
		return Created{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	now := s.Clock.Now()
	sub := Subscription{
		ID: kernel.NewID("sub"), Scope: scope, Name: spec.Name, Filters: spec.Filters, Sink: spec.Sink.withDefaults(), RetryHours: spec.RetryHours,
		Status: Active, CreatedBy: actor, CreatedAt: now, UpdatedAt: now,
	}
	if sub.RetryHours == 0 {
		sub.RetryHours = DefaultRetryHours
	}
	if sub.Filters == nil {
		sub.Filters = []Filter{}
	}
	if err := s.Sinks.Check(ctx, sub); err != nil {
		return Created{}, err
	}
	c, err := s.given(ctx, sub, spec.Secret)
	if err != nil {
		return Created{}, err
	}
	if sub.Sealed, err = s.seal(ctx, sub, c); err != nil {
		return Created{}, err
	}
	bounds, err := s.Events.Bounds(ctx)
	if err != nil {
		return Created{}, err
	}
	sub.Cursor = bounds.Last
	if err := s.add(ctx, sub); err != nil {
		return Created{}, err
	}
	return Created{Subscription: sub, Secret: c.shown()}, nil
}

func (c Credentials) shown() string {
	if len(c.Keys) == 0 {
		return ""
	}
	return c.Keys[0].Value
}

func (s Sink) withDefaults() Sink {
	if s.Webhook != nil && s.Webhook.Mode == "" {
		s.Webhook.Mode = Structured
	}
	if s.NATS != nil && s.NATS.Mode == "" {
		s.NATS.Mode = Structured
	}
	if s.Kafka != nil && s.Kafka.Mode == "" {
		s.Kafka.Mode = Structured
	}
	return s
}

func (s *Service) add(ctx context.Context, sub Subscription) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		n, err := s.Store.Count(ctx, sub.Scope.Tenant)
		if err != nil {
			return err
		}
		if n >= MaxPerTenant {
			return kernel.Errorf(kernel.Refused, "the tenant has %d subscriptions, which is as many as it may have", n).WithFix("delete one, see terrace subscription list")
		}
		if err := s.Store.Add(ctx, sub); err != nil {
			return err
		}
		return s.record(ctx, sub, "created", "", map[string]any{"name": sub.Name, "sink": sub.Sink.String()})
	})
	s.nudge(err)
	return err
}
