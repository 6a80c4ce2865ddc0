package sink

import (
	"context"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/platform/webhook"
)

// defaultTimeout bounds how long a sink may take, where nothing else is said.
const defaultTimeout = webhook.DefaultTimeout

// poster posts events to a server.
type poster struct {
	sink   subscription.Webhook
	client *webhook.Client
}

func (s Sinks) webhook(w subscription.Webhook, c subscription.Credentials, cut func(text string) string) *poster {
	return &poster{sink: w, client: webhook.New(s.Guard, w.URL, c.Keys, time.Duration(w.Timeout)*time.Second, s.Clock, cut)}
}

// Close gives the connections back.
func (p *poster) Close() { p.client.Close() }

// Send posts an event. Every 2xx takes it.
func (p *poster) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	headers, payload := binding(p.sink.Mode, httpPrefix, "Content-Type", e, body)
	sent := http.Header{}
	for _, h := range headers {
		sent.Set(h.name, h.value)
	}
	for name, value := range p.sink.Headers {
		sent.Set(name, value)
	}
	return p.client.Post(ctx, e.ID, sent, payload)
}
