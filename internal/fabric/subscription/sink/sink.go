package sink

import (
	"context"
	"errors"
	"net"
	"net/url"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// Topics puts messages into topics of workloads.
type Topics interface {
	// Put returns when the topic keeps a message with its headers, which are those of NATS; one
	// of an id that it has got a moment before is there once.
	Put(ctx context.Context, scope kernel.Scope, name, id string, headers map[string]string, payload []byte) error
	// Exists is NotFound where there is no such topic.
	Exists(ctx context.Context, scope kernel.Scope, name string) error
}

// Sinks is a subscription.Sinks.
type Sinks struct {
	Guard  egress.Guard
	Topics Topics
	Clock  kernel.Clock
}

var _ subscription.Sinks = Sinks{}

// Check refuses a sink whose address is not allowed, or whose topic there is not.
func (s Sinks) Check(ctx context.Context, sub subscription.Subscription) error {
	var err error
	switch k := sub.Sink; {
	case k.Webhook != nil:
		u, _ := url.Parse(k.Webhook.URL) // checked by the room
		err = s.Guard.Resolve(ctx, u.Hostname(), u.Scheme == "http")
	case k.NATS != nil && k.NATS.Topic != "":
		return s.topic(ctx, sub)
	case k.NATS != nil:
		u, _ := url.Parse(k.NATS.URL)
		err = s.Guard.Resolve(ctx, u.Hostname(), u.Scheme != "tls")
	case k.Kafka != nil:
		for _, b := range k.Kafka.Brokers {
			host, _, split := net.SplitHostPort(b)
			if err = split; err == nil {
				err = s.Guard.Resolve(ctx, host, !k.Kafka.TLS)
			}
			if err != nil {
				break
			}
		}
	}
	if forbidden, ok := errors.AsType[*egress.Forbidden](err); ok {
		return kernel.Errorf(kernel.Refused, "this sink is not allowed: %s", forbidden.Error())
	}
	return err
}

func (s Sinks) topic(ctx context.Context, sub subscription.Subscription) error {
	n := sub.Sink.NATS
	if sub.Scope.Project == "" {
		return kernel.Errorf(kernel.Invalid, "topics belong to projects, and this subscription is the tenant's").WithFix("make the subscription in the topic's project")
	}
	return s.Topics.Exists(ctx, sub.Scope.InStage(n.Stage), n.Topic)
}

// Open makes ready to send; what cannot be reached is found out by Send.
func (s Sinks) Open(_ context.Context, sub subscription.Subscription, c subscription.Credentials) (subscription.Sender, error) {
	cut := secretsOf(c).Cutter(hidden)
	sender, err := s.open(sub, c, cut)
	if err != nil {
		return nil, err
	}
	return discreet{sender, cut}, nil
}

func (s Sinks) open(sub subscription.Subscription, c subscription.Credentials, cut func(text string) string) (subscription.Sender, error) {
	switch k := sub.Sink; {
	case k.Webhook != nil:
		return s.webhook(*k.Webhook, c, cut), nil
	case k.NATS != nil && k.NATS.Topic != "":
		return topic{topics: s.Topics, scope: sub.Scope.InStage(k.NATS.Stage), name: k.NATS.Topic, mode: k.NATS.Mode}, nil
	case k.NATS != nil:
		return &natsSender{sink: *k.NATS, password: c.Password, guard: s.Guard}, nil
	case k.Kafka != nil:
		return s.kafka(*k.Kafka, c)
	default:
		return nil, kernel.Errorf(kernel.Internal, "subscription %s has no sink", sub.ID)
	}
}
