package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Filter says which events to receive.
type Filter struct {
	// Tenant is whose; empty is everyone's, for components of Terrace.
	Tenant string
	// Types are types of facts, such as run.approved, or run.> for all that
	// begin so; none is every type.
	Types []string
	// Project and Stage narrow further when they are not empty.
	Project, Stage string
	// After resumes after an event's Sequence; 0 receives new events only.
	After uint64
}

// Subscription receives events one by one.
type Subscription struct {
	filter   Filter
	messages jetstream.MessagesContext
}

// Subscribe begins to receive: every event published after its return is seen,
// in order. The caller closes the subscription.
func (s *Server) Subscribe(ctx context.Context, f Filter) (*Subscription, error) {
	subjects, err := f.subjects()
	if err != nil {
		return nil, err
	}
	config := jetstream.OrderedConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverNewPolicy, InactiveThreshold: 5 * time.Minute,
	}
	if f.After > 0 {
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, f.After+1
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	consumer, err := s.js.OrderedConsumer(ctx, streamName, config)
	if err != nil {
		return nil, fmt.Errorf("subscribe to events: %w", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, fmt.Errorf("subscribe to events: %w", err)
	}
	return &Subscription{filter: f, messages: messages}, nil
}

// Next waits for the next event. The error is ctx's when it ends, and
// Unavailable when the subscription or the server is closed.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		m, err := s.messages.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return Event{}, ctx.Err()
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return Event{}, kernel.Errorf(kernel.Unavailable, "the event stream is closed")
		case err != nil:
			return Event{}, fmt.Errorf("next event: %w", err)
		}
		e, err := decode(m)
		if err != nil {
			return Event{}, err
		}
		if s.filter.holds(e) {
			return e, nil
		}
	}
}

// Close ends the subscription.
func (s *Subscription) Close() { s.messages.Stop() }

func decode(m jetstream.Msg) (Event, error) {
	var e Event
	if err := json.Unmarshal(m.Data(), &e); err != nil {
		return Event{}, fmt.Errorf("decode event: %w", err)
	}
	meta, err := m.Metadata()
	if err != nil {
		return Event{}, fmt.Errorf("decode event: %w", err)
	}
	e.Sequence = meta.Sequence.Stream
	return e, nil
}

func (f Filter) subjects() ([]string, error) {
	tenant, types := f.Tenant, f.Types
	if tenant == "" {
		tenant = "*"
	} else if !validToken(tenant) {
		return nil, kernel.Errorf(kernel.Invalid, "tenant %q is not valid", tenant)
	}
	if len(types) == 0 {
		types = []string{">"}
	}
	subjects := make([]string, 0, len(types))
	for _, t := range types {
		subjects = append(subjects, "terrace."+tenant+"."+t)
	}
	return subjects, nil
}

func (f Filter) holds(e Event) bool {
	return (f.Project == "" || f.Project == e.Project) && (f.Stage == "" || f.Stage == e.Stage)
}
