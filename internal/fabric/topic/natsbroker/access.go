package natsbroker

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// Grant lets a principal into the topic's account.
func (b *Broker) Grant(ctx context.Context, topic string, p broker.Principal) error {
	if err := b.site.guards(); err != nil {
		return err
	}
	at, err := b.at(ctx, topic)
	if err != nil {
		return err
	}
	ways, err := at.known()
	if err != nil {
		return err
	}
	return failure("principal "+p.Name, b.site.allow(topic, at.stream, ways.subject, p))
}

// Revoke cuts a principal off.
func (b *Broker) Revoke(_ context.Context, _, principal string) error {
	return failure("principal "+principal, b.site.forbid(principal))
}
