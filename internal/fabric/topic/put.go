package topic

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Put puts a message of the platform into a topic, past its schemas, with the headers that it
// has on NATS. One of an id that came a moment before is there once. Its callers have checked
// that they may act for the scope.
func (s *Service) Put(ctx context.Context, scope kernel.Scope, name, id string, headers map[string]string, payload []byte) error {
	t, err := s.Store.Get(ctx, scope, name)
	if err != nil {
		return err
	}
	m := broker.Message{Data: payload, Headers: map[string]string{}}
	if kind := headers["Content-Type"]; strings.HasPrefix(kind, cloudevent.Structured) {
		m.Headers["content-type"] = kind // it stays one document
	} else {
		sent := make([]broker.Header, 0, len(headers))
		for name, value := range headers {
			sent = append(sent, broker.Header{Name: name, Value: value})
		}
		m = broker.NATS().Decode(sent, payload)
	}
	m.Once = id
	_, err = s.Broker.Publish(ctx, t.Account(), []broker.Message{m})
	return err
}

// Exists is NotFound where there is no such topic. Its callers have checked that they may act
// for the scope.
func (s *Service) Exists(ctx context.Context, scope kernel.Scope, name string) error {
	_, err := s.Store.Get(ctx, scope, name)
	return err
}
