package natsbroker

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Ping is Unavailable while the server does not answer.
func (b *Broker) Ping(ctx context.Context) error { return b.site.ping(ctx) }

// ping: the server is in this process.
func (embedded) ping(context.Context) error { return nil }

func (e external) ping(ctx context.Context) error {
	if !e.conn.IsConnected() {
		if err := e.conn.LastError(); err != nil {
			return kernel.Errorf(kernel.Unavailable, "the NATS cluster does not answer: %w", err)
		}
		return kernel.Errorf(kernel.Unavailable, "the NATS cluster does not answer")
	}
	return failure("the NATS cluster", e.conn.FlushWithContext(ctx))
}
