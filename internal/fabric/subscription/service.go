package subscription

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Config is what a service needs.
type Config struct {
	Store      Store
	Events     Events
	Sinks      Sinks
	Sealer     Sealer
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	// Secrets may be nil: no secret is a reference then.
	Secrets Secrets
	// Stages may be nil: any is taken then.
	Stages Stages
	Clock  kernel.Clock
	Log    *slog.Logger
	// FirstPause and MaxPause bound the pause between attempts: a second, and 15
	// minutes where a sink asks for them, when 0.
	FirstPause, MaxPause time.Duration
}

// Service keeps subscriptions and delivers events to their sinks.
type Service struct {
	Config

	feed     *feed
	changed  chan struct{}
	workers  workers
	lease    lease
	watching watching
}

// New returns a service. Nothing is delivered before Watch.
func New(c Config) *Service {
	if c.FirstPause == 0 {
		c.FirstPause = time.Second
	}
	if c.MaxPause == 0 {
		c.MaxPause = 15 * time.Minute
	}
	return &Service{Config: c, feed: &feed{log: c.Events}, changed: make(chan struct{}, 1), workers: workers{all: map[string]*worker{}}, lease: lease{holder: kernel.NewID("dlv")}}
}

func (s *Service) record(ctx context.Context, sub Subscription, verb, reason string, data map[string]any) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: factPrefix + verb, Scope: sub.Scope, Subject: sub.ID, Reason: reason, Data: data})
}

// nudge has Watch look at the subscriptions again after a change.
func (s *Service) nudge(err error) {
	if err != nil {
		return
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Get returns a subscription, for an actor with subscription.read.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Subscription, error) {
	if err := s.Authorizer.Authorize(ctx, "subscription.read", scope); err != nil {
		return Subscription{}, err
	}
	sub, err := s.Store.Get(ctx, scope, name)
	if err != nil {
		return sub, err
	}
	// Credentials that cannot be opened are told where they are used.
	c, err := s.unseal(ctx, sub)
	switch {
	case err != nil:
	case c.Referred != nil:
		sub.SecretReference, sub.SecretReferenceBy = c.Referred.Reference, c.Referred.By.Name
	case c.Parts != nil:
		sub.SecretReferenceBy = c.Parts.Name
	}
	return sub, nil
}

// List returns the subscriptions of a scope by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Subscription], error) {
	if err := s.Authorizer.Authorize(ctx, "subscription.read", scope); err != nil {
		return kernel.Page[Subscription]{}, err
	}
	return s.Store.List(ctx, scope, page)
}

// own returns a subscription that the actor may change.
func (s *Service) own(ctx context.Context, scope kernel.Scope, name string) (Subscription, error) {
	if err := s.Authorizer.Authorize(ctx, "subscription.write", scope); err != nil {
		return Subscription{}, err
	}
	return s.Store.Get(ctx, scope, name)
}
