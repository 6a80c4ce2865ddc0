package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
	sender, err := s.sender(ctx, sub, c)
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
