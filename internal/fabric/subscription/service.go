package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
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
	Clock      kernel.Clock
	Log        *slog.Logger
	// FirstPause and MaxPause bound the pause between attempts: a second and 15
	// minutes when 0.
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
	c, err := credentials(sub.Sink, spec.Secret)
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
	return s.Store.Get(ctx, scope, name)
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
	next, err := credentials(sub.Sink, secret)
	if err != nil {
		return Created{}, err
	}
	if len(next.Keys) > 0 {
		next = now.rotated(next.Keys[0], s.Clock.Now())
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

// Tried is what a sink answered to an event that was made to try it.
type Tried struct {
	Event  string `json:"event"`
	Answer string `json:"answer"`
	// Millis is how long it took.
	Millis int64 `json:"millis"`
}

// Test sends one event, dev.terrace.subscription.tested, and returns what the sink
// answered. The error is Unavailable, with the sink's own words, when it did not take it.
func (s *Service) Test(ctx context.Context, scope kernel.Scope, name string) (Tried, error) {
	sub, err := s.own(ctx, scope, name)
	if err != nil {
		return Tried{}, err
	}
	fact := kernel.Fact{Type: factPrefix + "tested", Scope: scope, Subject: sub.ID, Data: map[string]any{"name": sub.Name}}
	e, err := s.Events.Make(ctx, fact)
	if err != nil {
		return Tried{}, err
	}
	begun := time.Now()
	answer, err := s.sendOnce(ctx, sub, e)
	if err != nil {
		return Tried{}, kernel.Errorf(kernel.Unavailable, "%s did not take the event: %w", sub.Sink, err).WithFix("correct the sink, and try again with terrace subscription test %s", name)
	}
	tried := Tried{Event: e.ID, Answer: answer, Millis: time.Since(begun).Milliseconds()}
	return tried, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Journal.Record(ctx, fact) })
}

// Notify sends one event to a subscription's sink at once, past its filters and
// its order: for rules. The caller has checked that it may.
func (s *Service) Notify(ctx context.Context, scope kernel.Scope, name string, e event.Event) (string, error) {
	sub, err := s.Store.Get(ctx, scope, name)
	if err != nil {
		return "", err
	}
	if sub.Status == Paused {
		return "", kernel.Errorf(kernel.Refused, "subscription %s is paused: %s", name, sub.Reason).WithFix("terrace subscription resume %s", name)
	}
	return s.sendOnce(ctx, sub, e)
}

func (s *Service) sendOnce(ctx context.Context, sub Subscription, e event.Event) (string, error) {
	c, err := s.unseal(ctx, sub)
	if err != nil {
		return "", err
	}
	sender, err := s.Sinks.Open(ctx, sub, c)
	if err != nil {
		return "", err
	}
	defer sender.Close()
	body, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode event: %w", err)
	}
	return sender.Send(ctx, e, body)
}

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
