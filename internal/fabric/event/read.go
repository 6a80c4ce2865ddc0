package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Bounds are the sequences of the oldest and the newest event that are kept;
// of an empty stream First is Last+1.
type Bounds struct{ First, Last uint64 }

// Bounds returns what is kept.
func (s *Server) Bounds(ctx context.Context) (Bounds, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stream, err := s.js.Stream(ctx, streamName)
	if err != nil {
		return Bounds{}, fmt.Errorf("look at the event stream: %w", err)
	}
	state := stream.CachedInfo().State
	return Bounds{First: state.FirstSeq, Last: state.LastSeq}, nil
}

// After returns the tenant's first event after a sequence, of the types that facts
// names as in a Filter ("" is all); ok is false when there is none yet.
func (s *Server) After(ctx context.Context, tenant, facts string, sequence uint64) (e Event, ok bool, err error) {
	f := Filter{Tenant: tenant}
	if facts != "" {
		f.Types = []string{facts}
	}
	subjects, err := f.subjects()
	if err != nil {
		return Event{}, false, err
	}
	return s.get(ctx, sequence+1, jetstream.WithGetMsgSubject(subjects[0]))
}

// At returns the event of a sequence; ok is false when it is no longer kept.
func (s *Server) At(ctx context.Context, sequence uint64) (e Event, ok bool, err error) {
	return s.get(ctx, sequence)
}

func (s *Server) get(ctx context.Context, sequence uint64, opts ...jetstream.GetMsgOpt) (e Event, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	m, err := s.stream.GetMsg(ctx, sequence, opts...)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return Event{}, false, nil
	case err != nil:
		return Event{}, false, fmt.Errorf("read event: %w", err)
	}
	if err := json.Unmarshal(m.Data, &e); err != nil {
		return Event{}, false, fmt.Errorf("decode event: %w", err)
	}
	e.Sequence = m.Sequence
	return e, true, nil
}

// PublishTo puts a message into a topic of this server, and returns when the
// topic's stream has it. The error is NotFound where there is no such topic.
func (b *Broker) PublishTo(ctx context.Context, scope kernel.Scope, name string, m *nats.Msg) error {
	t, err := b.Store.Get(ctx, scope, name)
	if err != nil {
		return err
	}
	m.Subject = t.Subject
	return b.inAccount(ctx, t.Username, func(ctx context.Context, js jetstream.JetStream) error {
		if _, err := js.PublishMsg(ctx, m); err != nil {
			return fmt.Errorf("publish to topic %s: %w", name, err)
		}
		return nil
	})
}
